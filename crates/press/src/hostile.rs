//! What a faulty publisher answers instead.

use crate::fault::Fault;
use crate::site::Reply;
use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use futures_util::stream;
use std::convert::Infallible;
use std::time::Duration;

/// Bytes of [`Fault::FeedHuge`].
const HUGE: usize = 50 * 1024 * 1024;
/// Bytes of a piece of an endless body.
const PIECE: usize = 64 * 1024;

/// How a faulty answer comes about.
pub(crate) enum Instead {
    /// As the sound publisher would, but for the text of pages.
    Sound,
    /// Another answer.
    Reply(Reply),
    /// A body that comes in pieces.
    Stream(Reply, Body),
    /// The sound answer's body, spoilt.
    Spoil(fn(Vec<u8>) -> Vec<u8>),
    /// No answer as long as the press runs.
    Never,
}

/// What `fault` makes of a request for a feed.
pub(crate) fn feed(fault: Fault, base: &str, path: &str) -> Instead {
    match fault {
        Fault::FeedIsHtml => Instead::Reply(Reply::html(
            StatusCode::OK,
            "<!DOCTYPE html>\n<html><head><title>Maintenance</title></head><body><h1>We will be back soon</h1></body></html>\n"
                .to_owned(),
        )),
        Fault::FeedEmpty => Instead::Reply(Reply::new(StatusCode::OK, "application/rss+xml", Vec::new())),
        Fault::FeedCutOff => Instead::Spoil(|mut body| {
            body.truncate(body.len() * 3 / 5);
            body
        }),
        Fault::FeedHuge => {
            let head = "<?xml version=\"1.0\"?>\n<rss version=\"2.0\"><channel><title>Huge</title>\n";
            let reply = Reply::new(StatusCode::OK, "application/rss+xml", Vec::new());
            Instead::Stream(reply, repeated(head, "<item><title>Again</title></item>\n", Some(HUGE), None))
        }
        Fault::FeedWrongCharset => Instead::Spoil(latin1),
        Fault::FeedServerError => Instead::Reply(server_error()),
        Fault::FeedGone => Instead::Reply(Reply::text(StatusCode::GONE, "This feed is gone.\n")),
        Fault::FeedTarpit => Instead::Never,
        Fault::FeedRedirectLoop => Instead::Reply(around(base, path)),
        Fault::PageEndless
        | Fault::PageDrip
        | Fault::PageTarpit
        | Fault::PageRedirectLoop
        | Fault::PageRedirectInward
        | Fault::PageFalseCanonical
        | Fault::PageServerError
        | Fault::PageRateLimited
        | Fault::PageNotArticle
        | Fault::PageMojibake => Instead::Sound,
    }
}

/// What `fault` makes of a request for an article's page; `first` says that the page was not asked for before.
pub(crate) fn page(fault: Fault, base: &str, path: &str, first: bool) -> Instead {
    let html = Reply::new(StatusCode::OK, "text/html; charset=utf-8", Vec::new());
    match fault {
        Fault::PageEndless => {
            let head = "<!DOCTYPE html>\n<html><head><title>Endless</title></head><body><article>\n";
            Instead::Stream(html, repeated(head, "<p>And so it went on, and on, and on.</p>\n", None, None))
        }
        Fault::PageDrip => Instead::Stream(html, repeated("<", " ", None, Some(Duration::from_secs(1)))),
        Fault::PageTarpit => Instead::Never,
        Fault::PageRedirectLoop => Instead::Reply(around(base, path)),
        Fault::PageRedirectInward => {
            Instead::Reply(Reply::redirect(StatusCode::FOUND, "http://169.254.169.254/latest/meta-data/".to_owned()))
        }
        Fault::PageServerError => Instead::Reply(server_error()),
        Fault::PageRateLimited if first => {
            Instead::Reply(Reply::text(StatusCode::TOO_MANY_REQUESTS, "Slower, please.\n").with("retry-after", "1"))
        }
        Fault::PageRateLimited | Fault::PageFalseCanonical | Fault::PageNotArticle | Fault::PageMojibake => {
            Instead::Sound
        }
        Fault::FeedIsHtml
        | Fault::FeedEmpty
        | Fault::FeedCutOff
        | Fault::FeedHuge
        | Fault::FeedWrongCharset
        | Fault::FeedServerError
        | Fault::FeedGone
        | Fault::FeedTarpit
        | Fault::FeedRedirectLoop => Instead::Sound,
    }
}

fn server_error() -> Reply {
    Reply::text(StatusCode::INTERNAL_SERVER_ERROR, "Internal error.\n")
}

/// To the same path and back: a parameter comes and goes.
fn around(base: &str, path: &str) -> Reply {
    let to = match path.strip_suffix("?round=1") {
        Some(path) => format!("{base}{path}"),
        None => format!("{base}{path}?round=1"),
    };
    Reply::redirect(StatusCode::FOUND, to)
}

/// ISO 8859-1, whatever the declaration says.
fn latin1(body: Vec<u8>) -> Vec<u8> {
    let text = String::from_utf8_lossy(&body);
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
}

/// `head`, then `piece` again and again: up to `limit` bytes, or for as long as somebody reads. With a `pause`
/// a piece is sent alone after each, else as many as make a good packet.
fn repeated(head: &'static str, piece: &'static str, limit: Option<usize>, pause: Option<Duration>) -> Body {
    let packet = match pause {
        Some(_) => Bytes::from_static(piece.as_bytes()),
        None => Bytes::from(piece.repeat(PIECE / piece.len())),
    };
    Body::from_stream(stream::unfold(0_usize, move |sent| {
        let packet = packet.clone();
        async move {
            if limit.is_some_and(|limit| sent >= limit) {
                return None;
            }
            if sent == 0 {
                return Some((Ok::<_, Infallible>(Bytes::from_static(head.as_bytes())), head.len()));
            }
            match pause {
                Some(pause) => tokio::time::sleep(pause).await,
                None => tokio::task::yield_now().await,
            }
            let sent = sent + packet.len();
            Some((Ok(packet), sent))
        }
    }))
}
