//! Dead on RabbitMQ, buried in PostgreSQL, and back: and the same embedded. The rooms' own tests have the
//! cases; this is the whole round trip over real servers.

use crate::installation::{Installation, Mode, eventually};
use article::{Arrival, Timestamp};
use press::{Expected, Fault, Press, PressSettings};
use queue::{Belt, DeadReason, Delivery, Handler, Outcome, Outgoing, Queue, QueueName, QueueSettings, Stage, Worker};
use replay::{Options, Registrar, Replay, ReplaySettings};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;
use store::contract::{article, seen, text};
use store::{DeadFilter, LedgerState, Store, StoreSettings};
use telemetry::Health;
use tokio_util::sync::CancellationToken;

/// Kills every article until it is mended, and every tenth even then.
struct Mortal {
    mended: Arc<AtomicBool>,
    handled: Arc<AtomicU32>,
}

impl Handler for Mortal {
    const STAGE: Stage = Stage::Deduplicator;
    type Message = Arrival;

    async fn handle(&self, arrival: &Arrival, _: &Delivery) -> Outcome {
        self.handled.fetch_add(1, Ordering::Relaxed);
        let number: u32 = arrival.url().path().trim_start_matches("/a").parse().unwrap();
        if self.mended.load(Ordering::Relaxed) && !number.is_multiple_of(10) {
            Outcome::passed()
        } else {
            Outcome::dead(DeadReason::Charset, "decodes badly")
        }
    }
}

async fn round_trip(queue: QueueSettings, store: StoreSettings) {
    const N: u32 = 60;
    let queue = Queue::open(&queue, Health::new()).await.unwrap();
    let store = Store::open(&store).await.unwrap();
    let stop = CancellationToken::new();
    let (mended, handled) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let handler = Mortal { mended: mended.clone(), handled: handled.clone() };
    let worker = Worker::new(queue.clone(), handler, queue.settings().worker(Stage::Deduplicator), None);
    let working = tokio::spawn(worker.run(stop.clone()));
    // Two, as with two replicas of the scheduler.
    for _ in 0..2 {
        let (registrar, stop) = (Registrar::new(store.clone(), queue.clone()), stop.clone());
        tokio::spawn(async move { registrar.run(stop).await });
    }

    let now = Timestamp::now();
    let sent: Vec<Arrival> =
        (0..N).map(|n| seen(&article("one.example", &format!("a{n}"), now, &text("lake", 40)))).collect();
    queue.publish(sent.iter().map(Outgoing::new).collect::<Vec<_>>()).await.unwrap();
    let dead = wait_for(&store, LedgerState::Dead, u64::from(N)).await;
    let ids: BTreeSet<String> = dead.iter().map(|r| r.letter.message_id.clone()).collect();
    assert_eq!(ids, sent.iter().map(|a| queue::Message::message_id(a).0).collect());
    let groups = store.dead_groups(&DeadFilter::default()).await.unwrap();
    assert_eq!((groups.len(), groups[0].count, groups[0].about.as_str()), (1, u64::from(N), "one.example"));

    mended.store(true, Ordering::Relaxed);
    let replay = Replay::new(store.clone(), queue.clone(), ReplaySettings::default());
    let options = Options { rate: Some(1000.0), wait: Duration::from_secs(60), ..Options::default() };
    let account = replay.run(&DeadFilter::default(), &options, &CancellationToken::new(), |_| {}).await.unwrap();
    let t = account.tally;
    assert_eq!((account.replayed, t.passed, t.dead_again, t.under_way, t.dropped), (60, 54, 6, 0, 0), "{account}");
    assert_eq!(account.missing(), 0);
    assert_eq!(handled.load(Ordering::Relaxed), 2 * N, "each once before and once after");
    let again = wait_for(&store, LedgerState::Dead, 6).await;
    assert!(again.iter().all(|r| r.letter.deaths == 1 && r.letter.stage == "deduplicator"));

    stop.cancel();
    working.await.unwrap().unwrap();
    for name in [QueueName::Dead(Belt::Articles), QueueName::Outcomes] {
        let depths = queue.depths().await.unwrap();
        assert_eq!(depths.iter().find(|d| d.queue == name).unwrap().ready, 0, "{name}");
    }
    queue.close().await;
}

