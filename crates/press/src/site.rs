//! What a sound publisher answers.

use crate::dice::fingerprint;
use crate::fault::Fault;
use crate::feed;
use crate::newsroom::{Newsroom, number_in};
use crate::page;
use crate::publisher::{Habit, Publisher};
use crate::traffic::Asked;
use crate::web::Web;
use article::{Timestamp, WithdrawalCause};
use axum::http::{HeaderMap, StatusCode, header};
use chrono::DateTime;

/// An answer whose body is whole.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn new(status: StatusCode, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: vec![("content-type", content_type.to_owned())], body: body.into() }
    }

    pub(crate) fn html(status: StatusCode, body: String) -> Self {
        Self::new(status, "text/html; charset=utf-8", body)
    }

    pub(crate) fn text(status: StatusCode, body: &str) -> Self {
        Self::new(status, "text/plain; charset=utf-8", body)
    }

    pub(crate) fn redirect(status: StatusCode, to: String) -> Self {
        Self { status, headers: vec![("location", to)], body: Vec::new() }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Adds validators, and becomes 304 where the request's match (RFC 9110 sections 13.1.2 and 13.1.3).
    fn validated(self, changed: Timestamp, request: &HeaderMap) -> Self {
        let tag = format!("\"{:016x}\"", fingerprint(&self.body));
        let reply = self.with("etag", tag.clone()).with("last-modified", feed::http_date(changed));
        let get = |name| request.get(name).and_then(|v| v.to_str().ok());
        let same = match (get(header::IF_NONE_MATCH), get(header::IF_MODIFIED_SINCE)) {
            (Some(tags), _) => tags.split(',').any(|t| t.trim().trim_start_matches("W/") == tag || t.trim() == "*"),
            (None, Some(since)) => {
                DateTime::parse_from_rfc2822(since).is_ok_and(|since| since.timestamp() >= changed.secs())
            }
            (None, None) => false,
        };
        match same {
            true => Reply { status: StatusCode::NOT_MODIFIED, body: Vec::new(), ..reply },
            false => reply,
        }
    }
}

/// What a request to `publisher` is for.
pub(crate) fn asked(publisher: &Publisher, path_and_query: &str) -> Asked {
    if path_and_query == "/robots.txt" {
        Asked::Robots
    } else if path_and_query == publisher.feed_path() {
        Asked::Feed
    } else if is_article(path_and_query) {
        Asked::Page
    } else {
        Asked::Other
    }
}

fn is_article(path_and_query: &str) -> bool {
    !path_and_query.starts_with("/img/") && number_in(path_and_query).is_some()
}

/// The answer of a publisher; `fault` is what it does wrong, as far as that only changes pages' text.
pub(crate) fn answer(
    room: &Newsroom,
    web: &Web,
    publisher: usize,
    path_and_query: &str,
    request: &HeaderMap,
    fault: Option<Fault>,
) -> Reply {
    let house = &room.roster.publishers[publisher];
    let path = path_and_query.split('?').next().unwrap_or_default();
    if path_and_query == house.feed_path() {
        let feed = feed::write(room, web, publisher);
        return Reply::new(StatusCode::OK, feed.content_type, feed.body).validated(feed.updated, request);
    }
    if is_article(path_and_query) {
        return article(room, web, publisher, path_and_query, request, fault);
    }
    match path {
        "/" => Reply::html(StatusCode::OK, page::home(room, web, publisher)),
        "/robots.txt" => robots(house, web),
        "/.well-known/tdmrep.json" if page::is_reserved(house) => {
            Reply::new(StatusCode::OK, "application/json", r#"[{"location":"/","tdm-reservation":1}]"#)
        }
        "/news-sitemap.xml" => Reply::new(StatusCode::OK, "application/xml", feed::sitemap(room, web, publisher)),
        _ if path.starts_with("/img/") => match number_in(path) {
            Some(number) => Reply::new(StatusCode::OK, "image/svg+xml", page::picture(number)),
            None => missing(house, web),
        },
        _ => missing(house, web),
    }
}

fn missing(house: &Publisher, web: &Web) -> Reply {
    Reply::html(StatusCode::NOT_FOUND, page::missing(house, &web.base(&house.label)))
}

fn robots(house: &Publisher, web: &Web) -> Reply {
    if !house.does(Habit::Robots) {
        return missing(house, web);
    }
    let base = web.base(&house.label);
    let rules =
        format!("User-agent: *\nDisallow: /search\nDisallow: /login\nAllow: /\n\nSitemap: {base}/news-sitemap.xml\n");
    Reply::text(StatusCode::OK, &rules)
}

fn article(
    room: &Newsroom,
    web: &Web,
    publisher: usize,
    path_and_query: &str,
    request: &HeaderMap,
    fault: Option<Fault>,
) -> Reply {
    let house = &room.roster.publishers[publisher];
    let base = web.base(&house.label);
    let record = number_in(path_and_query).and_then(|n| room.articles.get(n as usize));
    let Some(record) = record.filter(|r| r.plan.publisher == publisher) else { return missing(house, web) };
    match record.withdrawn {
        Some(WithdrawalCause::NotFound) => return missing(house, web),
        Some(WithdrawalCause::Gone) => return Reply::html(StatusCode::GONE, page::missing(house, &base)),
        Some(WithdrawalCause::Legal) => {
            return Reply::html(StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS, page::missing(house, &base));
        }
        Some(WithdrawalCause::RedirectedHome) => return Reply::redirect(StatusCode::FOUND, format!("{base}/")),
        None => {}
    }
    // Short links and old slugs lead to the address of today.
    if !leads_to(path_and_query, &record.path) {
        return Reply::redirect(StatusCode::MOVED_PERMANENTLY, format!("{base}{}", record.path));
    }
    let number = record.plan.number;
    if fault == Some(Fault::PageNotArticle) {
        return Reply::html(StatusCode::OK, page::not_an_article(house, &base, number));
    }
    let Some(html) = page::article(room, web, number, fault) else { return missing(house, web) };
    let changed = record.modified.unwrap_or(record.plan.published);
    let content_type = match house.does(Habit::QuietHeader) {
        true => "text/html".to_owned(),
        false => format!("text/html; charset={}", house.charset.name()),
    };
    let reply = Reply::new(StatusCode::OK, &content_type, house.charset.encode(html)).validated(changed, request);
    match page::is_reserved(house) {
        true => reply.with("tdm-reservation", "1"),
        false => reply,
    }
}

/// Whether a request is for `path`, whatever parameters follow it.
fn leads_to(asked: &str, path: &str) -> bool {
    match asked.strip_prefix(path) {
        Some(rest) => rest.is_empty() || rest.starts_with('?') || (rest.starts_with('&') && path.contains('?')),
        None => false,
    }
}
