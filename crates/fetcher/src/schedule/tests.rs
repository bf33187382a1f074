#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::{Round, Scheduler, SchedulerSettings};
use article::{Carry, Feed, Origin, Source, Timestamp};
use queue::{Belt, Lane, Poll, Queue, QueueName, QueueSettings};
use std::collections::BTreeSet;
use store::{PollRecord, Store, StoreSettings};
use telemetry::Health;
use tempfile::TempDir;

struct Office {
    store: Store,
    queue: Queue,
    folder: TempDir,
}

impl Office {
    async fn new(feeds: usize, settings: QueueSettings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
        let store = Store::open(&StoreSettings { url: path("store.db"), ..StoreSettings::default() }).await.unwrap();
        let queue = Queue::open(&QueueSettings { url: path("queue.db"), ..settings }, Health::new()).await.unwrap();
        let source = Source::new(
            "Aurora",
            Carry::Full,
            Origin::Person,
            (0..feeds).map(|n| Feed::new(&format!("https://example.org/{n}"), None)).collect(),
        );
        store.put_source(&source).await.unwrap();
        Self { store, queue, folder }
    }

    fn scheduler(&self) -> Scheduler {
        Scheduler::new(self.store.clone(), self.queue.clone(), SchedulerSettings::default())
    }

    async fn polls(&self) -> u64 {
        let depths = self.queue.depths().await.unwrap();
        depths.iter().find(|d| d.queue == QueueName::Belt(Belt::Feeds, Lane::Main)).unwrap().ready
    }
}

/// After everything that was added is due.
fn later() -> Timestamp {
    Timestamp::now().plus(std::time::Duration::from_secs(60))
}

#[tokio::test]
async fn replicas_send_each_due_feed_once() {
    let office = Office::new(50, QueueSettings::default()).await;
    let (a, b) = (office.scheduler(), office.scheduler());
    let now = later();
    let (first, second) = tokio::join!(a.tick(now), b.tick(now));
    let sent = |round: Round| if let Round::Sent(n) = round { n } else { 0 };
    assert_eq!(sent(first.unwrap()) + sent(second.unwrap()), 50);
    assert_eq!(a.tick(now).await.unwrap(), Round::Sent(0));
    assert_eq!(office.polls().await, 50);

    let mut consumer = office.queue.consume(QueueName::Belt(Belt::Feeds, Lane::Main), 50).await.unwrap();
    let mut feeds = BTreeSet::new();
    for _ in 0..50 {
        let delivery = consumer.next().await.unwrap();
        let poll: Poll = serde_json::from_slice(&delivery.envelope.body).unwrap();
        assert_eq!(poll.source.as_str(), "aurora");
        feeds.insert(poll.feed);
        delivery.ack().await.unwrap();
    }
    assert_eq!(feeds.len(), 50);
}

#[tokio::test]
async fn a_lease_ends_with_the_polls_record_or_by_itself() {
    let office = Office::new(1, QueueSettings::default()).await;
    let scheduler = office.scheduler();
    let now = later();
    assert_eq!(scheduler.tick(now).await.unwrap(), Round::Sent(1));
    let lease = SchedulerSettings::default().lease();
    assert_eq!(scheduler.tick(now.plus(lease / 2)).await.unwrap(), Round::Sent(0));
    // Its poll was lost: the lease ends, and the same poll is sent again.
    let again = now.plus(lease * 2);
    assert_eq!(scheduler.tick(again).await.unwrap(), Round::Sent(1));
    let feed = Feed::new("https://example.org/0", None).id;
    let due = office.store.feed_state(&feed).await.unwrap().unwrap().next_due;
    let record = PollRecord {
        feed,
        due,
        at: again,
        next_due: again.plus(lease),
        interval_secs: 900,
        status: Some(200),
        error: None,
        etag: None,
        last_modified: None,
        moved_to: None,
        retired: false,
        seen: Vec::new(),
        new_entries: 0,
    };
    office.store.finish_poll(&record).await.unwrap();
    assert_eq!(scheduler.tick(again).await.unwrap(), Round::Sent(0));
    assert_eq!(scheduler.tick(again.plus(lease)).await.unwrap(), Round::Sent(1));
}

#[tokio::test]
async fn a_full_belt_is_felt_and_feeds_stay_due() {
    let settings = QueueSettings { belt_max_messages: 10, ..QueueSettings::default() };
    let office = Office::new(30, settings).await;
    let scheduler = Scheduler::new(
        office.store.clone(),
        office.queue.clone(),
        SchedulerSettings { batch: 9, ..SchedulerSettings::default() },
    );
    let now = later();
    assert_eq!(scheduler.tick(now).await.unwrap(), Round::Sent(9));
    // Looks at depths hold for a second; another process has not looked yet.
    let other = Queue::open_to_publish(
        &QueueSettings {
            url: format!("sqlite:{}", office.folder.path().join("queue.db").display()),
            belt_max_messages: 10,
            ..QueueSettings::default()
        },
        Health::new(),
    )
    .await
    .unwrap();
    let neighbour = Scheduler::new(office.store.clone(), other, SchedulerSettings::default());
    assert_eq!(neighbour.tick(now).await.unwrap(), Round::Held(Belt::Feeds));
    assert_eq!(office.store.claim_due_feeds(now, 100, SchedulerSettings::default().lease()).await.unwrap().len(), 21);
}

#[tokio::test]
async fn what_the_queue_does_not_take_is_due_again_at_once() {
    let settings = QueueSettings { message_max_bytes: 1, ..QueueSettings::default() };
    let office = Office::new(3, settings).await;
    let now = later();
    assert!(office.scheduler().tick(now).await.is_err());
    assert_eq!(office.store.claim_due_feeds(now, 100, SchedulerSettings::default().lease()).await.unwrap().len(), 3);
}
