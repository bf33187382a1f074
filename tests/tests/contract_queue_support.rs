//! What the queue's tests share: toy messages, toy handlers, two backends, and waiting for conditions.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use queue::{
    Belt, Chronicle, Decision, Delivery, Envelope, Handler, Lane, Message, MessageId, Outcome, Outgoing, Queue,
    QueueName, QueueSettings, Rung, Stage, Worker, WorkerSettings,
};
use serde::{Deserialize, Serialize};
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use telemetry::Health;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Which backend a test runs on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum On {
    Embedded,
    RabbitMq,
}

/// Each test of the contract, on both.
macro_rules! contract {
    ($($name:ident,)+) => {
        $(mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn embedded() {
                super::$name(super::On::Embedded).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn rabbitmq() {
                super::$name(super::On::RabbitMq).await;
            }
        })+
    };
}
pub(crate) use contract;

/// A queue of its own for each test: a file, or a vhost of the run's broker. The folder lives as long as
/// the test.
pub(crate) fn settings(on: On) -> (QueueSettings, tempfile::TempDir) {
    // What a failing test did: WIREROOM_TEST_LOG=queue=debug.
    if let Ok(filter) = std::env::var("WIREROOM_TEST_LOG") {
        telemetry::init_logs(&telemetry::LogSettings { filter, ..Default::default() }).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let url = match on {
        On::Embedded => format!("sqlite:{}", folder.path().join("queue.db").display()),
        On::RabbitMq => harness::rabbitmq().vhost(),
    };
    let settings = QueueSettings {
        url,
        ladder: vec![Rung::of(Duration::from_millis(200)), Rung::of(Duration::from_millis(600))],
        lone_every_ms: 100,
        handler_timeout_secs: 2,
        drain_secs: 1,
        reconnect_min_ms: 50,
        reconnect_max_ms: 500,
        ..QueueSettings::default()
    };
    (settings, folder)
}

pub(crate) async fn open(settings: &QueueSettings) -> Queue {
    Queue::open(settings, Health::new()).await.unwrap()
}

/// In: the articles belt.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) number: u32,
}

impl Message for Job {
    const BELT: Belt = Belt::Articles;
    const KIND: &'static str = "job";
    const SCHEMA: u16 = 2;

    fn message_id(&self) -> MessageId {
        MessageId(format!("job-{}", self.number))
    }

    fn host(&self) -> Option<String> {
        Some("news.example".to_owned())
    }

    fn url(&self) -> Option<String> {
        Some(format!("https://news.example/{}", self.number))
    }
}

/// Out: the stories belt.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Product {
    pub(crate) number: u32,
    #[serde(default)]
    pub(crate) filling: String,
}

impl Message for Product {
    const BELT: Belt = Belt::Stories;
    const KIND: &'static str = "product";
    const SCHEMA: u16 = 1;

    fn message_id(&self) -> MessageId {
        MessageId(format!("product-{}", self.number))
    }
}

pub(crate) fn product(number: u32) -> Outgoing {
    Outgoing::new(&Product { number, filling: String::new() })
}

pub(crate) fn jobs(numbers: impl IntoIterator<Item = u32>) -> Vec<Outgoing> {
    numbers.into_iter().map(|number| Outgoing::new(&Job { number })).collect()
}

pub(crate) const OUT: QueueName = QueueName::Belt(Belt::Stories, Lane::Main);
pub(crate) const DEAD: QueueName = QueueName::Dead(Belt::Articles);

type Decide = Arc<dyn Fn(Job, Delivery) -> BoxFuture<'static, Outcome> + Send + Sync>;

/// A handler made of a closure; it writes down each delivery it was given.
#[derive(Clone)]
pub(crate) struct Toy {
    decide: Decide,
    pub(crate) seen: Arc<Mutex<Vec<(u32, Delivery)>>>,
    pub(crate) probe: Arc<Mutex<Result<(), String>>>,
}

impl Toy {
    pub(crate) fn new<F, Fut>(decide: F) -> Self
    where
        F: Fn(Job, Delivery) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Outcome> + Send + 'static,
    {
        let decide: Decide = Arc::new(move |job, delivery| decide(job, delivery).boxed());
        Self { decide, seen: Arc::default(), probe: Arc::new(Mutex::new(Ok(()))) }
    }

