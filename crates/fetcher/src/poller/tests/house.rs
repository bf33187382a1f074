//! A poller with its own store and a publisher on loopback.

use crate::loopback::{self, Loopback};
use crate::poller::{Poller, PollerSettings};
use article::{Carry, Feed, Origin, Source, SourceId, Timestamp};
use queue::{Delivery, Handler, Lane, Message, MessageId, Outcome, Page, Poll, Then};
use std::sync::Arc;
use store::{FeedState, Store};
use web::Politeness;

pub(super) use crate::loopback::{Answer, status};

pub(super) const FEED: &str = "http://aurora.localhost/feed";

pub(super) fn ok(body: impl Into<Vec<u8>>) -> Answer {
    loopback::ok("application/rss+xml", body)
}

pub(super) struct House {
    pub(super) store: Store,
    pub(super) poller: Poller,
    pub(super) politeness: Arc<Politeness>,
    loopback: Loopback,
}

impl House {
    pub(super) async fn new() -> Self {
        // The feeds of these tests are older than news.
        Self::with(PollerSettings { max_age_days: 0, ..PollerSettings::default() }).await
    }

    pub(super) async fn with(settings: PollerSettings) -> Self {
        let loopback = Loopback::new().await;
        let store = loopback.store.clone();
        let (robots, politeness) = (loopback.robots.clone(), loopback.politeness.clone());
        let poller = Poller::new(store.clone(), loopback.client.clone(), robots, politeness.clone(), settings);
        let house = Self { store, poller, politeness, loopback };
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
        self.loopback.serve(path, answer);
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
