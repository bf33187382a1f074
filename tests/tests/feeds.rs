//! Scheduler, feeds belt and poller together, on both sets of parts.

use crate::contract_queue_support::{On, open, ready, settings, take, until, work};
use article::{Carry, Feed, Origin, Source, Timestamp};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use fetcher::poller::{Poller, PollerSettings};
use fetcher::schedule::{Round, Scheduler, SchedulerSettings};
use queue::{Belt, Delivery, Handler, Lane, Outcome, Poll, Queue, QueueName, Stage, Then, ThenError};
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::{Store, StoreSettings};
use web::{Client, Destination, MemorySlots, Politeness, PolitenessSettings, Robots, RobotsSettings, WebSettings};

const PAGES: QueueName = QueueName::Belt(Belt::Pages, Lane::Main);
const FEEDS: QueueName = QueueName::Belt(Belt::Feeds, Lane::Main);

struct Office {
    store: Store,
    queue: Queue,
    _folder: tempfile::TempDir,
}

impl Office {
    /// SQLite alone, or RabbitMQ with PostgreSQL; one source with these feeds.
    async fn new(on: On, feeds: impl Iterator<Item = String>) -> Self {
        let (queue_settings, folder) = settings(on);
        let url = match on {
            On::Embedded => format!("sqlite:{}", folder.path().join("store.db").display()),
            On::RabbitMq => harness::postgres().database(),
        };
        let store = Store::open(&StoreSettings { url, ..StoreSettings::default() }).await.unwrap();
        let source =
            Source::new("Aurora", Carry::Full, Origin::Person, feeds.map(|url| Feed::new(&url, None)).collect());
        store.put_source(&source).await.unwrap();
        Self { store, queue: open(&queue_settings).await, _folder: folder }
    }

    fn scheduler(&self) -> Scheduler {
        Scheduler::new(self.store.clone(), self.queue.clone(), SchedulerSettings::default())
    }
}

/// After everything that was added is due.
fn later() -> Timestamp {
    Timestamp::now().plus(Duration::from_secs(60))
}

async fn replicas_share_the_due_feeds(on: On) {
    let office = Office::new(on, (0..300).map(|n| format!("https://example.org/{n}"))).await;
    let now = later();
    let mut replicas = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let scheduler = office.scheduler();
        replicas.spawn(async move {
            let mut sent = 0;
            while let Round::Sent(polls @ 1..) = scheduler.tick(now).await.unwrap() {
                sent += polls;
            }
            sent
        });
    }
    assert_eq!(replicas.join_all().await.into_iter().sum::<usize>(), 300);
    let polls = take(&office.queue, FEEDS, 300).await;
    assert_eq!(polls.len(), 300);
    assert_eq!(polls.iter().map(|p| &p.message_id).collect::<BTreeSet<_>>().len(), 300);
}

/// Deaths of a poll, one for each two of its steps, in turn.
#[derive(Clone, Copy)]
enum Fault {
    /// Between asking the feed and publishing its pages.
    BeforePublishing,
    /// Between the pages' confirms and the record.
    BeforeRecord,
}

/// A poller that dies as told, then lives.
struct Mortal {
    poller: Poller,
    faults: Mutex<Vec<Fault>>,
}

impl Handler for Mortal {
    const STAGE: Stage = Stage::Poller;
    type Message = Poll;

    async fn handle(&self, poll: &Poll, delivery: &Delivery) -> Outcome {
        let outcome = self.poller.handle(poll, delivery).await;
        let fault = self.faults.lock().unwrap().pop();
        match (fault, outcome) {
            (None, outcome) => outcome,
            (Some(Fault::BeforePublishing), _) => panic!("dies before publishing"),
            (Some(Fault::BeforeRecord), Outcome::Done(mut done)) => {
                done.then = Some(Then::new(|| async { Err(ThenError("dies before its record".to_owned())) }));
                Outcome::Done(done)
            }
            (Some(Fault::BeforeRecord), other) => other,
        }
    }
}

