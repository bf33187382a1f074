//! A house in small, run by the storm's worker processes: feeds whose entries become jobs, products and notices. What
//! it knows is in files, which outlive every kill. Each of its handlers follows the contract, and can be told to break
//! it, so that the storm can show that it would see it.

use crate::contract_queue_support::{Job, On, Product, settings};
use article::Timestamp;
use queue::{
    Belt, DeadReason, Defect, Delivery, Done, Envelope, Handler, Message, MessageId, Outcome, Outgoing, Queue,
    QueueName, QueueSettings, RetryReason, Stage, Then, ThenError, Worker,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use telemetry::Health;
use tokio_util::sync::CancellationToken;

/// Entries of a feed.
pub(crate) const ENTRIES: u32 = 20;

/// A mistake made on purpose by the worker processes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Plant {
    /// In the worker.
    Worker(Defect),
    /// A claim on a text does not say whose it is: a redelivery takes its own claim for another's.
    NamelessClaim,
    /// A dead letter counts as replayed before the replay is confirmed.
    MarkedBeforeConfirm,
    /// A notice's name is drawn, not derived: a second run causes a second one.
    NamesDrawn,
}

impl Plant {
    /// Each with its name, as the process's environment says it.
    pub(crate) const ALL: [(&str, Plant); 6] = [
        ("ack_before_confirm", Plant::Worker(Defect::AckBeforeConfirm)),
        ("confirms_not_awaited", Plant::Worker(Defect::ConfirmsNotAwaited)),
        ("entry_seen_before_its_page_is_confirmed", Plant::Worker(Defect::ThenBeforeConfirm)),
        ("a_claim_that_does_not_name_its_article", Plant::NamelessClaim),
        ("replay_marked_before_its_confirm", Plant::MarkedBeforeConfirm),
        ("names_drawn", Plant::NamesDrawn),
    ];
}

/// Poll a feed in small.
#[derive(Serialize, Deserialize)]
pub(crate) struct Look {
    pub(crate) feed: u32,
    pub(crate) round: u32,
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
    /// The entry that had its text first.
    story: u32,
    name: String,
}

impl Message for Arrived {
    const BELT: Belt = Belt::Notices;
    const KIND: &'static str = "arrived";
    const SCHEMA: u16 = 1;

    fn message_id(&self) -> MessageId {
        MessageId(self.name.clone())
    }
}

/// The last five entries of every feed carry a text that all feeds have.
pub(crate) fn text_of(entry: u32) -> u32 {
    if entry % ENTRIES >= ENTRIES - 5 { entry % ENTRIES } else { entry }
}

/// What is known, a file each, in folders: what a store is to a stage, and as durable as a test needs.
#[derive(Clone)]
pub(crate) struct Files(PathBuf);

impl Files {
    pub(crate) fn new(folder: &Path) -> Self {
        for name in ["seen", "claims", "arrived", "again", "ledger", "replayed", "making"] {
            std::fs::create_dir_all(folder.join(name)).unwrap();
        }
        Self(folder.to_owned())
    }

    pub(crate) fn has_seen(&self, entry: u32) -> bool {
        self.0.join("seen").join(entry.to_string()).exists()
    }

    fn see(&self, entry: u32) -> Result<(), ThenError> {
        std::fs::write(self.0.join("seen").join(entry.to_string()), b"").map_err(|e| ThenError(e.to_string()))
    }

    /// Makes a file whole or not at all, once; whether it was this time.
    fn make(&self, kind: &str, name: &str, body: &[u8]) -> std::io::Result<bool> {
        let draft = self.0.join("making").join(harness::unique("draft"));
        std::fs::write(&draft, body)?;
        let made = match std::fs::hard_link(&draft, self.0.join(kind).join(name)) {
            Ok(()) => Ok(true),
            Err(why) if why.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
            Err(why) => Err(why),
        };
        std::fs::remove_file(draft)?;
        made
    }

    /// Who has this text; whoever asks first, from now on.
    fn claim(&self, text: u32, entry: u32) -> std::io::Result<(bool, u32)> {
        let made = self.make("claims", &text.to_string(), entry.to_string().as_bytes())?;
        let owner = std::fs::read_to_string(self.0.join("claims").join(text.to_string()))?;
        Ok((made, owner.parse().unwrap_or(u32::MAX)))
    }

    /// The effect: recorded under the notice's name, once. A second time is noted too.
    fn arrive(&self, arrived: &Arrived) -> std::io::Result<()> {
        let record = format!("{}.{}.{}", arrived.number, arrived.story, arrived.name);
        if !self.make("arrived", &record, b"")? {
            self.make("again", &harness::unique("a"), b"")?;
        }
        Ok(())
    }

