//! The queue under a seeded storm: a real broker killed, frozen, out of memory, its connections closed; worker
//! processes killed with messages in hand. A house in small runs meanwhile: feeds whose entries become jobs,
//! products and notices; what arrives is compared with what was listed, name by name.
//!
//! One seed in every test run. `WIREROOM_CHAOS_SEEDS=10` runs ten, `WIREROOM_CHAOS_SEED=7` one,
//! `WIREROOM_CHAOS_FEEDS=250` makes them larger (twenty entries each).

use crate::contract_queue_support::{Job, Product, product, settings};
use crate::contract_queue_support::{On, until};
use article::Timestamp;
use harness::RabbitMq;
use queue::{
    Belt, Defect, Delivery, Done, Envelope, Handler, Lane, Message, MessageId, Outcome, Outgoing, Queue, QueueName,
    QueueSettings, RetryReason, Stage, Then, ThenError, Worker,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use telemetry::Health;
use tokio_util::sync::CancellationToken;

const ENTRIES: u32 = 20;
const WORKERS: usize = 2;

/// Poll a feed in small.
#[derive(Serialize, Deserialize)]
struct Look {
    feed: u32,
    round: u32,
}

impl Message for Look {
    const BELT: Belt = Belt::Feeds;
    const KIND: &'static str = "look";
    const SCHEMA: u16 = 1;

    fn message_id(&self) -> MessageId {
        MessageId(format!("look-{}-{}", self.feed, self.round))
    }
}

/// The end of the way.
#[derive(Serialize, Deserialize)]
struct Arrived {
    number: u32,
}

impl Message for Arrived {
    const BELT: Belt = Belt::Notices;
    const KIND: &'static str = "arrived";
    const SCHEMA: u16 = 1;

    fn message_id(&self) -> MessageId {
        MessageId(format!("arrived-{}", self.number))
    }
}

/// Entries seen, one file each: what a store is to a poller, and as durable as a test needs.
#[derive(Clone)]
struct Seen(PathBuf);

impl Seen {
    fn holds(&self, entry: u32) -> bool {
        self.0.join(entry.to_string()).exists()
    }

    fn add(&self, entry: u32) -> Result<(), ThenError> {
        std::fs::write(self.0.join(entry.to_string()), b"").map_err(|e| ThenError(e.to_string()))
    }
}

/// Some handlings fail, some panic, a few hang.
async fn mischance() -> Option<Outcome> {
    tokio::time::sleep(Duration::from_millis(u64::from(dice(20)))).await;
    match dice(1000) {
        0..30 => Some(Outcome::retry(RetryReason::CutOff, "cut")),
        30..40 => Some(Outcome::retry(RetryReason::HostBusy, "busy")),
        40..45 => panic!("a mistake of ours"),
        45..47 => std::future::pending().await,
        _ => None,
    }
}

/// Not from the seed: in a worker process that is killed at any moment nothing could repeat it.
fn dice(sides: u32) -> u32 {
    use std::hash::{BuildHasher, RandomState};
    u32::try_from(RandomState::new().hash_one(()) % u64::from(sides)).unwrap()
}

struct Poller(Seen);

impl Handler for Poller {
    const STAGE: Stage = Stage::Poller;
    type Message = Look;

    async fn handle(&self, look: &Look, _: &Delivery) -> Outcome {
        if let Some(outcome) = mischance().await {
            return outcome;
        }
        let listed = (0..ENTRIES).map(|n| look.feed * ENTRIES + n);
        let new: Vec<u32> = listed.filter(|entry| !self.0.holds(*entry)).collect();
        let publish = new.iter().map(|number| Outgoing::new(&Job { number: *number })).collect();
        let seen = self.0.clone();
        let then = Then::new(move || async move { new.into_iter().try_for_each(|entry| seen.add(entry)) });
        Outcome::Done(Done { publish, then: Some(then), note: String::new() })
    }
}

struct Middle;

impl Handler for Middle {
    const STAGE: Stage = Stage::Deduplicator;
    type Message = Job;

    async fn handle(&self, job: &Job, _: &Delivery) -> Outcome {
        match mischance().await {
            Some(outcome) => outcome,
            None => Outcome::publish(vec![product(job.number)]),
        }
    }
}

struct Last;

impl Handler for Last {
    const STAGE: Stage = Stage::Publisher;
    type Message = Product;

    async fn handle(&self, product: &Product, _: &Delivery) -> Outcome {
        match mischance().await {
            Some(outcome) => outcome,
            None => Outcome::publish(vec![Outgoing::new(&Arrived { number: product.number })]),
        }
    }
}

fn storm_settings(url: String) -> QueueSettings {
    let (settings, _folder) = settings(On::Embedded);
    QueueSettings { url, heartbeat_secs: 2, confirm_timeout_secs: 4, prefetch: 32, ..settings }
}

/// A worker process: this binary, running only this. Without its orders it is no test.
#[test]
fn a_worker_process() {
    let (Ok(url), Ok(seen)) = (std::env::var("WIREROOM_CHAOS_URL"), std::env::var("WIREROOM_CHAOS_SEEN")) else {
        return;
    };
    let defect = match std::env::var("WIREROOM_CHAOS_DEFECT").as_deref() {
        Ok("ack_before_confirm") => Some(Defect::AckBeforeConfirm),
        Ok("confirms_not_awaited") => Some(Defect::ConfirmsNotAwaited),
        Ok("then_before_confirm") => Some(Defect::ThenBeforeConfirm),
        _ => None,
    };
    std::panic::set_hook(Box::new(|_| {}));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let queue = Queue::open(&storm_settings(url), Health::new()).await.unwrap();
        tokio::join!(
            serve(&queue, Poller(Seen(seen.into())), defect),
            serve(&queue, Middle, defect),
            serve(&queue, Last, defect),
        );
    });
}