/// What the publisher was asked.
#[derive(Default)]
struct Asked {
    in_full: AtomicUsize,
    with_validator: AtomicUsize,
}

const ENTRIES: usize = 20;

async fn publisher(State(asked): State<Arc<Asked>>, headers: HeaderMap) -> Response {
    if headers.contains_key("if-none-match") {
        asked.with_validator.fetch_add(1, Ordering::Relaxed);
        return StatusCode::NOT_MODIFIED.into_response();
    }
    asked.in_full.fetch_add(1, Ordering::Relaxed);
    let items: String = (0..ENTRIES).map(|n| format!("<item><title>{n}</title><link>/{n}</link></item>")).collect();
    ([("etag", "\"1\"")], format!("<rss version='2.0'><channel>{items}</channel></rss>")).into_response()
}

async fn serve(asked: Arc<Asked>) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(publisher).with_state(asked);
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

fn poller(store: &Store, address: SocketAddr) -> Poller {
    let resolve = [("*".to_owned(), Destination { address, plain: true })].into();
    let client = Client::new(WebSettings { resolve, ..WebSettings::default() }).unwrap();
    let pace =
        PolitenessSettings { host_per_second: 1_000.0, domain_per_second: 1_000, ..PolitenessSettings::default() };
    let politeness = Arc::new(Politeness::new(Arc::new(MemorySlots::new(100)), pace).unwrap());
    let robots = Arc::new(Robots::new(client.clone(), politeness.clone(), RobotsSettings::default()));
    Poller::new(store.clone(), client, robots, politeness, PollerSettings::default())
}

async fn no_entry_is_lost_behind_a_304(on: On) {
    let feed = "https://aurora.example/feed";
    let office = Office::new(on, std::iter::once(feed.to_owned())).await;
    let asked = Arc::new(Asked::default());
    let address = serve(asked.clone()).await;
    let faults = Mutex::new(vec![Fault::BeforeRecord, Fault::BeforePublishing, Fault::BeforeRecord]);
    let worker = work(&office.queue, Mortal { poller: poller(&office.store, address), faults });

    assert_eq!(office.scheduler().tick(later()).await.unwrap(), Round::Sent(1));
    let id = Feed::new(feed, None).id;
    until("the poll's record", async || office.store.feed_state(&id).await.unwrap().unwrap().last_success.is_some())
        .await;
    // Four lives, and in none of them a validator that was not earned.
    assert_eq!((asked.in_full.load(Ordering::Relaxed), asked.with_validator.load(Ordering::Relaxed)), (4, 0));

    // The next poll may use it, and everything it promises to be known is on the belt.
    office.store.poll_now(&id).await.unwrap();
    assert_eq!(office.scheduler().tick(later()).await.unwrap(), Round::Sent(1));
    until("a poll with the validator", async || asked.with_validator.load(Ordering::Relaxed) == 1).await;
    worker.stop().await;
    let count = usize::try_from(ready(&office.queue, PAGES).await).unwrap();
    let pages = take(&office.queue, PAGES, count).await;
    assert_eq!(pages.iter().map(|p| &p.message_id).collect::<BTreeSet<_>>().len(), ENTRIES);
}

mod embedded {
    use super::On;

    #[tokio::test]
    async fn replicas_share_the_due_feeds() {
        super::replicas_share_the_due_feeds(On::Embedded).await;
    }

    #[tokio::test]
    async fn no_entry_is_lost_behind_a_304() {
        super::no_entry_is_lost_behind_a_304(On::Embedded).await;
    }
}

mod rabbitmq_and_postgres {
    use super::On;

    #[tokio::test]
    async fn replicas_share_the_due_feeds() {
        super::replicas_share_the_due_feeds(On::RabbitMq).await;
    }

    #[tokio::test]
    async fn no_entry_is_lost_behind_a_304() {
        super::no_entry_is_lost_behind_a_304(On::RabbitMq).await;
    }
}
