//! The queue under a seeded storm: a real broker killed, frozen, out of memory, its connections closed; worker
//! processes killed with messages in hand, on RabbitMQ and embedded. A house in small runs in those processes:
//! feeds whose entries become jobs, products and notices; what arrives is compared with what was listed, name
//! by name.
//!
//! One seed in every test run. `WIREROOM_CHAOS_SEEDS=10` runs ten, `WIREROOM_CHAOS_SEED=7` one,
//! `WIREROOM_CHAOS_FEEDS=250` makes them larger (twenty entries each).

use crate::contract_queue_support::{Job, Product, product, settings};
use crate::contract_queue_support::{On, until};
use article::Timestamp;
use harness::RabbitMq;
use queue::{
    Belt, Defect, Delivery, Done, Envelope, Handler, Message, MessageId, Outcome, Outgoing, Queue, QueueName,
    QueueSettings, RetryReason, Stage, Then, ThenError, Worker,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
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

/// What is known of entries, one file each: what a store is to a stage, and as durable as a test needs.
#[derive(Clone)]
struct Marks(PathBuf);

impl Marks {
    fn new(folder: &Path, name: &str) -> Self {
        let path = folder.join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn holds(&self, entry: u32) -> bool {
        self.0.join(entry.to_string()).exists()
    }

    fn add(&self, entry: u32) -> Result<(), ThenError> {
        std::fs::write(self.0.join(entry.to_string()), b"").map_err(|e| ThenError(e.to_string()))
    }

    fn all(&self) -> BTreeSet<u32> {
        let files = std::fs::read_dir(&self.0).unwrap();
        files.filter_map(|f| f.ok()?.file_name().to_str()?.parse().ok()).collect()
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

struct Poller(Marks);

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

struct Courier(Marks);

impl Handler for Courier {
    const STAGE: Stage = Stage::Courier;
    type Message = Arrived;

    async fn handle(&self, arrived: &Arrived, _: &Delivery) -> Outcome {
        match self.0.add(arrived.number) {
            Ok(()) => Outcome::passed(),
            Err(why) => Outcome::retry(RetryReason::Conflict, why),
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
    let (Ok(url), Ok(folder)) = (std::env::var("WIREROOM_CHAOS_URL"), std::env::var("WIREROOM_CHAOS_FOLDER")) else {
        return;
    };
    let folder = Path::new(&folder);
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
        for belt in [Belt::Feeds, Belt::Articles, Belt::Stories, Belt::Notices] {
            tokio::spawn(replay(queue.clone(), belt));
        }
        tokio::join!(
            serve(&queue, Poller(Marks::new(folder, "seen")), defect),
            serve(&queue, Middle, defect),
            serve(&queue, Last, defect),
            serve(&queue, Courier(Marks::new(folder, "arrived")), defect),
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
    fn start(url: &str, folder: &Path) -> Self {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["a_worker_process", "--test-threads=1", "--quiet"])
            .env("WIREROOM_CHAOS_URL", url)
            .env("WIREROOM_CHAOS_FOLDER", folder)
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

    fn schedule(&mut self, on: On) -> Vec<(Duration, Fault)> {
        use Fault::*;
        let mut faults = match on {
            On::Embedded => vec![WorkerKilled; 9],
            On::RabbitMq => {
                vec![
                    BrokerKilled,
                    BrokerFrozen,
                    MemoryAlarm,
                    ConnectionsClosed,
                    WorkerKilled,
                    WorkerKilled,
                    WorkerKilled,
                ]
            }
        };
        for i in (1..faults.len()).rev() {
            faults.swap(i, self.draw(i + 1));
        }
        faults.into_iter().map(|fault| (Duration::from_millis(50 + self.draw(200) as u64), fault)).collect()
    }
}

/// What a seed went through.
#[derive(Default, Debug)]
struct Report {
    faults: BTreeMap<Fault, u32>,
    /// For each fault, entries that had been listed and had not arrived when it struck.
    under_way: Vec<u32>,
}

async fn storm(on: On, broker: Option<&RabbitMq>, seed: u64, feeds: u32) -> Result<Report, String> {
    let folder = tempfile::tempdir().unwrap();
    let url = match broker {
        Some(broker) => broker.vhost(),
        None => format!("sqlite:{}", folder.path().join("queue.db").display()),
    };
    let (seen, arrived) = (Marks::new(folder.path(), "seen"), Marks::new(folder.path(), "arrived"));
    let queue = Queue::open_to_publish(&storm_settings(url.clone()), Health::new()).await.unwrap();
    let listed = Arc::new(AtomicU32::new(0));
    let polling = tokio::spawn(poll(queue.clone(), seen, listed.clone()));
    let processes = if on == On::Embedded { 1 } else { WORKERS };
    let mut workers: Vec<Process> = (0..processes).map(|_| Process::start(&url, folder.path())).collect();
    let mut report = Report::default();
    let mut storm = Storm(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let faults = storm.schedule(on);
    let share = feeds.div_ceil(u32::try_from(faults.len()).unwrap());
    for (pause, fault) in faults {
        // News comes in as long as the storm lasts, and each fault finds some of it under way.
        let now = (listed.load(Ordering::SeqCst) + share).min(feeds);
        listed.store(now, Ordering::SeqCst);
        until("some of it was taken up", async || arrived.all().len() + 1 > (now * ENTRIES / 4) as usize).await;
        tokio::time::sleep(pause).await;
        report.under_way.push(now * ENTRIES - u32::try_from(arrived.all().len()).unwrap());
        *report.faults.entry(fault).or_default() += 1;
        let which = storm.draw(workers.len());
        match fault {
            // The dead one first: an embedded queue has one owner.
            Fault::WorkerKilled => {
                drop(workers.remove(which));
                workers.push(Process::start(&url, folder.path()));
            }
            fault => strike(fault, broker.unwrap(), &url).await,
        }
    }
    let expected: BTreeSet<u32> = (0..feeds * ENTRIES).collect();
    let verdict = all_arrive(&arrived, &expected).await;
    polling.abort();
    drop(workers);
    queue.close().await;
    verdict.map(|()| report)
}

async fn strike(fault: Fault, broker: &RabbitMq, url: &str) {
    match fault {
        Fault::WorkerKilled => {}
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
async fn poll(queue: Queue, seen: Marks, listed: Arc<AtomicU32>) {
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

/// Brings back what died, in the order that loses nothing: publish, confirm, ack.
async fn replay(queue: Queue, belt: Belt) {
    let mut dead = queue.consume(QueueName::Dead(belt), 10).await.unwrap();
    while let Some(letter) = dead.next().await {
        let revived: Envelope = letter.envelope.clone().revived(1, Timestamp::now());
        queue.publish(vec![revived]).await.unwrap();
        let _ = letter.ack().await;
    }
}

async fn all_arrive(arrived: &Marks, expected: &BTreeSet<u32>) -> Result<(), String> {
    let mut last = (0, Instant::now());
    loop {
        let names = arrived.all();
        let missing: Vec<u32> = expected.difference(&names).copied().collect();
        if missing.is_empty() {
            return Ok(());
        }
        if names.len() != last.0 {
            last = (names.len(), Instant::now());
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

async fn seeds(on: On, broker: Option<&RabbitMq>) {
    let seeds = match number("WIREROOM_CHAOS_SEED") {
        Some(seed) => seed..seed + 1,
        None => 1..1 + number("WIREROOM_CHAOS_SEEDS").unwrap_or(1),
    };
    let feeds = u32::try_from(number("WIREROOM_CHAOS_FEEDS").unwrap_or(50)).unwrap();
    for seed in seeds {
        let began = Instant::now();
        let report = storm(on, broker, seed, feeds).await;
        let Report { faults, under_way } =
            report.unwrap_or_else(|what| panic!("seed {seed}: {what}; repeat it: WIREROOM_CHAOS_SEED={seed}"));
        let (sent, took) = (feeds * ENTRIES, began.elapsed());
        eprintln!(
            "chaos, {on:?}, seed {seed}: {faults:?} struck {under_way:?} messages under way; {sent} sent, lost 0, \
             doubled 0 (by name); {took:.0?}"
        );
        assert!(under_way.iter().sum::<u32>() > 0, "seed {seed}: no fault struck with messages under way");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_loses_nothing() {
    let broker = tokio::task::spawn_blocking(|| RabbitMq::start().unwrap_or_else(|e| panic!("{e}"))).await.unwrap();
    seeds(On::RabbitMq, Some(&broker)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_killed_again_and_again_loses_nothing() {
    seeds(On::Embedded, None).await;
}
