//! A feed that names a hub: the hub is asked to tell, and while it does, the feed is polled less often.

use super::Poller;
use super::refusal::Refusal;
use crate::feed::ParsedFeed;
use crate::websub::{Named, WebsubSettings, named};
use article::{FeedId, Timestamp};
use std::time::Duration;
use store::{Store, StoreError, Subscription};
use web::Response;

/// What a feed's document says of hubs.
#[derive(Clone, Debug)]
pub(super) enum Hub {
    /// Nobody listens to hubs here, or there was no document: what was known stays.
    Unsaid,
    /// It names none.
    None,
    /// It names one.
    Named(Named),
}

impl Poller {
    /// The same poller, which notes hubs and lets those that tell take over.
    #[must_use]
    pub fn listening(self, websub: WebsubSettings) -> Self {
        Self { websub: Some(websub), ..self }
    }

    pub(super) fn hub(&self, feed: &ParsedFeed, response: &Response) -> Hub {
        match &self.websub {
            Some(_) => named(feed, response).map_or(Hub::None, Hub::Named),
            None => Hub::Unsaid,
        }
    }

    /// The time between polls, longer where a hub has promised to tell.
    pub(super) async fn pace(&self, feed: &FeedId, interval: Duration, now: Timestamp) -> Result<Duration, Refusal> {
        let Some(websub) = &self.websub else { return Ok(interval) };
        let told = self.store.subscription(feed).await?.is_some_and(|s| s.lease_until > now);
        Ok(if told { websub.slowed(interval) } else { interval })
    }
}

/// Notes what a feed says of hubs. Every poll says the same again, which changes nothing.
pub(super) async fn note(store: &Store, feed: &FeedId, hub: &Hub, now: Timestamp) -> Result<(), StoreError> {
    match hub {
        Hub::Unsaid => Ok(()),
        Hub::None => store.forget_subscription(feed).await,
        Hub::Named(Named { hub, topic }) => {
            let wanted = Subscription {
                feed: feed.clone(),
                hub: hub.clone(),
                topic: topic.clone(),
                token: drawn(),
                secret: drawn(),
                lease_until: Timestamp(0),
                failures: 0,
            };
            store.want_subscription(&wanted, now).await
        }
    }
}

/// A secret that nobody guesses, in hexadecimal: 256 bits from the thread's cryptographic generator.
fn drawn() -> String {
    rand::random::<[u8; 32]>().iter().map(|byte| format!("{byte:02x}")).collect()
}
