//! The storm over a whole installation: its servers, what strikes them, and waiting for the news to move on.

use crate::chaos_seed::{Draws, alarmed, frozen, restarted};
use crate::installation::{Installation, Parts};
use harness::{Postgres, RabbitMq, Redis};
use press::RunningPress;
use sqlx::postgres::{PgPool, PgPoolOptions};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use store::Store;

/// Articles that are added when a fault would find none under way.
const MORE: u32 = 10;
/// Nothing may stand still for longer: the slowest fault takes some ten seconds, the longest rung five.
const STILL: Duration = Duration::from_secs(120);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
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

pub(crate) const STORM: [Fault; 11] = [
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
pub(crate) struct Servers {
    broker: RabbitMq,
    redis: Redis,
    postgres: Postgres,
}

impl Servers {
    pub(crate) fn start() -> Self {
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
pub(crate) struct Flow {
    /// Pages that were put on their belt.
    pub(crate) seen: i64,
    /// Articles in the store.
    pub(crate) stored: i64,
}

impl Flow {
    pub(crate) fn under_way(self) -> i64 {
        self.seen - self.stored
    }
}

/// A storm over one installation.
pub(crate) struct Storm<'a> {
    servers: &'a Servers,
    queue_url: String,
    /// To look past the store at what it is doing.
    pub(crate) pool: PgPool,
    pub(crate) installation: Installation,
    pub(crate) draws: Draws,
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
    pub(crate) async fn reach(&self, articles: u32) -> Result<Flow, String> {
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
    pub(crate) async fn until(&self, enough: impl Fn(Flow) -> bool) -> Result<Flow, String> {
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

    pub(crate) async fn strike(&mut self, fault: Fault) -> Result<(), String> {
        let Servers { broker, redis, postgres } = self.servers;
        match fault {
            Fault::BrokerKilled => restarted(broker),
            Fault::BrokerFrozen => frozen(broker).await,
            Fault::ConnectionsClosed => {
                broker.close_connections(&self.queue_url).unwrap();
            }
            Fault::MemoryAlarm => alarmed(broker, || self.kill_one()).await,
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
    pub(crate) async fn settles(&self) -> Result<(), String> {
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

/// An installation on these servers that has yet to start, and its store with the press's sources.
pub(crate) async fn installed<'a>(
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
