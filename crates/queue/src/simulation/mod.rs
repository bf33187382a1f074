//! The handler contract over all crash points: the real worker loop against a broker in memory, in simulated
//! time, with every process killed at moments that a seed decides. A failing seed prints how to repeat it.
//!
//! `WIREROOM_SEEDS=100000 cargo test -p queue simulation` runs more seeds, `WIREROOM_SEED=7` one.

mod broker;
mod world;

use crate::dice::{self, draw};
use crate::worker::Defect;
use crate::{Belt, Handler, Queue, QueueName, QueueSettings, Rung, Worker};
use broker::{Broker, Trouble};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use telemetry::Health;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use world::{Deduplicator, ENTRIES, FEEDS, Mistake, POISON, Poller, Publisher, Retriever, Store, World};

/// Seeds in every test run.
const SEEDS: u64 = 1_000;
/// Seeds within which a planted defect must be caught.
const CATCH: u64 = 20;
/// When nothing goes wrong any more, in simulated time.
const TROUBLE: Duration = Duration::from_secs(60);
/// When everything must have arrived.
const END: Duration = Duration::from_secs(48 * 3600);

/// What is wrong on purpose.
#[derive(Clone, Copy, Default)]
struct Plant {
    defect: Option<Defect>,
    mistake: Option<Mistake>,
}

/// What a seed went through.
#[derive(Clone, Copy, Debug, Default)]
struct Report {
    crashes: u64,
    suffered: broker::Suffered,
}

fn settings() -> QueueSettings {
    // The last rung is left out: an hour of simulated time is long even when nothing happens in it.
    let ladder = vec![Rung::S5, Rung::S30, Rung::M5];
    QueueSettings { handler_timeout_secs: 10, drain_secs: 2, ladder, ..QueueSettings::default() }
}

/// One process: all roles, until it is killed. Everything it had under way ends with the set.
fn process(world: &Arc<World>, plant: Plant) -> (JoinSet<()>, CancellationToken) {
    let queue = Queue::over(Box::new(world.broker.clone()), settings(), Health::new());
    let stop = CancellationToken::new();
    let mut tasks = JoinSet::new();
    start(&mut tasks, &queue, Poller(world.clone()), plant, &stop);
    start(&mut tasks, &queue, Retriever(world.clone()), plant, &stop);
    start(&mut tasks, &queue, Deduplicator(world.clone()), plant, &stop);
    start(&mut tasks, &queue, Publisher(world.clone()), plant, &stop);
    for belt in Belt::ALL {
        tasks.spawn(world::registrar(world.clone(), belt));
    }
    tasks.spawn(world::outcomes(world.clone()));
    tasks.spawn(world::replayer(world.clone()));
    (tasks, stop)
}

fn start<H: Handler>(tasks: &mut JoinSet<()>, queue: &Queue, handler: H, plant: Plant, stop: &CancellationToken) {
    let mut settings = queue.settings().worker(H::STAGE);
    settings.defect = plant.defect;
    settings.prefetch = 6;
    let worker = Worker::new(queue.clone(), handler, settings, None);
    let stop = stop.clone();
    tasks.spawn(async move {
        let _ = worker.run(stop).await;
    });
}

/// Runs a seed; `Err` says what was lost or doubled.
fn run(seed: u64, plant: Plant) -> Result<Report, String> {
    dice::seeded::seed(seed);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(live(seed, plant))
}

async fn live(seed: u64, plant: Plant) -> Result<Report, String> {
    let trouble =
        Trouble { refused: 0.10 * draw(), unconfirmed: 0.15 * draw(), full: 0.05 * draw(), lost_ack: 0.05 * draw() };
    let broker = Broker::new(trouble, (settings().delivery_limit, settings().lone_delivery_limit));
    let world = Arc::new(World {
        store: Mutex::new(Store::default()),
        broker: broker.clone(),
        mistake: plant.mistake,
        poisoned: seed.is_multiple_of(4),
        crash: tokio::sync::Notify::new(),
        away: Mutex::new(false),
        calm: Mutex::new(false),
    });
    let began = Instant::now();
    let mut crashes = 0;
    tokio::spawn(scheduler(world.clone()));
    tokio::spawn(weather(world.clone()));
    let mut next_kill = began;
    loop {
        let (mut tasks, stop) = process(&world, plant);
        // Most lives are short: a process that has just begun holds the most.
        next_kill = next_kill.max(Instant::now()) + Duration::from_micros((2_500_000.0 * draw() * draw()) as u64);
        let troubled = began.elapsed() < TROUBLE;
        tokio::select! {
            biased;
            () = world.crash.notified() => {}
            () = sleep_until(next_kill), if troubled => {
                if draw() < 0.2 {
                    // SIGTERM: it has its drain time, and hands on what it holds.
                    stop.cancel();
                    sleep(Duration::from_secs(8)).await;
                }
            }
            done = settled(&world), if !troubled => {
                tasks.shutdown().await;
                done?;
                break;
            }
        }
        crashes += 1;
        tasks.shutdown().await;
        broker.lose_connection();
        sleep(Duration::from_millis(50)).await;
    }
    verdict(&world)?;
    Ok(Report { crashes, suffered: broker.suffered() })
}