    fn names(&self, kind: &str) -> Vec<String> {
        let files = std::fs::read_dir(self.0.join(kind)).unwrap();
        files.filter_map(|f| f.ok()?.file_name().into_string().ok()).collect()
    }

    /// Every record made: entry and story.
    pub(crate) fn arrivals(&self) -> Vec<(u32, u32)> {
        let read = |name: String| {
            let mut parts = name.split('.').map(str::parse);
            Some((parts.next()?.ok()?, parts.next()?.ok()?))
        };
        self.names("arrived").into_iter().filter_map(read).collect()
    }

    /// Entries that arrived.
    pub(crate) fn arrived(&self) -> BTreeSet<u32> {
        self.arrivals().into_iter().map(|(entry, _)| entry).collect()
    }

    /// Notices that came again and were known by their names.
    pub(crate) fn recognised(&self) -> usize {
        self.names("again").len()
    }

    /// Dead letters that wait for their replay.
    pub(crate) fn unreplayed(&self) -> usize {
        self.names("ledger").len()
    }

    /// Dead letters that were replayed.
    pub(crate) fn replayed(&self) -> usize {
        self.names("replayed").len()
    }

    fn mark(&self, letter: &str) {
        // Another process may have been first.
        let _ = std::fs::rename(self.0.join("ledger").join(letter), self.0.join("replayed").join(letter));
    }
}

/// Some handlings fail, some panic, some hang, some are dead.
async fn mischance(slow: u32) -> Option<Outcome> {
    tokio::time::sleep(Duration::from_millis(u64::from(dice(slow)))).await;
    match dice(1000) {
        0..30 => Some(Outcome::retry(RetryReason::CutOff, "cut")),
        30..40 => Some(Outcome::retry(RetryReason::HostBusy, "busy")),
        40..45 => panic!("a mistake of ours"),
        45..47 => std::future::pending().await,
        47..67 => Some(Outcome::dead(DeadReason::Extraction, "unreadable")),
        _ => None,
    }
}

/// Not from the seed: in a worker process that is killed at any moment nothing could repeat it.
fn dice(sides: u32) -> u32 {
    use std::hash::{BuildHasher, RandomState};
    u32::try_from(RandomState::new().hash_one(()) % u64::from(sides)).unwrap()
}

/// Slower than the others, so that polls are in hand when something happens.
struct Poller(Files);

impl Handler for Poller {
    const STAGE: Stage = Stage::Poller;
    type Message = Look;

    async fn handle(&self, look: &Look, _: &Delivery) -> Outcome {
        if let Some(outcome) = mischance(500).await {
            return outcome;
        }
        let listed = (0..ENTRIES).map(|n| look.feed * ENTRIES + n);
        let new: Vec<u32> = listed.filter(|entry| !self.0.has_seen(*entry)).collect();
        let publish = new.iter().map(|number| Outgoing::new(&Job { number: *number })).collect();
        let files = self.0.clone();
        let then = Then::new(move || async move { new.into_iter().try_for_each(|entry| files.see(entry)) });
        Outcome::Done(Done { publish, then: Some(then), note: String::new() })
    }
}

struct Deduplicator(Files, Option<Plant>);

impl Handler for Deduplicator {
    const STAGE: Stage = Stage::Deduplicator;
    type Message = Job;

    async fn handle(&self, job: &Job, _: &Delivery) -> Outcome {
        let text = text_of(job.number);
        let (made, owner) = match self.0.claim(text, job.number) {
            Ok(claimed) => claimed,
            Err(why) => return Outcome::retry(RetryReason::Conflict, why),
        };
        if self.1 == Some(Plant::NamelessClaim) && !made && text == job.number {
            return Outcome::drop(queue::DropReason::Stale, "had it");
        }
        match mischance(20).await {
            Some(outcome) => outcome,
            None => Outcome::publish(vec![Outgoing::new(&Product { number: job.number, filling: owner.to_string() })]),
        }
    }
}

struct Publisher(Option<Plant>);

impl Handler for Publisher {
    const STAGE: Stage = Stage::Publisher;
    type Message = Product;

    async fn handle(&self, product: &Product, _: &Delivery) -> Outcome {
        if let Some(outcome) = mischance(20).await {
            return outcome;
        }
        let name = match self.0 {
            Some(Plant::NamesDrawn) => format!("arrived-{}", dice(u32::MAX)),
            _ => format!("arrived-{}", product.number),
        };
        let story = product.filling.parse().unwrap_or(product.number);
        Outcome::publish(vec![Outgoing::new(&Arrived { number: product.number, story, name })])
    }
}

struct Courier(Files);

impl Handler for Courier {
    const STAGE: Stage = Stage::Courier;
    type Message = Arrived;

