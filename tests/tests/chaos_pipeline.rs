//! The whole pipeline, two processes of every role, in a seeded storm on real servers: RabbitMQ killed, frozen, cut
//! off and out of memory, Redis killed and emptied, PostgreSQL killed in the middle of transactions, processes killed
//! and stopped. Every kind of fault strikes while news is under way. Afterwards each article is looked up by its id.
//!
//! Lost is an article of the press that the store hasn't got. Doubled is one that it has under a second name, or with a
//! second revision, though the press changed nothing. Copies that stand apart from their originals are a difference too.
//!
//! A short seed in every test run. `WIREROOM_CHAOS_SEEDS=10` tries ten, `WIREROOM_CHAOS_SEED=7` one;
//! `WIREROOM_CHAOS_ARTICLES=5000` makes them real.

use crate::chaos_seed::{Draws, number, seeds};
use crate::end_to_end::{disagreement_but, press, stored_as_published};
use crate::installation::{Installation, Parts};
use article::ArticleId;
use harness::{Postgres, RabbitMq, Redis};
use press::{Expected, RunningPress, TruthRow};
use sqlx::postgres::{PgPool, PgPoolOptions};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use store::{DeadFilter, Store};

/// Articles of a seed in every test run.
const SHORT: u64 = 400;
/// Articles that are there when it begins.
const FIRST: u32 = 30;
/// Articles that are added when a fault would find none under way.
const MORE: u32 = 10;
/// Of a thousand stories, how many may hold articles of another: as many as without a storm.
const MIXED: usize = 10;
/// Nothing may stand still for longer: the slowest fault takes some ten seconds, the longest rung five.
const STILL: Duration = Duration::from_secs(120);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fault {
    BrokerKilled,
    BrokerFrozen,
    ConnectionsClosed,
    /// Publishers are blocked, and a process is killed meanwhile.
    MemoryAlarm,
    RedisKilled,
    /// And the index rebuilt as the runbook says.
    RedisEmptied,
    /// While something is written and not yet committed.
    PostgresKilled,
    WorkerKilled,
    /// A process stops for longer than the broker's patience, and goes on as if nothing had been.
    SlowConsumer,
}

const STORM: [Fault; 11] = [
    Fault::BrokerKilled,
    Fault::BrokerFrozen,
    Fault::ConnectionsClosed,
    Fault::MemoryAlarm,
    Fault::RedisKilled,
    Fault::RedisEmptied,
    Fault::PostgresKilled,
    Fault::WorkerKilled,
    Fault::WorkerKilled,
    Fault::WorkerKilled,
    Fault::SlowConsumer,
];

/// Servers that nobody else uses.
struct Servers {
    broker: RabbitMq,
    redis: Redis,
    postgres: Postgres,
}

impl Servers {
    fn start() -> Self {
        std::thread::scope(|three| {
            let broker = three.spawn(RabbitMq::start);
            let redis = three.spawn(Redis::start);
            let postgres = Postgres::start().unwrap_or_else(|e| panic!("{e}"));
            Self {
                broker: broker.join().unwrap().unwrap_or_else(|e| panic!("{e}")),
                redis: redis.join().unwrap().unwrap_or_else(|e| panic!("{e}")),
                postgres,
            }
        })
    }
}

/// How far the news is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Flow {
    /// Pages that were put on their belt.
    seen: i64,
    /// Articles in the store.
    stored: i64,
}

impl Flow {
    fn under_way(self) -> i64 {
        self.seen - self.stored
    }
}

/// A storm over one installation.
struct Storm<'a> {
    servers: &'a Servers,
    queue_url: String,
    /// To look past the store at what it is doing.
    pool: PgPool,
    installation: Installation,
    draws: Draws,
    /// How many articles the press is to have published.
    listed: Arc<AtomicU32>,
}

