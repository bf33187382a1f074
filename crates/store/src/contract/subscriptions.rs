//! Subscriptions at hubs.

use super::minute;
use crate::{PollRecord, Store, Subscription};
use article::{Carry, Feed, FeedId, Origin, Source, Timestamp};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

async fn feed(store: &Store) -> FeedId {
    let feed = Feed::new("https://one.example/feed", None);
    store.put_source(&Source::new("One", Carry::Full, Origin::Person, vec![feed.clone()])).await.unwrap();
    feed.id
}

fn wanted(feed: &FeedId, hub: &str, token: &str) -> Subscription {
    Subscription {
        feed: feed.clone(),
        hub: hub.to_owned(),
        topic: "https://one.example/feed".to_owned(),
        token: token.to_owned(),
        secret: format!("secret of {token}"),
        lease_until: Timestamp(0),
        failures: 0,
    }
}

pub async fn a_hub_is_asked_once_until_it_answers(store: &Store) {
    let feed = feed(store).await;
    let first = wanted(&feed, "https://hub.example/", "t1");
    store.want_subscription(&first, minute(0)).await.unwrap();
    // Every poll of the feed says so again.
    store.want_subscription(&wanted(&feed, "https://hub.example/", "t2"), minute(1)).await.unwrap();
    assert_eq!(store.claim_subscriptions(minute(1), 10, MINUTE * 10).await.unwrap(), std::slice::from_ref(&first));
    assert!(store.claim_subscriptions(minute(10), 10, MINUTE * 10).await.unwrap().is_empty());
    assert_eq!(store.claim_subscriptions(minute(11), 10, MINUTE * 10).await.unwrap().len(), 1, "no answer came");

    store.subscription_failed("t1", minute(60)).await.unwrap();
    assert!(store.claim_subscriptions(minute(59), 10, MINUTE).await.unwrap().is_empty());
    assert_eq!(store.claim_subscriptions(minute(60), 10, MINUTE).await.unwrap()[0].failures, 1);
    store.subscription_holds("t1", minute(200), minute(160)).await.unwrap();
    let holds = store.subscription_by_token("t1").await.unwrap().unwrap();
    assert_eq!((holds.lease_until, holds.failures), (minute(200), 0));
    assert!(store.claim_subscriptions(minute(159), 10, MINUTE).await.unwrap().is_empty());
    assert_eq!(store.claim_subscriptions(minute(160), 10, MINUTE).await.unwrap().len(), 1, "renewed before it ends");
}

pub async fn another_hub_is_another_subscription(store: &Store) {
    let feed = feed(store).await;
    store.want_subscription(&wanted(&feed, "https://hub.example/", "t1"), minute(0)).await.unwrap();
    store.subscription_holds("t1", minute(200), minute(160)).await.unwrap();
    let other = wanted(&feed, "https://other.example/", "t2");
    store.want_subscription(&other, minute(1)).await.unwrap();
    assert_eq!(store.subscription_by_token("t1").await.unwrap(), None);
    assert_eq!(store.subscription(&feed).await.unwrap().as_ref(), Some(&other));
    assert_eq!(store.claim_subscriptions(minute(1), 10, MINUTE).await.unwrap().len(), 1);

    store.forget_subscription(&feed).await.unwrap();
    assert_eq!(store.subscription(&feed).await.unwrap(), None);
    store.want_subscription(&other, minute(2)).await.unwrap();
    store.remove_source(&article::SourceId::from_name("One")).await.unwrap();
    assert!(store.claim_subscriptions(minute(3), 10, MINUTE).await.unwrap().is_empty());
    assert_eq!(store.subscription(&feed).await.unwrap(), None, "nobody reads the feed any more");
}

/// What a poll leaves behind whose answer came at `at`.
fn polled(feed: &FeedId, at: Timestamp) -> PollRecord {
    PollRecord {
        feed: feed.clone(),
        due: at,
        at,
        next_due: at.plus(MINUTE * 600),
        interval_secs: 900,
        status: Some(200),
        error: None,
        etag: None,
        last_modified: None,
        moved_to: None,
        retired: false,
        seen: Vec::new(),
        new_entries: 0,
    }
}

pub async fn a_feed_that_was_heard_of_is_due(store: &Store) {
    let feed = feed(store).await;
    store.want_subscription(&wanted(&feed, "https://hub.example/", "t1"), minute(0)).await.unwrap();
    let due = async || store.feed_state(&feed).await.unwrap().unwrap().next_due;
    store.finish_poll(&polled(&feed, minute(1))).await.unwrap();
    store.hear_feed(&feed, minute(10), MINUTE * 2).await.unwrap();
    assert_eq!(due().await, minute(10));
    store.finish_poll(&polled(&feed, minute(11))).await.unwrap();
    assert_eq!(due().await, minute(611), "it has been heard");
    store.hear_feed(&feed, minute(12), MINUTE * 2).await.unwrap();
    assert_eq!(due().await, minute(13), "a hub doesn't set the pace");
    // Its answer had come when the hub spoke, and its record is made later.
    store.hear_feed(&feed, minute(20), MINUTE * 2).await.unwrap();
    store.finish_poll(&polled(&feed, minute(19))).await.unwrap();
    assert_eq!(due().await, minute(20), "another poll follows");
    store.finish_poll(&PollRecord { retired: true, ..polled(&feed, minute(30)) }).await.unwrap();
    store.hear_feed(&feed, minute(40), MINUTE * 2).await.unwrap();
    assert!(store.feed_state(&feed).await.unwrap().unwrap().retired, "its publisher's word stands");
}
