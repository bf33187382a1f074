//! Workers of one process, over the embedded queue, that need each other: for room and for quiet.

use crate::testing::{Ticket, eventually, ticket};
use crate::{
    Belt, Delivery, Envelope, Handler, Lane, Message, MessageId, Outcome, Outgoing, Queue, QueueName, QueueSettings,
    Rung, Stage, Worker,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use telemetry::Health;
use tempfile::TempDir;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// A message of the stories belt.
#[derive(Clone, Serialize, Deserialize)]
struct Stub {
    number: u32,
}

impl Message for Stub {
    const BELT: Belt = Belt::Stories;
    const KIND: &'static str = "stub";
    const SCHEMA: u16 = 1;

    fn message_id(&self) -> MessageId {
        MessageId(format!("stub-{}", self.number))
    }
}

/// Makes a stub of each ticket, when it is told to.
#[derive(Default)]
struct Tears {
    began: Notify,
    go_on: Notify,
}

impl Handler for Tears {
    const STAGE: Stage = Stage::Deduplicator;
    type Message = Ticket;

    async fn handle(&self, ticket: &Ticket, _: &Delivery) -> Outcome {
        self.began.notify_one();
        self.go_on.notified().await;
        // Asked again it does not wait again.
        self.go_on.notify_one();
        Outcome::publish(vec![Outgoing::new(&Stub { number: ticket.number })])
    }
}

/// Keeps stubs.
#[derive(Default)]
struct Keeps(Mutex<BTreeSet<u32>>);

impl Keeps {
    fn has(&self, numbers: &[u32]) -> bool {
        *self.0.lock().unwrap() == numbers.iter().copied().collect()
    }
}

impl Handler for Keeps {
    const STAGE: Stage = Stage::Publisher;
    type Message = Stub;

    async fn handle(&self, stub: &Stub, _: &Delivery) -> Outcome {
        self.0.lock().unwrap().insert(stub.number);
        Outcome::passed()
    }
}

/// Two stages of one process; the belt between them holds two messages.
struct Process {
    queue: Queue,
    tears: Arc<Tears>,
    keeps: Arc<Keeps>,
    stop: CancellationToken,
    _dir: TempDir,
}

impl Process {
    async fn start(rung: Duration) -> Self {
        let dir = TempDir::new().unwrap();
        let settings = QueueSettings {
            url: format!("sqlite:{}", dir.path().join("queue.db").display()),
            belt_max_messages: 2,
            ladder: vec![Rung::of(rung)],
            lone_every_ms: 10,
            drain_secs: 1,
            ..QueueSettings::default()
        };
        let queue = Queue::open(&settings, Health::new()).await.unwrap();
        let (tears, keeps, stop) = (Arc::default(), Arc::default(), CancellationToken::new());
        Self { queue, tears, keeps, stop, _dir: dir }
    }

    fn run<H: Handler>(&self, handler: Arc<H>) -> JoinHandle<()> {
        let worker = Worker::new(self.queue.clone(), handler, self.queue.settings().worker(H::STAGE), None);
        let stop = self.stop.clone();
        tokio::spawn(async move { worker.run(stop).await.unwrap() })
    }

    async fn put<M: Message>(&self, lane: Lane, message: &M) {
        let envelope: Envelope = Outgoing::new(message).into();
        let envelope = Envelope { queue: QueueName::Belt(M::BELT, lane), ..envelope };
        self.queue.shared.backend.publish(&[envelope]).await.unwrap();
    }

    /// The ticket is in its handler's hands, and then the belt behind it fills up.
    async fn fill(&self) {
        self.tears.began.notified().await;
        self.put(Lane::Main, &Stub { number: 11 }).await;
        self.put(Lane::Main, &Stub { number: 12 }).await;
        self.tears.go_on.notify_one();
    }

    async fn end(self, workers: Vec<JoinHandle<()>>) {
        self.stop.cancel();
        for worker in workers {
            timeout(Duration::from_secs(10), worker).await.expect("a worker ends when told to").unwrap();
        }
    }
}

#[tokio::test]
async fn deaths_are_counted_from_none_before_the_first() {
    let process = Process::start(Duration::from_millis(50)).await;
    let keeping = process.run(process.keeps.clone());
    for reason in crate::DeadReason::ALL {
        let series = format!(r#"outcome="dead",reason="{}",stage="publisher""#, reason.as_str());
        assert!(telemetry::render().contains(&series), "{series}");
    }
    process.end(vec![keeping]).await;
}

#[tokio::test]
async fn who_waits_for_room_gives_way_to_whoever_waits_for_quiet_and_would_make_the_room() {
    let process = Process::start(Duration::from_millis(50)).await;
    process.put(Lane::Main, &ticket(1)).await;
    let tearing = process.run(process.tears.clone());
    process.put(Lane::Lone, &Stub { number: 13 }).await;
    process.fill().await;
    let keeping = process.run(process.keeps.clone());
    eventually("all stubs are kept", || process.keeps.has(&[1, 11, 12, 13])).await;
    process.end(vec![tearing, keeping]).await;
}

#[tokio::test]
async fn a_message_that_is_alone_does_not_wait_for_room_that_only_others_can_make() {
    let process = Process::start(Duration::from_millis(50)).await;
    process.put(Lane::Lone, &ticket(1)).await;
    let tearing = process.run(process.tears.clone());
    process.fill().await;
    let keeping = process.run(process.keeps.clone());
    eventually("all stubs are kept", || process.keeps.has(&[1, 11, 12])).await;
    process.end(vec![tearing, keeping]).await;
}

#[tokio::test]
async fn a_stop_while_a_message_is_alone_in_hand_hands_it_on_when_drain_time_is_over() {
    let process = Process::start(Duration::from_secs(3600)).await;
    process.put(Lane::Lone, &ticket(1)).await;
    let tearing = process.run(process.tears.clone());
    process.tears.began.notified().await;
    let queue = process.queue.clone();
    process.end(vec![tearing]).await;
    let rung = QueueName::Retry(Belt::Articles, Rung::of(Duration::from_secs(3600)));
    let depths = queue.shared.backend.depths(&[rung, QueueName::Belt(Belt::Articles, Lane::Lone)]).await.unwrap();
    assert_eq!((depths[0].ready, depths[1].ready), (1, 0));
}
