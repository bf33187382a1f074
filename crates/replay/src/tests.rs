//! On the embedded queue and SQLite: the same code runs on RabbitMQ and PostgreSQL.

mod explaining;
mod registering;
mod replaying;
mod transferring;
mod trying;

use crate::{Options, Registrar, Replay, ReplaySettings};
use article::{Arrival, Article, Timestamp, Verdict};
use queue::{
    Belt, Death, Delivery, Envelope, Foresight, Handler, Lane, Outcome, Outgoing, Queue, QueueName, QueueSettings,
    Stage, Trial,
};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::contract::{article, text};
use store::{DeadFilter, LedgerRow, LedgerState, Store, StoreSettings};
use telemetry::Health;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// A queue and a store of its own, with a registrar once it is started.
struct Desk {
    _folder: TempDir,
    store: Store,
    queue: Queue,
    stop: CancellationToken,
}

impl Desk {
    async fn new() -> Self {
        Self::with_belts_of(100_000).await
    }

    async fn with_belts_of(belt_max_messages: u64) -> Self {
        let folder = TempDir::new().unwrap();
        let url = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
        let settings =
            QueueSettings { url: url("queue.db"), attempts: 1, belt_max_messages, ..QueueSettings::default() };
        let queue = Queue::open(&settings, Health::new()).await.unwrap();
        let store = Store::open(&StoreSettings { url: url("store.db"), ..StoreSettings::default() }).await.unwrap();
        Self { _folder: folder, store, queue, stop: CancellationToken::new() }
    }

    async fn with_registrar() -> Self {
        let desk = Self::new().await;
        let registrar = Registrar::new(desk.store.clone(), desk.queue.clone());
        let stop = desk.stop.clone();
        tokio::spawn(async move { registrar.run(stop).await.unwrap() });
        desk
    }

    fn replay(&self) -> Replay {
        self.replay_with(ReplaySettings::default())
    }

    fn replay_with(&self, settings: ReplaySettings) -> Replay {
        Replay::new(self.store.clone(), self.queue.clone(), settings)
    }

    /// Starts the deduplicator's stage with a handler that does as it is told of each headline.
    fn start_stage(&self, fate: Fate) {
        let settings = self.queue.settings().worker(Stage::Deduplicator);
        let worker = queue::Worker::new(self.queue.clone(), Judge(fate), settings, None);
        let stop = self.stop.clone();
        tokio::spawn(async move { worker.run(stop).await });
    }

    /// The dead rows, once there are `n` of them.
    async fn dead(&self, n: usize) -> Vec<LedgerRow> {
        self.rows(LedgerState::Dead, n).await
    }

    async fn rows(&self, state: LedgerState, n: usize) -> Vec<LedgerRow> {
        let filter = DeadFilter { state: Some(state), ..DeadFilter::default() };
        for _ in 0..500 {
            if self.store.dead_count(&filter).await.unwrap() == n as u64 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let rows = self.store.dead_letters(&filter).await.unwrap();
        assert_eq!(rows.len(), n, "rows in state {}", state.as_str());
        rows
    }

    /// Letters of articles `0..n` in the ledger, as the registrar writes them.
    async fn bury(&self, n: u32) {
        let letters: Vec<_> =
            (0..n).map(|i| crate::letter::buried(Belt::Articles, &dead(i, 0), b"{}", Timestamp::now())).collect();
        self.store.bury(&letters).await.unwrap();
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// What a handler does with each article, by its slug.
type Fate = Arc<Mutex<HashMap<String, &'static str>>>;

struct Judge(Fate);

impl Handler for Judge {
    const STAGE: Stage = Stage::Deduplicator;
    type Message = Arrival;

    async fn handle(&self, arrival: &Arrival, _: &Delivery) -> Outcome {
        let slug = arrival.url().path().trim_start_matches('/').to_owned();
        match self.0.lock().unwrap().get(&slug) {
            Some(&"dead") => Outcome::dead(queue::DeadReason::Charset, "still broken"),
            Some(&"drop") => Outcome::drop(queue::DropReason::Unchanged, "nothing new"),
            _ => Outcome::passed(),
        }
    }
}

impl Foresight for Judge {
    async fn foresee(&self, arrival: &Arrival, delivery: &Delivery) -> Trial {
        match arrival.url().path() {
            "/a9" => Trial::Untried("only the doing can tell"),
            _ => Trial::Would(self.handle(arrival, delivery).await),
        }
    }
}

fn fate(of: &[(&str, &'static str)]) -> Fate {
    Arc::new(Mutex::new(of.iter().map(|(slug, what)| ((*slug).to_owned(), *what)).collect()))
}

/// Article number `n`, seen a moment ago.
fn story(n: u32) -> Article {
    article("one.example", &format!("a{n}"), Timestamp::now().minus(Duration::from_secs(3600)), &text("lake", 40))
}

fn seen(article: Article) -> Arrival {
    Arrival::Seen { article: Box::new(article) }
}

/// A dead letter of article `n` as it lies in its queue, after `replays` replays.
fn dead(n: u32, replays: u32) -> Envelope {
    // The same article has the same time, so that it is the same message.
    let mut story = story(n);
    story.observed_at = Timestamp::from_secs(Timestamp::now().secs() / 86_400 * 86_400 - 60);
    let outgoing = Outgoing::new(&seen(story));
    let mut envelope = Envelope::from(outgoing);
    envelope.queue = QueueName::Dead(Belt::Articles);
    envelope.attempt = 8;
    envelope.replays = replays;
    envelope.death = Some(Death {
        reason: "charset".to_owned(),
        stage: "deduplicator".to_owned(),
        detail: "first cause: second cause".to_owned(),
        at: Timestamp::now(),
        release: "0.1.0".to_owned(),
        origin: "articles".to_owned(),
    });
    envelope
}

fn options() -> Options {
    Options { rate: Some(10_000.0), wait: Duration::from_secs(10), ..Options::default() }
}

fn new_story(article: &Article) -> Verdict {
    Verdict::new_story(&article.id)
}

/// Everything `queue` holds ready, taken.
async fn drain(queue: &Queue, name: QueueName, n: usize) -> Vec<Envelope> {
    let mut consumer = queue.consume(name, 64).await.unwrap();
    let mut taken = Vec::new();
    while taken.len() < n {
        let delivery = tokio::time::timeout(Duration::from_secs(10), consumer.next()).await.unwrap().unwrap();
        taken.push(delivery.envelope.clone());
        delivery.ack().await.unwrap();
    }
    consumer.stop().await;
    taken
}

const LATER: QueueName = QueueName::Belt(Belt::Articles, Lane::Later);
