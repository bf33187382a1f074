//! A feed, its hub and us, over real sockets.

mod hub;

use super::callback::{CallbackState, router};
use super::{Subscriber, WebsubSettings};
use crate::feed::{FeedContext, parse};
use crate::poller::{Poller, PollerSettings};
use article::{Carry, Feed, FeedId, Origin, Source, SourceId, Timestamp};
use hub::{Hub, Manner};
use queue::{Delivery, Done, Handler, Lane, Message, Outcome, Poll};
use std::sync::Arc;
use std::time::Duration;
use store::{FeedState, Store, StoreSettings};
use web::{Client, MemorySlots, Politeness, PolitenessSettings, Robots, RobotsSettings, WebSettings};

const FEED: &str = "http://aurora.localhost/feed";

struct House {
    store: Store,
    client: Client,
    poller: Poller,
    subscriber: Subscriber,
    hub: Hub,
    _folder: tempfile::TempDir,
}

impl House {
    async fn new(manner: Manner) -> Self {
        Self::with(manner, WebsubSettings::default()).await
    }

    async fn with(manner: Manner, settings: WebsubSettings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("store.db").display());
        let store = Store::open(&StoreSettings { url, ..StoreSettings::default() }).await.unwrap();
        let apart = Duration::from_secs(120);
        let state = CallbackState::new(store.clone(), settings.clone(), apart);
        let (hub, callback) = (hub::serve(manner).await, hub::listen(router(state)).await);
        let at = |name: &str, address| (name.to_owned(), web::Destination { address, plain: false });
        let resolve = [at("*.localhost", hub.address), at("callback.localhost", callback)].into();
        let client = Client::new(WebSettings { resolve, ..WebSettings::default() }).unwrap();
        hub.give(client.clone());
        let pace =
            PolitenessSettings { host_per_second: 1_000.0, domain_per_second: 1_000, ..PolitenessSettings::default() };
        let politeness = Arc::new(Politeness::new(Arc::new(MemorySlots::new(100)), pace).unwrap());
        let robots = Arc::new(Robots::new(client.clone(), politeness.clone(), RobotsSettings::default()));
        let poller = Poller::new(store.clone(), client.clone(), robots, politeness.clone(), PollerSettings::default());
        let public = "http://callback.localhost/web/sub/".parse().unwrap();
        let subscriber = Subscriber::new(store.clone(), client.clone(), politeness, settings.clone(), public);
        let feeds = vec![Feed::new(FEED, None)];
        store.put_source(&Source::new("Aurora", Carry::Full, Origin::Person, feeds)).await.unwrap();
        Self { store, client, poller: poller.listening(settings), subscriber, hub, _folder: folder }
    }

    /// One poll with its record.
    async fn poll(&self) -> FeedState {
        let poll =
            Poll { feed: id(), url: FEED.to_owned(), source: SourceId::from_name("Aurora"), due: Timestamp::now() };
        let delivery = Delivery {
            message_id: poll.message_id(),
            attempt: 1,
            waits: 0,
            first_seen: poll.due,
            received_at: poll.due,
            lane: Lane::Main,
            traceparent: None,
            replay: None,
            replays: 0,
            redelivered: false,
        };
        match self.poller.handle(&poll, &delivery).await {
            Outcome::Done(Done { then: Some(then), .. }) => then.run().await.unwrap(),
            other => panic!("{other:?}"),
        }
        self.state().await
    }

    async fn state(&self) -> FeedState {
        self.store.feed_state(&id()).await.unwrap().unwrap()
    }

    async fn subscription(&self) -> store::Subscription {
        self.store.subscription(&id()).await.unwrap().unwrap()
    }

    /// Polled, asked, asked back.
    async fn subscribe(&self) -> store::Subscription {
        self.poll().await;
        assert_eq!(self.subscriber.round(Timestamp::now()).await.unwrap(), 1);
        self.hub.has_asked_back().await;
        self.subscription().await
    }

    async fn get(&self, url: &str) -> (u16, String) {
        let request = web::Request::new(url.parse().unwrap(), web::Kind::Page);
        let answer = self.client.get(&request).await.unwrap();
        (answer.status, String::from_utf8(answer.body.to_vec()).unwrap())
    }
}

fn id() -> FeedId {
    FeedId::of(FEED)
}

