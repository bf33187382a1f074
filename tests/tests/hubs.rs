//! A feed's hub against the binary: it is asked to tell, asks back, and what it tells of is on the site long before
//! anybody would have asked the feed.

use crate::installation::{Installation, Mode, eventually};
use article::{Carry, Feed, Origin, Source};
use aws_lc_rs::hmac;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Long enough for the slowest machine; a test that passes never waits for it.
const PATIENCE: Duration = Duration::from_secs(90);

const FEED: &str = "http://aurora.example/feed";

type Form = BTreeMap<String, String>;

/// A publisher and its hub.
#[derive(Clone, Default)]
struct Publisher(Arc<Mutex<Newsroom>>);

#[derive(Default)]
struct Newsroom {
    articles: usize,
    polls: usize,
    asked: Vec<Form>,
}

impl Publisher {
    async fn serve(&self) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    fn publish(&self) {
        self.0.lock().unwrap().articles += 1;
    }

    fn polls(&self) -> usize {
        self.0.lock().unwrap().polls
    }

    /// The form in which the hub was asked to tell, once it was.
    fn asked(&self) -> Option<Form> {
        self.0.lock().unwrap().asked.first().cloned()
    }
}

async fn answer(State(publisher): State<Publisher>, method: Method, uri: Uri, body: Bytes) -> Response {
    let mut room = publisher.0.lock().unwrap();
    match (method, uri.path()) {
        (Method::POST, "/hub") => {
            room.asked.push(url::form_urlencoded::parse(&body).into_owned().collect());
            StatusCode::ACCEPTED.into_response()
        }
        (Method::GET, "/feed") => {
            room.polls += 1;
            ([(header::CONTENT_TYPE, "application/rss+xml")], feed(room.articles)).into_response()
        }
        (Method::GET, path) => match path.strip_prefix("/world/").and_then(|n| n.parse().ok()) {
            Some(n) => ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], article(n)).into_response(),
            None => StatusCode::NOT_FOUND.into_response(),
        },
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn feed(articles: usize) -> String {
    let items: String = (1..=articles)
        .map(|n| format!("<item><title>Bridge {n} opened</title><link>http://aurora.example/world/{n}</link></item>"))
        .collect();
    format!(
        "<rss version='2.0' xmlns:a='http://www.w3.org/2005/Atom'><channel><title>Aurora</title>
         <a:link rel='hub' href='http://hub.example/hub'/>{items}</channel></rss>"
    )
}

fn article(n: usize) -> String {
    let text: String =
        (1..=6).map(|p| format!("<p>Sentence {p} says that bridge {n} over the river was opened again.</p>")).collect();
    format!("<html lang=en><title>Bridge {n} opened</title><article><h1>Bridge {n} opened</h1>{text}</article></html>")
}

/// Waits until an article is on the site.
async fn is_on_site(installation: &Installation, store: &store::Store, n: usize) {
    let url = format!("http://aurora.example/world/{n}");
    eventually(PATIENCE, || async {
        let there = store.article_by_url(&url).await.unwrap();
        there.is_none().then(|| format!("no {url} on the site\n{}", installation.logs()))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_hub_tells_of_is_polled_at_once() {
    let publisher = Publisher::default();
    publisher.publish();
    let port = harness::free_port();
    let websub = format!("[websub]\nlisten = \"127.0.0.1:{port}\"\npublic_url = \"http://hooks.example/websub\"\n");
    let mut installation = Installation::new(Mode::Embedded, publisher.serve().await, &websub);
    // Nobody asks the feed a second time within a day.
    installation.set("poller.first_interval_secs=86400");
    installation.set("poller.max_interval_secs=86400");
    let store = installation.store().await;
    let source = Source::new("Aurora", Carry::Full, Origin::Person, vec![Feed::new(FEED, None)]);
    store.put_source(&source).await.unwrap();
    installation.start();
    is_on_site(&installation, &store, 1).await;

    eventually(PATIENCE, || async {
        publisher.asked().is_none().then(|| format!("the hub was not asked\n{}", installation.logs()))
    })
    .await;
    let form = publisher.asked().unwrap();
    assert_eq!((form["hub.mode"].as_str(), form["hub.topic"].as_str()), ("subscribe", FEED));
    let token = form["hub.callback"].strip_prefix("http://hooks.example/websub/").unwrap();
    let callback = format!("http://127.0.0.1:{port}/websub/{token}");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();

    // The hub asks back. Another's token is nobody's.
    let ask = format!("{callback}?hub.mode=subscribe&hub.topic={FEED}&hub.challenge=drawn&hub.lease_seconds=86400");
    let answer = client.get(&ask).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (200, "drawn"));
    let stranger = client.get(ask.replace(token, "x")).send().await.unwrap();
    assert_eq!(stranger.status().as_u16(), 410);

    // A forged call is answered like a true one, and nothing follows from it.
    publisher.publish();
    let polls = publisher.polls();
    let tell = async |secret: &str| {
        let body = feed(2);
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), body.as_bytes());
        let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        let call = client.post(&callback).header("x-hub-signature", format!("sha256={hex}")).body(body);
        call.send().await.unwrap().status().as_u16()
    };
    assert_eq!(tell("guessed").await, 202);
    let due = store.feed_state(&source.feeds[0].id).await.unwrap().unwrap().next_due;
    assert!(due > article::Timestamp::now().plus(Duration::from_secs(3_600)), "not for hours: {due}");
    assert_eq!(publisher.polls(), polls);

    assert_eq!(tell(&form["hub.secret"]).await, 202);
    is_on_site(&installation, &store, 2).await;
    assert!(publisher.polls() > polls, "it was the feed that was asked");
}