async fn wait_for(store: &Store, state: LedgerState, n: u64) -> Vec<store::LedgerRow> {
    let filter = DeadFilter { state: Some(state), ..DeadFilter::default() };
    for _ in 0..600 {
        if store.dead_count(&filter).await.unwrap() == n {
            return store.dead_letters(&filter).await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never {n} rows in state {}", state.as_str());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_rabbitmq_and_postgresql() {
    let queue = QueueSettings { url: harness::rabbitmq().vhost(), ..QueueSettings::default() };
    let store = StoreSettings { url: harness::postgres().database(), ..StoreSettings::default() };
    round_trip(queue, store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn embedded() {
    let folder = tempfile::tempdir().unwrap();
    let url = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
    let queue = QueueSettings { url: url("queue.db"), ..QueueSettings::default() };
    round_trip(queue, StoreSettings { url: url("store.db"), ..StoreSettings::default() }).await;
}

/// The commands on a whole installation. Pages decoded wrongly by their publisher die of their charset and their bytes
/// are kept; pages that redirect for ever die without any.
#[tokio::test(flavor = "multi_thread")]
async fn a_trial_tells_what_a_replay_comes_to_and_asks_no_host() {
    let settings = PressSettings {
        publishers: 3,
        instant: true,
        articles: 40,
        feed_entries: 0,
        faults: vec![Fault::PageMojibake, Fault::PageRedirectLoop],
        suffix: "example".to_owned(),
        port_in_addresses: false,
        ..PressSettings::default()
    };
    let press = Press::new(settings).start("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let mut installation = Installation::new(Mode::Embedded, press.addr(), "");
    let store = installation.store().await;
    for source in press.sources() {
        store.put_source(&source).await.unwrap();
    }
    let of = |fault| press.truth().iter().filter(|t| t.fault == Some(fault)).count() as u64;
    let (garbled, endless) = (of(Fault::PageMojibake), of(Fault::PageRedirectLoop));
    assert!(garbled > 0 && endless > 0);
    let readable = press.truth().iter().filter(|t| t.expected != Expected::Nothing).count();
    installation.start();
    eventually(Duration::from_secs(60), || async {
        // All pages have been asked for: none that is late is taken for a replay's.
        let dead = store.dead_count(&DeadFilter::default()).await.unwrap();
        let there = store.articles_after(None, 500).await.unwrap().len();
        let whole = dead == garbled + endless && there == readable;
        (!whole).then(|| format!("{dead} dead letters, {there} of {readable} articles\n{}", installation.logs()))
    })
    .await;

    press.forget_traffic();
    let pages_asked = || press.traffic().values().map(|t| t.pages).sum::<u64>();
    let (succeeded, said, complaint) = installation.command(&["dead", "replay", "--try", "--json"]);
    assert!(succeeded, "{complaint}");
    let report: serde_json::Value = serde_json::from_str(&said).unwrap();
    let mut groups: Vec<_> = report["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|g| {
            (
                g["outlook"].as_str().unwrap().to_owned(),
                g["reason"].as_str().unwrap().to_owned(),
                g["count"].as_u64().unwrap(),
            )
        })
        .collect();
    groups.sort();
    let untried = "its bytes are not kept, and only its host has others".to_owned();
    let expected = [("dead_again".to_owned(), "charset".to_owned(), garbled), ("untried".to_owned(), untried, endless)];
    assert_eq!(groups, expected);
    assert_eq!(store.dead_count(&DeadFilter::default()).await.unwrap(), garbled + endless, "nothing was sent");
    let (_, said, _) = installation.command(&["dead", "replay", "--try", "--reason", "charset"]);
    assert!(said.starts_with(&format!("{garbled} would be dead again: charset\n")), "{said}");

    assert_eq!(pages_asked(), 0, "the bytes as fetched were read");

    let (_, said, _) = installation.command(&["dead", "replay", "--reason", "charset", "--wait", "60"]);
    assert!(said.starts_with(&format!("{garbled} replayed = 0 passed + 0 under way + {garbled} dead again")), "{said}");
    assert_eq!(pages_asked(), garbled, "their publisher might have mended them");
}