async fn serve<H: Handler>(queue: &Queue, handler: H, defect: Option<Defect>) {
    let mut settings = queue.settings().worker(H::STAGE);
    settings.defect = defect;
    let worker = Worker::new(queue.clone(), handler, settings, None);
    worker.run(CancellationToken::new()).await.unwrap();
}

/// Kills its process when dropped, so that a failing test leaves none behind.
struct Process(Child);

impl Process {
    fn start(url: &str, seen: &Path) -> Self {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["a_worker_process", "--test-threads=1", "--quiet"])
            .env("WIREROOM_CHAOS_URL", url)
            .env("WIREROOM_CHAOS_SEEN", seen)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Self(child.unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Fault {
    WorkerKilled,
    BrokerKilled,
    BrokerFrozen,
    MemoryAlarm,
    ConnectionsClosed,
}

/// The storm of a seed: every kind of fault at least once, in an order and at moments that follow from it.
struct Storm(u64);

impl Storm {
    fn draw(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(sides).unwrap()).unwrap()
    }

    fn schedule(&mut self) -> Vec<(Duration, Fault)> {
        use Fault::*;
        let mut faults = vec![BrokerKilled, BrokerFrozen, MemoryAlarm, ConnectionsClosed, WorkerKilled, WorkerKilled];
        faults.extend((0..3).map(|_| [WorkerKilled, ConnectionsClosed][self.draw(2)]));
        for i in (1..faults.len()).rev() {
            faults.swap(i, self.draw(i + 1));
        }
        faults.into_iter().map(|fault| (Duration::from_millis(100 + self.draw(600) as u64), fault)).collect()
    }
}

/// What a seed went through.
#[derive(Default, Debug)]
struct Report {
    faults: BTreeMap<Fault, u32>,
    /// For each fault, entries that had been listed and had not arrived when it struck.
    under_way: Vec<u32>,
    arrivals: u64,
    dead_and_replayed: u64,
}

/// What has arrived so far.
#[derive(Default)]
struct Arrivals {
    names: BTreeSet<u32>,
    count: u64,
    replayed: u64,
}

async fn storm(broker: &RabbitMq, seed: u64, feeds: u32) -> Result<Report, String> {
    let url = broker.vhost();
    let folder = tempfile::tempdir().unwrap();
    let queue = Queue::open(&storm_settings(url.clone()), Health::new()).await.unwrap();
    let arrivals = Arc::new(Mutex::new(Arrivals::default()));
    let listed = Arc::new(AtomicU32::new(0));
    let watching = [
        tokio::spawn(arrive(queue.clone(), arrivals.clone())),
        tokio::spawn(replay(queue.clone(), Belt::Feeds, arrivals.clone())),
        tokio::spawn(replay(queue.clone(), Belt::Articles, arrivals.clone())),
        tokio::spawn(replay(queue.clone(), Belt::Stories, arrivals.clone())),
        tokio::spawn(poll(queue.clone(), Seen(folder.path().to_owned()), listed.clone())),
    ];
    let mut workers: Vec<Process> = (0..WORKERS).map(|_| Process::start(&url, folder.path())).collect();
    let mut report = Report::default();
    let mut storm = Storm(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let faults = storm.schedule();
    let share = feeds.div_ceil(u32::try_from(faults.len()).unwrap());
    for (pause, fault) in faults {
        // News comes in as long as the storm lasts, and each fault finds some of it under way.
        let now = (listed.load(Ordering::SeqCst) + share).min(feeds);
        listed.store(now, Ordering::SeqCst);
        tokio::time::sleep(pause).await;
        let arrived = u32::try_from(arrivals.lock().unwrap().names.len()).unwrap();
        report.under_way.push(now * ENTRIES - arrived);
        *report.faults.entry(fault).or_default() += 1;
        strike(fault, broker, &url, folder.path(), &mut workers, storm.draw(WORKERS)).await;
    }
    let expected: BTreeSet<u32> = (0..feeds * ENTRIES).collect();
    let verdict = all_arrive(&arrivals, &expected).await;
    watching.iter().for_each(tokio::task::JoinHandle::abort);
    drop(workers);
    queue.close().await;
    let arrivals = arrivals.lock().unwrap();
    (report.arrivals, report.dead_and_replayed) = (arrivals.count, arrivals.replayed);
    verdict.map(|()| report)
}

async fn strike(fault: Fault, broker: &RabbitMq, url: &str, seen: &Path, workers: &mut [Process], which: usize) {
    match fault {
        Fault::WorkerKilled => workers[which] = Process::start(url, seen),
        Fault::BrokerKilled => {
            broker.kill();
            broker.restart().unwrap();
        }
        Fault::BrokerFrozen => {
            broker.freeze();
            tokio::time::sleep(Duration::from_secs(6)).await; // past the heartbeats
            broker.thaw();
        }
        Fault::MemoryAlarm => {
            broker.ctl(&["set_vm_memory_high_watermark", "absolute", "1MB"]).unwrap();
            tokio::time::sleep(Duration::from_secs(2)).await;
            broker.ctl(&["set_vm_memory_high_watermark", "0.4"]).unwrap();
        }
        Fault::ConnectionsClosed => {
            let vhost = url.rsplit('/').next().unwrap();
            broker.ctl(&["close_all_connections", "--vhost", vhost, "storm"]).unwrap();
        }
    }
}

/// Polls every listed feed, and again after a while until all its entries are seen.
async fn poll(queue: Queue, seen: Seen, listed: Arc<AtomicU32>) {
    let mut polled: Vec<(Instant, u32)> = Vec::new();
    loop {
        for feed in 0..listed.load(Ordering::SeqCst) {
            let due = match polled.get(feed as usize) {
                None => true,
                Some((at, _)) => {
                    at.elapsed() > Duration::from_secs(3) && (0..ENTRIES).any(|n| !seen.holds(feed * ENTRIES + n))
                }
            };
            if due {
                let round = polled.get(feed as usize).map_or(0, |(_, round)| round + 1);
                polled.resize(polled.len().max(feed as usize + 1), (Instant::now(), 0));
                polled[feed as usize] = (Instant::now(), round);
                queue.publish(vec![Outgoing::new(&Look { feed, round })]).await.unwrap();
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn arrive(queue: Queue, arrivals: Arc<Mutex<Arrivals>>) {
    let mut consumer = queue.consume(QueueName::Belt(Belt::Notices, Lane::Main), 100).await.unwrap();
    while let Some(delivery) = consumer.next().await {
        let arrived: Arrived = serde_json::from_slice(&delivery.envelope.body).unwrap();
        {
            let mut arrivals = arrivals.lock().unwrap();
            arrivals.names.insert(arrived.number);
            arrivals.count += 1;
        }
        let _ = delivery.ack().await;
    }
}

/// Brings back what died, in the order that loses nothing: publish, confirm, ack.
async fn replay(queue: Queue, belt: Belt, arrivals: Arc<Mutex<Arrivals>>) {
    let mut dead = queue.consume(QueueName::Dead(belt), 10).await.unwrap();
    while let Some(letter) = dead.next().await {
        let revived: Envelope = letter.envelope.clone().revived(1, Timestamp::now());
        queue.publish(vec![revived]).await.unwrap();
        arrivals.lock().unwrap().replayed += 1;
        let _ = letter.ack().await;
    }
}

async fn all_arrive(arrivals: &Mutex<Arrivals>, expected: &BTreeSet<u32>) -> Result<(), String> {
    let mut last = (0, Instant::now());
    loop {
        let (missing, count): (Vec<u32>, u64) = {
            let arrivals = arrivals.lock().unwrap();
            (expected.difference(&arrivals.names).copied().collect(), arrivals.count)
        };
        if missing.is_empty() {
            return Ok(());
        }
        if count != last.0 {
            last = (count, Instant::now());
        }
        // Longer than any lap, any time-out and any reconnection of these settings.
        if last.1.elapsed() > Duration::from_secs(40) {
            return Err(format!("lost {}: {:?}", missing.len(), &missing[..missing.len().min(20)]));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_loses_nothing() {
    if std::env::var("WIREROOM_CHAOS_URL").is_ok() {
        return;
    }
    let seeds = match number("WIREROOM_CHAOS_SEED") {
        Some(seed) => seed..seed + 1,
        None => 1..1 + number("WIREROOM_CHAOS_SEEDS").unwrap_or(1),
    };
    let feeds = u32::try_from(number("WIREROOM_CHAOS_FEEDS").unwrap_or(50)).unwrap();
    let broker = tokio::task::spawn_blocking(|| RabbitMq::start().unwrap_or_else(|e| panic!("{e}"))).await.unwrap();
    for seed in seeds {
        let began = Instant::now();
        let report = storm(&broker, seed, feeds).await;
        let report = report.unwrap_or_else(|what| panic!("seed {seed}: {what}; repeat it: WIREROOM_CHAOS_SEED={seed}"));
        let sent = feeds * ENTRIES;
        eprintln!(
            "chaos seed {seed}: {:?}, striking {:?} messages under way; {sent} sent, {} arrivals, {} dead and \
             replayed; lost 0, doubled 0 (by name); {:.0?}",
            report.faults,
            report.under_way,
            report.arrivals,
            report.dead_and_replayed,
            began.elapsed()
        );
        assert!(report.under_way.iter().all(|n| *n > 0), "seed {seed}: a fault struck with nothing under way");
    }
    until("the broker answers to the end", async || broker.ctl(&["status"]).is_ok()).await;
}