#[tokio::test]
async fn a_hub_that_asks_back_is_believed_and_the_feed_polled_less_often() {
    let house = House::new(Manner::Honest { lease: Some(3_600) }).await;
    let subscription = house.subscribe().await;
    let lease = subscription.lease_until.since(Timestamp::now());
    assert!(lease > Duration::from_secs(3_500) && lease <= Duration::from_secs(3_600), "{lease:?}");
    let asked = house.hub.requests();
    assert_eq!(asked.len(), 1);
    assert_eq!((asked[0]["hub.mode"].as_str(), asked[0]["hub.topic"].as_str()), ("subscribe", FEED));
    assert!(asked[0]["hub.callback"].starts_with("http://callback.localhost/web/sub/"), "{asked:?}");
    assert!(asked[0]["hub.secret"].len() == 64 && asked[0]["hub.callback"].len() > 90, "{asked:?}");
    let after = house.poll().await;
    let wait = after.next_due.since(after.last_polled.unwrap()).as_secs();
    assert!(wait >= after.interval_secs * 4 && wait <= after.interval_secs * 5, "{wait} {after:?}");

    // Asked again when four fifths of the promise have gone, and not before.
    let later = |secs| Timestamp::now().plus(Duration::from_secs(secs));
    assert_eq!(house.subscriber.round(later(2_800)).await.unwrap(), 0);
    assert_eq!(house.subscriber.round(later(2_900)).await.unwrap(), 1);
    assert_eq!(house.hub.requests()[1]["hub.callback"], asked[0]["hub.callback"], "a renewal");
}

#[tokio::test]
async fn what_the_hub_signs_makes_the_feed_due() {
    let house = House::new(Manner::Honest { lease: None }).await;
    house.subscribe().await;
    let asleep = house.state().await;
    for (signature, why) in [
        (None, "unsigned"),
        (Some("sha256=00".to_owned()), "nonsense"),
        (Some(hub::sign("another secret", b"<feed/>")), "another's"),
        (Some(hub::sign(&house.subscription().await.secret, b"<feed>")), "of another body"),
    ] {
        assert_eq!(house.hub.tell(signature, b"<feed/>".to_vec()).await, 202, "{why}: a forger learns nothing");
        assert_eq!(house.state().await, asleep, "{why}");
    }
    let signed = hub::sign(&house.subscription().await.secret, b"<feed/>");
    assert_eq!(house.hub.tell(Some(signed), b"<feed/>".to_vec()).await, 202);
    let awake = house.state().await;
    let soonest = asleep.last_polled.unwrap().plus(Duration::from_secs(120));
    assert_eq!(awake.next_due, soonest, "now, but not sooner than the least time between polls");
    assert!(awake.next_due < asleep.next_due);
}

#[tokio::test]
async fn what_is_too_large_is_not_read() {
    let settings = WebsubSettings { max_body_bytes: 1_000, ..WebsubSettings::default() };
    let house = House::with(Manner::Honest { lease: None }, settings).await;
    let secret = house.subscribe().await.secret;
    let asleep = house.state().await;
    let body = vec![b'x'; 1_001];
    assert_eq!(house.hub.tell(Some(hub::sign(&secret, &body)), body).await, 413);
    assert_eq!(house.state().await, asleep);
}

#[tokio::test]
async fn only_what_was_asked_for_is_confirmed() {
    let house = House::new(Manner::Silent).await;
    house.poll().await;
    house.subscriber.round(Timestamp::now()).await.unwrap();
    let callback = house.hub.requests()[0]["hub.callback"].clone();
    let topic = "hub.topic=http%3A%2F%2Faurora.localhost%2Ffeed";
    for wrong in [
        "hub.mode=subscribe&hub.topic=http%3A%2F%2Fborealis.localhost%2F&hub.challenge=c".to_owned(),
        format!("hub.mode=unsubscribe&{topic}&hub.challenge=c"),
        format!("hub.mode=subscribe&{topic}"),
        format!("hub.mode=subscribe&{topic}&hub.challenge={}", "c".repeat(1_100)),
    ] {
        let (status, body) = house.get(&format!("{callback}?{wrong}")).await;
        assert_eq!((status, body.as_str()), (404, ""), "{wrong}");
    }
    assert_eq!(house.get(&callback).await.0, 400);
    let right = format!("hub.mode=subscribe&{topic}&hub.challenge=%3Cscript%3E");
    assert_eq!(house.get(&format!("http://callback.localhost/web/sub/{}?{right}", "0".repeat(64))).await.0, 410);
    assert_eq!(house.subscription().await.lease_until, Timestamp(0), "nothing was promised");
    assert_eq!(house.get(&format!("{callback}?{right}")).await, (200, "<script>".to_owned()));
    assert!(house.subscription().await.lease_until > Timestamp::now());
}