/// Sends polls while there is trouble, and once more when it is over.
async fn scheduler(world: Arc<World>) {
    for round in 0..5 {
        for feed in 0..FEEDS {
            let poll = [world.poll(feed, round)];
            while crate::backend::Backend::publish(&world.broker, &poll).await.is_err() {}
        }
        let pause = if round == 3 { TROUBLE } else { Duration::from_millis((9_000.0 * draw()) as u64) };
        sleep(pause).await;
    }
}

/// The store goes away and comes back; at the end of the trouble all is well.
async fn weather(world: Arc<World>) {
    let end = Instant::now() + TROUBLE;
    while Instant::now() < end {
        sleep(Duration::from_millis((15_000.0 * draw()) as u64)).await;
        *world.away.lock().unwrap() = true;
        sleep(Duration::from_millis((3_000.0 * draw()) as u64)).await;
        *world.away.lock().unwrap() = false;
    }
    world.broker.end_trouble();
    *world.calm.lock().unwrap() = true;
}

/// Waits until nothing is under way and no dead letter waits for its replay.
async fn settled(world: &World) -> Result<(), String> {
    let end = Instant::now() + END;
    // After the last round of polls.
    sleep(TROUBLE * 2).await;
    loop {
        let unreplayed = world.store.lock().unwrap().ledger.values().filter(|(_, replayed)| !replayed).count();
        if world.broker.held() == 0 && unreplayed == 0 {
            return Ok(());
        }
        if Instant::now() > end {
            return Err(format!("stuck: {:?}", world.broker.listing()));
        }
        sleep(Duration::from_secs(1)).await;
    }
}

/// Article by article: each is in the store, each text is one story.
fn verdict(world: &World) -> Result<(), String> {
    let store = world.store.lock().unwrap();
    let poisoned = |article: u32| world.poisoned && article == POISON;
    let expected: BTreeSet<u32> = (0..FEEDS * ENTRIES).filter(|a| !poisoned(*a)).collect();
    let published: BTreeSet<u32> = store.published.keys().copied().collect();
    let missing: Vec<&u32> = expected.difference(&published).collect();
    if !missing.is_empty() {
        return Err(format!("lost: {missing:?}"));
    }
    if published != expected {
        return Err(format!("published what it should not: {published:?}"));
    }
    let mut stories: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for (article, story) in &store.published {
        stories.entry(world::text_of(*article)).or_default().insert(*story);
    }
    let doubled: Vec<_> = stories.iter().filter(|(_, s)| s.len() > 1).collect();
    if !doubled.is_empty() {
        return Err(format!("one text, several stories: {doubled:?}"));
    }
    let dead_of = |reason: &str| {
        store.ledger.values().filter(|(l, _)| l.death.as_ref().is_some_and(|d| d.reason == reason)).collect::<Vec<_>>()
    };
    if world.poisoned {
        let killed = dead_of("delivery_limit");
        if !killed.iter().any(|(l, _)| l.queue == QueueName::Dead(Belt::Pages)) {
            return Err("the poison is not dead".to_owned());
        }
    }
    Ok(())
}

fn check(seed: u64) -> Report {
    run(seed, Plant::default()).unwrap_or_else(|what| {
        panic!("seed {seed}: {what}\nrepeat it: WIREROOM_SEED={seed} cargo test -p queue simulation::every_seed")
    })
}

#[test]
fn every_seed_loses_nothing_and_doubles_nothing() {
    if let Some(seed) = number("WIREROOM_SEED") {
        eprintln!("seed {seed}: {:?}", check(seed));
        return;
    }
    let seeds = number("WIREROOM_SEEDS").unwrap_or(SEEDS);
    let (mut crashes, mut returned, mut unconfirmed, mut refused) = (0, 0, 0, 0);
    for seed in 0..seeds {
        let Report { crashes: killed, suffered } = check(seed);
        crashes += killed;
        returned += suffered.returned;
        unconfirmed += suffered.unconfirmed;
        refused += suffered.refused + suffered.full + suffered.lost_acks;
    }
    eprintln!(
        "{seeds} seeds: {crashes} crashes with {returned} messages in hand, {unconfirmed} confirms lost, \
         {refused} publishes refused or acks lost; lost 0, doubled 0"
    );
    assert!(crashes > seeds && returned > seeds && unconfirmed > seeds, "every fault happens while messages fly");
}

#[test]
fn a_seed_repeats_itself() {
    let twice = [run(3, Plant::default()), run(3, Plant::default())].map(|r| format!("{r:?}"));
    assert_eq!(twice[0], twice[1]);
}

/// The simulation would see a mistake: each planted one is caught within twenty seeds.
#[test]
fn planted_defects_are_caught() {
    let defect = |defect| Plant { defect: Some(defect), mistake: None };
    let mistake = |mistake| Plant { defect: None, mistake: Some(mistake) };
    let plants = [
        ("ack before confirm", defect(Defect::AckBeforeConfirm)),
        ("confirms not awaited", defect(Defect::ConfirmsNotAwaited)),
        ("entry seen before its page is confirmed", defect(Defect::ThenBeforeConfirm)),
        ("a claim that does not name its article", mistake(Mistake::NamelessClaim)),
        ("replay marked before its confirm", mistake(Mistake::MarkedBeforeConfirm)),
    ];
    for (name, plant) in plants {
        let caught = (0..CATCH).find_map(|seed| run(seed, plant).err().map(|what| (seed, what)));
        let (seed, what) = caught.unwrap_or_else(|| panic!("{name}: not caught within {CATCH} seeds"));
        eprintln!("{name}: seed {seed}: {what}");
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}