    pub(crate) fn seen(&self) -> Vec<(u32, Delivery)> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn numbers(&self) -> Vec<u32> {
        self.seen().into_iter().map(|(number, _)| number).collect()
    }
}

impl Handler for Toy {
    const STAGE: Stage = Stage::Deduplicator;
    type Message = Job;

    async fn handle(&self, message: &Job, delivery: &Delivery) -> Outcome {
        self.seen.lock().unwrap().push((message.number, delivery.clone()));
        (self.decide)(message.clone(), delivery.clone()).await
    }

    async fn probe(&self) -> Result<(), String> {
        self.probe.lock().unwrap().clone()
    }
}

/// Remembers decisions.
#[derive(Default)]
pub(crate) struct Diary(pub(crate) Mutex<Vec<Decision>>);

impl Chronicle for Diary {
    fn note(&self, decision: Decision) {
        self.0.lock().unwrap().push(decision);
    }
}

/// A worker that runs until stopped.
pub(crate) struct Running {
    stop: CancellationToken,
    task: JoinHandle<Result<(), queue::QueueError>>,
    pub(crate) diary: Arc<Diary>,
}

impl Running {
    /// As SIGTERM does.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        within("the worker stops", self.task).await.unwrap().unwrap();
    }

    /// Lets the task go without its doing anything more.
    pub(crate) async fn abort(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

pub(crate) fn work<H: Handler>(queue: &Queue, handler: H) -> Running {
    work_with(queue, handler, queue.settings().worker(H::STAGE))
}

pub(crate) fn work_with<H: Handler>(queue: &Queue, handler: H, settings: WorkerSettings) -> Running {
    let stop = CancellationToken::new();
    let diary = Arc::new(Diary::default());
    let worker = Worker::new(queue.clone(), handler, settings, Some(diary.clone()));
    Running { task: tokio::spawn(worker.run(stop.clone())), stop, diary }
}

/// Waits for a condition, for at most 30 seconds.
pub(crate) async fn until(what: &str, condition: impl AsyncFnMut() -> bool) {
    until_within(Duration::from_secs(30), what, condition).await;
}

/// Waits for what the broker does in its own time, for at most two minutes.
pub(crate) async fn until_at_length(what: &str, condition: impl AsyncFnMut() -> bool) {
    until_within(Duration::from_secs(120), what, condition).await;
}

async fn until_within(limit: Duration, what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let end = tokio::time::Instant::now() + limit;
    while !condition().await {
        assert!(tokio::time::Instant::now() < end, "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits for what must end by itself, for at most two minutes: a test that hangs says where.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    let ended = tokio::time::timeout(Duration::from_secs(120), future).await;
    ended.unwrap_or_else(|_| panic!("never: {what}"))
}

/// Takes `n` messages off a queue and acks them.
pub(crate) async fn take(queue: &Queue, from: QueueName, n: usize) -> Vec<Envelope> {
    let mut consumer = queue.consume(from, 100).await.unwrap();
    let mut taken = Vec::new();
    while taken.len() < n {
        let next = tokio::time::timeout(Duration::from_secs(30), consumer.next()).await;
        let delivery = next.unwrap_or_else(|_| panic!("{} of {n} came from {from}", taken.len())).unwrap();
        taken.push(delivery.envelope.clone());
        delivery.ack().await.unwrap();
    }
    consumer.stop().await;
    while let Some(more) = consumer.next().await {
        taken.push(more.envelope.clone());
        more.ack().await.unwrap();
    }
    taken
}

/// What waits in a queue.
pub(crate) async fn ready(queue: &Queue, name: QueueName) -> u64 {
    queue.depths().await.unwrap().into_iter().find(|d| d.queue == name).unwrap().ready
}

/// Nothing waits on belts and rungs of the articles, and nothing is in hand.
pub(crate) async fn empty(queue: &Queue) -> bool {
    let Ok(depths) = queue.depths().await else { return false };
    let of_articles = depths.iter().filter(|d| d.queue.belt() == Some(Belt::Articles) && d.queue != DEAD);
    of_articles.map(|d| d.ready + d.in_flight.unwrap_or(0)).sum::<u64>() == 0
}