#[tokio::test]
async fn a_hub_that_fails_or_refuses_is_asked_ever_less_often() {
    let house = House::new(Manner::Failing).await;
    house.poll().await;
    let now = Timestamp::now();
    let after = |secs| now.plus(Duration::from_secs(secs));
    for (at, took) in [(0, 1), (299, 0), (300, 1), (899, 0), (900, 1)] {
        let before = house.hub.requests().len();
        house.subscriber.round(after(at)).await.unwrap();
        assert_eq!(house.hub.requests().len() - before, took, "after {at} s");
    }
    assert_eq!(house.subscription().await.failures, 3);

    let house = House::new(Manner::Denying).await;
    house.subscribe().await;
    let now = Timestamp::now();
    let after = |secs| now.plus(Duration::from_secs(secs));
    assert_eq!(house.subscriber.round(after(86_000)).await.unwrap(), 0);
    assert_eq!(house.subscriber.round(after(86_500)).await.unwrap(), 1);
}

#[tokio::test]
async fn a_feed_that_names_no_hub_any_more_is_not_told_of() {
    let house = House::new(Manner::Honest { lease: None }).await;
    let subscription = house.subscribe().await;
    house.hub.name_no_hub();
    house.poll().await;
    assert_eq!(house.store.subscription(&id()).await.unwrap(), None);
    let signed = hub::sign(&subscription.secret, b"<feed/>");
    assert_eq!(house.hub.tell(Some(signed), b"<feed/>".to_vec()).await, 410, "the hub is told to stop");
}

/// The hub and topic that a feed at `https://aurora.example/news/feed` names.
fn named(body: &str, links: &[&str]) -> Option<(String, String)> {
    let url = "https://aurora.example/news/feed";
    let context = FeedContext { url: Some(url), ..FeedContext::default() };
    let response = web::Response {
        url: url.parse().unwrap(),
        redirects: Vec::new(),
        permanent_url: None,
        status: 200,
        headers: links.iter().map(|l| ("link".to_owned(), (*l).to_owned())).collect::<Vec<_>>().into(),
        body: bytes::Bytes::new(),
        truncated: false,
        received_at: Timestamp(0),
        not_modified: false,
    };
    super::named(&parse(body.as_bytes(), &context).unwrap(), &response).map(|n| (n.hub, n.topic))
}

#[test]
fn hubs_are_named_in_headers_and_in_every_format() {
    let hub = |topic: &str| Some(("https://hub.example/".to_owned(), topic.to_owned()));
    let (own, self_named) = ("https://aurora.example/news/feed", "https://aurora.example/feed.xml");
    let atom = r#"<feed xmlns="http://www.w3.org/2005/Atom"><link rel="hub" href="https://hub.example/"/>
        <link rel="self" href="/feed.xml"/><entry><title>A</title><link href="/a"/></entry></feed>"#;
    assert_eq!(named(atom, &[]), hub(self_named));
    let rss = r#"<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>
        <atom:link rel="hub" href="https://hub.example/"/><item><title>A</title><link>/a</link></item></channel></rss>"#;
    assert_eq!(named(rss, &[]), hub(own));
    let json = r#"{"version":"https://jsonfeed.org/version/1.1","feed_url":"https://aurora.example/feed.xml",
        "hubs":[{"type":"WebSub","url":"https://hub.example/"}],"items":[{"id":"a","url":"/a"}]}"#;
    assert_eq!(named(json, &[]), hub(self_named));
    let bare = "<rss version='2.0'><channel><item><title>A</title><link>/a</link></item></channel></rss>";
    assert_eq!(named(bare, &[]), None);
    assert_eq!(named(bare, &["<https://hub.example/>; rel=\"hub\", </feed.xml>; rel=self"]), hub(self_named));
    assert_eq!(named(bare, &["</feed.xml>; rel=self", "<https://hub.example>;rel=hub"]), hub(self_named));
    assert_eq!(named(bare, &["<https://hub.example/>; title=\"<a>, rel=\"; rel=\"other hub\""]), hub(own));
    // Headers go first, with what they say of the feed itself.
    assert_eq!(
        named(atom, &["<https://first.example/>; rel=hub"]),
        Some(("https://first.example/".into(), own.into()))
    );
    for other in ["<https://hub.example/>; rel=hubs", "<javascript:x>; rel=hub", "https://hub.example/; rel=hub", "<"] {
        assert_eq!(named(bare, &[other]), None, "{other}");
    }
}
