//! A poller with its own store and a publisher on loopback.

use crate::poller::{Poller, PollerSettings};
use article::{Carry, Feed, Origin, Source, SourceId, Timestamp};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use queue::{Delivery, Handler, Lane, Message, MessageId, Outcome, Page, Poll, Then};
use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use store::{FeedState, Store, StoreSettings};
use tempfile::TempDir;
use web::{Client, MemorySlots, Politeness, PolitenessSettings, Robots, RobotsSettings, WebSettings};

pub(super) const FEED: &str = "http://aurora.localhost/feed";

const HOST: &str = "aurora.localhost";

/// What the publisher answers at a path.
#[derive(Clone, Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

pub(super) fn ok(body: impl Into<Vec<u8>>) -> Answer {
    Answer { status: 200, headers: vec![("content-type", "application/rss+xml".to_owned())], body: body.into() }
}

pub(super) fn status(status: u16) -> Answer {
    Answer { status, ..Answer::default() }
}

impl Answer {
    pub(super) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

type Answers = Arc<Mutex<HashMap<String, Answer>>>;

/// Answers as told; 304 where the validator still holds.
async fn answer(State(answers): State<Answers>, request: Request) -> Response<Body> {
    let host = request.headers().get("host").and_then(|h| h.to_str().ok()).unwrap_or_default();
    let path = match host {
        HOST => request.uri().path().to_owned(),
        other => format!("{other}{}", request.uri().path()),
    };
    let answer = answers.lock().unwrap().get(&path).cloned().unwrap_or_else(|| status(404));
    let etag = answer.headers.iter().find(|(n, _)| *n == "etag").map(|(_, v)| v.clone());
    let asked = request.headers().get("if-none-match").and_then(|v| v.to_str().ok()).map(str::to_owned);
    let mut response = Response::builder();
    for (name, value) in &answer.headers {
        response = response.header(*name, value);
    }
    if etag.is_some() && etag == asked {
        return response.status(304).body(Body::empty()).unwrap();
    }
    response.status(answer.status).body(Body::from(answer.body)).unwrap()
}

pub(super) struct House {
    pub(super) store: Store,
    pub(super) poller: Poller,
    pub(super) politeness: Arc<Politeness>,
    answers: Answers,
    _folder: TempDir,
}

impl House {
    pub(super) async fn new() -> Self {
        // The feeds of these tests are older than news.
        Self::with(PollerSettings { max_age_days: 0, ..PollerSettings::default() }).await
    }

    pub(super) async fn with(settings: PollerSettings) -> Self {
        let answers = Answers::default();
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(answers.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });

        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("store.db").display());
        let store = Store::open(&StoreSettings { url, ..StoreSettings::default() }).await.unwrap();
        let resolve = [("*.localhost".to_owned(), web::Destination { address, plain: false })].into();
        let client = Client::new(WebSettings { resolve, ..WebSettings::default() }).unwrap();
        let pace =
            PolitenessSettings { host_per_second: 1_000.0, domain_per_second: 1_000, ..PolitenessSettings::default() };
        let politeness = Arc::new(Politeness::new(Arc::new(MemorySlots::new(100)), pace).unwrap());
        let robots = Arc::new(Robots::new(client.clone(), politeness.clone(), RobotsSettings::default()));
        let poller = Poller::new(store.clone(), client, robots, politeness.clone(), settings);
        let house = Self { store, poller, politeness, answers, _folder: folder };
        house.put_source(FEED, false).await;
        house
    }

    pub(super) async fn put_source(&self, feed: &str, paused: bool) {
        let source =
            Source { paused, ..Source::new("Aurora", Carry::Full, Origin::Person, vec![Feed::new(feed, None)]) };
        self.store.put_source(&source).await.unwrap();
    }

    /// At a path of the publisher's own host, or at another host's `host/path`.
    pub(super) fn serve(&self, path: &str, answer: Answer) {
        self.answers.lock().unwrap().insert(path.to_owned(), answer);
    }

    /// One poll, as the worker would do it, but for what comes after the decision.
    pub(super) async fn decide(&self, due: i64) -> Outcome {
        let poll = poll(due);
        self.poller.handle(&poll, &delivery(&poll)).await
    }

    /// One poll with its record.
    pub(super) async fn poll(&self, due: i64) -> (Vec<Page>, String) {
        let outcome = self.decide(due).await;
        let said = format!("{} {} {}", outcome.name(), outcome.reason(), outcome.detail());
        let pages = pages(&outcome);
        if let Some(then) = then(outcome) {
            then.run().await.unwrap();
        }
        (pages, said)
    }

    pub(super) async fn state(&self) -> FeedState {
        self.store.feed_state(&poll(0).feed).await.unwrap().unwrap()
    }
}

pub(super) fn source_id() -> SourceId {
    SourceId::from_name("aurora")
}

/// A poll due at so many seconds.
pub(super) fn poll(due: i64) -> Poll {
    Poll { feed: Feed::new(FEED, None).id, url: FEED.to_owned(), source: source_id(), due: Timestamp::from_secs(due) }
}

pub(super) fn delivery(poll: &Poll) -> Delivery {
    Delivery {
        message_id: poll.message_id(),
        attempt: 1,
        waits: 0,
        first_seen: poll.due,
        received_at: Timestamp::now(),
        lane: Lane::Main,
        traceparent: None,
        replay: None,
        replays: 0,
        redelivered: false,
    }
}

pub(super) fn pages(outcome: &Outcome) -> Vec<Page> {
    match outcome {
        Outcome::Done(done) => done.publish.iter().map(|m| serde_json::from_slice(&m.body).unwrap()).collect(),
        Outcome::Drop { .. } | Outcome::Retry { .. } | Outcome::Dead { .. } => Vec::new(),
    }
}

pub(super) fn ids(outcome: &Outcome) -> Vec<MessageId> {
    match outcome {
        Outcome::Done(done) => done.publish.iter().map(|m| m.message_id.clone()).collect(),
        Outcome::Drop { .. } | Outcome::Retry { .. } | Outcome::Dead { .. } => Vec::new(),
    }
}

pub(super) fn then(outcome: Outcome) -> Option<Then> {
    match outcome {
        Outcome::Done(done) => done.then,
        Outcome::Drop { then, .. } => then,
        Outcome::Retry { .. } | Outcome::Dead { .. } => None,
    }
}

/// An RSS feed of articles with these numbers, a day apart.
pub(super) fn rss(numbers: &[u32]) -> String {
    let items: String = numbers
        .iter()
        .map(|n| format!("<item><title>Story {n}</title><link>/{n}?utm_source=rss</link><pubDate>{} Jan 2026 09:00:00 GMT</pubDate></item>", n % 28 + 1))
        .collect();
    format!("<rss version='2.0'><channel><title>Aurora</title><language>en</language>{items}</channel></rss>")
}

pub(super) fn permalinks(pages: &[Page]) -> Vec<&str> {
    pages.iter().map(|p| p.permalink.as_str()).collect()
}