    async fn handle(&self, arrived: &Arrived, _: &Delivery) -> Outcome {
        match self.0.arrive(arrived) {
            Ok(()) => Outcome::passed(),
            Err(why) => Outcome::retry(RetryReason::Conflict, why),
        }
    }
}

/// Quick to notice what broke.
pub(crate) fn storm_settings(url: String) -> QueueSettings {
    let (settings, _folder) = settings(On::Embedded);
    QueueSettings { url, heartbeat_secs: 2, confirm_timeout_secs: 4, prefetch: 32, ..settings }
}

/// A worker process: this binary, running only this. Without its orders it is no test.
#[test]
fn a_worker_process() {
    let (Ok(url), Ok(folder)) = (std::env::var("WIREROOM_CHAOS_URL"), std::env::var("WIREROOM_CHAOS_FOLDER")) else {
        return;
    };
    let plant = std::env::var("WIREROOM_CHAOS_PLANT").ok();
    let plant = plant.map(|name| Plant::ALL.into_iter().find(|(n, _)| *n == name).unwrap().1);
    let defect = if let Some(Plant::Worker(defect)) = plant { Some(defect) } else { None };
    let files = Files::new(Path::new(&folder));
    std::panic::set_hook(Box::new(|_| {}));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let queue = Queue::open(&storm_settings(url), Health::new()).await.unwrap();
        for belt in [Belt::Feeds, Belt::Articles, Belt::Stories, Belt::Notices] {
            tokio::spawn(bury(queue.clone(), files.clone(), belt));
        }
        tokio::spawn(replay(queue.clone(), files.clone(), plant));
        tokio::spawn(take_outcomes(queue.clone()));
        tokio::join!(
            serve(&queue, Poller(files.clone()), defect, 3),
            serve(&queue, Deduplicator(files.clone(), plant), defect, 32),
            serve(&queue, Publisher(plant), defect, 32),
            serve(&queue, Courier(files.clone()), defect, 32),
        );
    });
}

async fn serve<H: Handler>(queue: &Queue, handler: H, defect: Option<Defect>, prefetch: u16) {
    let mut settings = queue.settings().worker(H::STAGE);
    settings.defect = defect;
    settings.prefetch = prefetch;
    let worker = Worker::new(queue.clone(), handler, settings, None);
    worker.run(CancellationToken::new()).await.unwrap();
}

/// Moves dead letters into the ledger: written, then acked.
async fn bury(queue: Queue, files: Files, belt: Belt) {
    let mut dead = queue.consume(QueueName::Dead(belt), 10).await.unwrap();
    while let Some(letter) = dead.next().await {
        let name = format!("{}.{}", letter.envelope.message_id, letter.envelope.replays);
        if files.make("ledger", &name, &serde_json::to_vec(&letter.envelope).unwrap()).is_ok() {
            let _ = letter.ack().await;
        }
    }
}

/// Brings back what died: publish, confirm, mark.
async fn replay(queue: Queue, files: Files, plant: Option<Plant>) {
    loop {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let letters: Vec<(String, Envelope)> = files
            .names("ledger")
            .into_iter()
            .filter_map(|name| {
                let body = std::fs::read(files.0.join("ledger").join(&name)).ok()?;
                let letter: Envelope = serde_json::from_slice(&body).ok()?;
                Some((name, letter.revived(1, Timestamp::now())))
            })
            .collect();
        for (name, letter) in letters {
            if plant == Some(Plant::MarkedBeforeConfirm) {
                files.mark(&name);
                let _ = tokio::time::timeout(Duration::from_millis(500), queue.publish(vec![letter])).await;
            } else if queue.publish(vec![letter]).await.is_ok() {
                files.mark(&name);
            }
        }
    }
}

/// What replays came to; the ledger in small needs none of it.
async fn take_outcomes(queue: Queue) {
    let mut outcomes = queue.consume(QueueName::Outcomes, 10).await.unwrap();
    while let Some(outcome) = outcomes.next().await {
        let _ = outcome.ack().await;
    }
}

/// Kills its process when dropped, so that a failing test leaves none behind.
pub(crate) struct Process(Child);

impl Process {
    /// Starts one that makes this mistake, if any.
    pub(crate) fn start(url: &str, folder: &Path, plant: Option<&str>) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["a_worker_process", "--test-threads=1", "--quiet"])
            .env("WIREROOM_CHAOS_URL", url)
            .env("WIREROOM_CHAOS_FOLDER", folder)
            .env_remove("WIREROOM_CHAOS_PLANT")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if let Some(plant) = plant {
            command.env("WIREROOM_CHAOS_PLANT", plant);
        }
        Self(command.spawn().unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