impl Storm<'_> {
    async fn flow(&self) -> Option<Flow> {
        let counted = sqlx::query_as("SELECT (SELECT COUNT(*) FROM entries), (SELECT COUNT(*) FROM articles)");
        let (seen, stored) = counted.fetch_one(&self.pool).await.ok()?;
        Some(Flow { seen, stored })
    }

    /// Waits until nearly all of so many articles are stored, and some are under way. Where all that is listed has
    /// arrived, more is.
    async fn reach(&self, articles: u32) -> Result<Flow, String> {
        let target = i64::from(articles) * 9 / 10;
        let more = |flow: Flow| {
            if flow.stored >= target && flow.under_way() <= 0 && flow.seen >= self.listed.load(Ordering::SeqCst).into()
            {
                self.listed.fetch_add(MORE, Ordering::SeqCst);
            }
        };
        self.until(|flow| {
            more(flow);
            flow.stored >= target && flow.under_way() > 0
        })
        .await
        .map_err(|flow| format!("{flow} before {target}\n{}", self.installation.logs()))
    }

    /// Fails when nothing has moved for too long.
    async fn until(&self, enough: impl Fn(Flow) -> bool) -> Result<Flow, String> {
        let mut last = (None, Instant::now());
        loop {
            let flow = self.flow().await;
            if let Some(flow) = flow.filter(|f| enough(*f)) {
                return Ok(flow);
            }
            if flow != last.0 {
                last = (flow, Instant::now());
            }
            if last.1.elapsed() > STILL {
                return Err(format!("{flow:?} stands still"));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn strike(&mut self, fault: Fault) -> Result<(), String> {
        let Servers { broker, redis, postgres } = self.servers;
        match fault {
            Fault::BrokerKilled => {
                broker.kill();
                broker.restart().unwrap();
            }
            Fault::BrokerFrozen => {
                broker.freeze();
                tokio::time::sleep(Duration::from_secs(6)).await; // past the heartbeats
                broker.thaw();
            }
            Fault::ConnectionsClosed => {
                broker.close_connections(&self.queue_url).unwrap();
            }
            Fault::MemoryAlarm => {
                broker.raise_alarm().unwrap();
                tokio::time::sleep(Duration::from_secs(2)).await;
                self.kill_one();
                broker.end_alarm().unwrap();
            }
            Fault::RedisKilled => {
                redis.kill();
                tokio::time::sleep(Duration::from_secs(2)).await;
                redis.restart().unwrap();
            }
            Fault::RedisEmptied => self.empty_redis().await?,
            Fault::PostgresKilled => {
                self.writing().await?;
                postgres.kill();
                // Its children take a moment to notice that they are alone.
                while postgres.restart().is_err() {}
            }
            Fault::WorkerKilled => self.kill_one(),
            Fault::SlowConsumer => {
                let (role, number) = self.any();
                self.installation.signal(role, number, "STOP");
                tokio::time::sleep(Duration::from_secs(8)).await;
                self.installation.signal(role, number, "CONT");
            }
        }
        Ok(())
    }

    fn any(&mut self) -> (&'static str, usize) {
        let running = self.installation.running();
        running[self.draws.draw(running.len())]
    }

    fn kill_one(&mut self) {
        let (role, number) = self.any();
        self.installation.kill_and_restart(role, number);
    }

    /// As the runbook has it: nobody judges by an empty index, and it is rebuilt once the stories belt is empty.
    async fn empty_redis(&mut self) -> Result<(), String> {
        self.installation.kill_role("deduplicator");
        self.servers.redis.lose().unwrap();
        self.servers.redis.restart().unwrap();
        let began = Instant::now();
        while self.held(&["stories"]) > 0 {
            if began.elapsed() > STILL {
                return Err(format!("the stories belt does not run empty\n{}", self.installation.logs()));
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let (succeeded, _, said) = self.installation.command(&["index", "rebuild"]);
        self.installation.start_role("deduplicator");
        if succeeded { Ok(()) } else { Err(format!("index rebuild: {said}")) }
    }

    /// Waits until a transaction has written something and has not committed it.
    async fn writing(&self) -> Result<(), String> {
        let began = Instant::now();
        while began.elapsed() < STILL {
            let open = sqlx::query_scalar::<_, i64>(
                "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_xid IS NOT NULL",
            );
            if open.fetch_one(&self.pool).await.is_ok_and(|n| n > 0) {
                return Ok(());
            }
        }
        Err("nobody writes".to_owned())
    }

    /// Messages on these belts, their rungs, lanes and dead letters.
    fn held(&self, belts: &[&str]) -> u64 {
        let messages = self.servers.broker.messages(&self.queue_url).unwrap();
        messages.iter().filter(|(queue, _)| belts.iter().any(|b| queue.starts_with(b))).map(|(_, n)| n).sum()
    }

    /// Waits until no page, article, story or notice is on its way any more.
    async fn settles(&self) -> Result<(), String> {
        let mut last = (u64::MAX, None, Instant::now());
        loop {
            let (held, flow) = (self.held(&["pages", "articles", "stories", "notices"]), self.flow().await);
            // Pages that wait for their feed's next poll are on no belt yet: the store has all that were ever seen.
            if held == 0 && flow.is_some_and(|f| f.under_way() <= 0) {
                return Ok(());
            }
            if (held, flow) != (last.0, last.1) {
                last = (held, flow, Instant::now());
            }
            if last.2.elapsed() > STILL {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
}

/// What became of the press's articles, by id.
#[derive(Debug, PartialEq, Eq, Default)]
struct Count {
    lost: BTreeSet<ArticleId>,
    doubled: BTreeSet<ArticleId>,
}

impl Count {
    /// `revised` are articles with more than one revision.
    fn of(truth: &[TruthRow], have: &BTreeSet<ArticleId>, revised: impl IntoIterator<Item = ArticleId>) -> Self {
        let wanted = truth.iter().filter(|t| t.expected != Expected::Nothing).map(|t| t.id.clone());
        let wanted: BTreeSet<ArticleId> = wanted.collect();
        Self {
            lost: wanted.difference(have).cloned().collect(),
            doubled: have.difference(&wanted).cloned().chain(revised).collect(),
        }
    }
}

async fn run(servers: &Servers, seed: u64, articles: u32) -> Result<String, String> {
    let press = Arc::new(press(FIRST, seed).await);
    let listed = Arc::new(AtomicU32::new(FIRST));
    let publishing = tokio::spawn(publish(press.clone(), listed.clone()));
    let (mut storm, store) = installed(servers, &press, seed, listed.clone()).await;
    let schedule = storm.draws.schedule(STORM.to_vec());
    eprintln!("chaos, seed {seed}, {articles} articles: {schedule:?}");
    storm.installation.start();
    let mut report = String::new();
    let began = Instant::now();
    let share = articles.div_ceil(u32::try_from(schedule.len()).unwrap());
    for (pause, fault) in schedule {
        // News comes as long as the storm lasts, and each fault finds some of it under way.
        let before = listed.load(Ordering::SeqCst);
        listed.store((before + share).min(articles).max(before), Ordering::SeqCst);
        storm.reach(before).await?;
        tokio::time::sleep(pause).await;
        let flow = storm.reach(before).await?;
        let at = began.elapsed();
        storm.strike(fault).await.map_err(|what| format!("{fault:?}: {what}"))?;
        let took = began.elapsed() - at;
        let _ = writeln!(
            report,
            "  {at:>6.0?} {fault:?} ({took:.0?}): {} articles under way, {} stored",
            flow.under_way(),
            flow.stored
        );
    }
    let mut published = press.changes();
    let all = listed.load(Ordering::SeqCst) as usize;
    published.wait_for(|n| *n >= all).await.unwrap();
    publishing.abort();
    let truth = press.truth();
    let wanted = truth.iter().filter(|t| t.expected != Expected::Nothing).count() as i64;
    // Whatever is lost never comes: the count tells.
    let whole = storm.until(|flow| flow.stored >= wanted).await;
    storm.settles().await?;
    let dead = revive(&storm, &store).await;
    let verdict = judge(&storm, &truth, &store).await;
    let (count, facts) = verdict.map_err(|what| format!("{what}\n{report}{}", storm.installation.logs()))?;
    let _ = writeln!(
        report,
        "  {} articles sent, lost {}, doubled {}; {facts}{dead}; {:.0?}",
        wanted,
        count.lost.len(),
        count.doubled.len(),
        began.elapsed()
    );
    whole.map(|_| report)
}

/// Lets articles appear as far as they are listed.
async fn publish(press: Arc<RunningPress>, listed: Arc<AtomicU32>) {
    let mut published = FIRST;
    loop {
        while published < listed.load(Ordering::SeqCst) {
            press.publish_next();
            published += 1;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn installed<'a>(
    servers: &'a Servers,
    press: &RunningPress,
    seed: u64,
    listed: Arc<AtomicU32>,
) -> (Storm<'a>, Store) {
    let queue_url = servers.broker.vhost();
    let store_url = servers.postgres.database();
    let parts = Parts { queue: queue_url.clone(), index: servers.redis.url(), store: store_url.clone() };
    let mut installation = Installation::on_own_servers(parts, press.addr(), "");
    installation.set("queue.heartbeat_secs=2");
    installation.set("queue.confirm_timeout_secs=5");
    let store = installation.store().await;
    for source in press.sources() {
        store.put_source(&source).await.unwrap();
    }
    let pool = PgPoolOptions::new().max_connections(2).acquire_timeout(Duration::from_secs(5));
    let pool = pool.connect_lazy(&store_url).unwrap();
    (Storm { servers, queue_url, pool, installation, draws: Draws::of(seed), listed }, store)
}

/// A dead letter is not lost: an operator replays it. How many there were, and of what.
async fn revive(storm: &Storm<'_>, store: &Store) -> String {
    let groups = store.dead_groups(&DeadFilter::default()).await.unwrap();
    if groups.is_empty() {
        return "; no dead letters".to_owned();
    }
    let (_, said, _) = storm.installation.command(&["dead", "replay", "--wait", "60", "--force"]);
    let of: Vec<String> = groups.iter().map(|g| format!("{} {} at {}", g.count, g.reason, g.stage)).collect();
    format!("; dead letters: {}; {}", of.join(", "), said.trim())
}

async fn judge(storm: &Storm<'_>, truth: &[TruthRow], store: &Store) -> Result<(Count, String), String> {
    let have = stored_as_published(truth, store).await.into_keys().collect();
    let revised: Vec<String> = sqlx::query_scalar("SELECT article FROM revisions GROUP BY article HAVING COUNT(*) > 1")
        .fetch_all(&storm.pool)
        .await
        .map_err(|e| e.to_string())?;
    let count = Count::of(truth, &have, revised.iter().filter_map(|id| id.parse().ok()));
    if count != Count::default() {
        let (lost, doubled) = (count.lost.len(), count.doubled.len());
        let what = disagreement_but(truth, store, MIXED).await.unwrap_or_default();
        return Err(format!("lost {lost}, doubled {doubled}: {count:?}\n{what}"));
    }
    if let Some(what) = disagreement_but(truth, store, MIXED).await {
        return Err(what);
    }
    let (decided, looks): (i64, i64) =
        sqlx::query_as("SELECT (SELECT COUNT(*) FROM decisions), (SELECT COUNT(*) FROM changes)")
            .fetch_one(&storm.pool)
            .await
            .map_err(|e| e.to_string())?;
    let again = looks - have.len() as i64;
    Ok((count, format!("{decided} decisions, {again} articles read again and known")))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pipeline_in_a_storm_agrees_with_the_truth() {
    let servers = tokio::task::spawn_blocking(Servers::start).await.unwrap();
    let articles = u32::try_from(number("WIREROOM_CHAOS_ARTICLES").unwrap_or(SHORT)).unwrap();
    for seed in seeds() {
        let ended = run(&servers, seed, articles).await;
        let report = ended.unwrap_or_else(|what| panic!("seed {seed}: {what}\nrepeat it: WIREROOM_CHAOS_SEED={seed}"));
        eprint!("chaos, the whole pipeline, seed {seed}:\n{report}");
    }
}

/// The count would see what it counts.
#[tokio::test]
async fn the_count_sees_a_loss_and_both_kinds_of_double() {
    let press = press(20, 3).await;
    let truth = press.truth();
    let whole: BTreeSet<ArticleId> = truth.iter().map(|t| t.id.clone()).collect();
    assert_eq!(Count::of(&truth, &whole, []), Count::default());
    let mut have = whole.clone();
    let lost = have.pop_first().unwrap();
    let another = ArticleId::of(&article::CanonicalUrl::parse("https://a-second-name.example/").unwrap());
    have.insert(another.clone());
    let twice = whole.last().unwrap().clone();
    let count = Count::of(&truth, &have, [twice.clone()]);
    assert_eq!(count, Count { lost: [lost].into(), doubled: [another, twice].into() });
}
