//! What the worker loop costs: beside a bare lapin stage on RabbitMQ, and beside bare SQLite in batches.
//!
//! `cargo bench -p queue`, or one of the two by `cargo bench -p queue -- embedded` or `… rabbitmq`. Each line: messages a second, and this process's CPU time a message (on RabbitMQ
//! the broker's own comes on top, and on the same machine it is the limit: the ratio counts).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

use harness::Measure;
use queue::{
    Belt, Delivery, Envelope, Handler, Lane, Message, MessageId, Outcome, Outgoing, Queue, QueueName, QueueSettings,
    Stage, Worker,
};
use serde::{Deserialize, Serialize};
use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use telemetry::Health;
use tokio_util::sync::CancellationToken;

const BODY: usize = 4096;
const PREFETCH: u16 = 64;
const BATCH: usize = 64;
const ROUNDS: usize = 3;

#[derive(Serialize, Deserialize)]
struct Text {
    number: u32,
    text: String,
}

impl Message for Text {
    const BELT: Belt = Belt::Articles;
    const KIND: &'static str = "text";
    const SCHEMA: u16 = 1;

    fn message_id(&self) -> MessageId {
        MessageId::derive(&["bench", &self.number.to_string()])
    }
}

#[derive(Serialize, Deserialize)]
struct Passed(Text);

impl Message for Passed {
    const BELT: Belt = Belt::Stories;
    const KIND: &'static str = "passed";
    const SCHEMA: u16 = 1;

    fn message_id(&self) -> MessageId {
        self.0.message_id()
    }
}

/// Passes on, and counts.
struct PassOn {
    count: Arc<AtomicU32>,
}

impl Handler for PassOn {
    const STAGE: Stage = Stage::Deduplicator;
    type Message = Text;

    async fn handle(&self, message: &Text, _: &Delivery) -> Outcome {
        self.count.fetch_add(1, Ordering::Relaxed);
        let text = Text { number: message.number, text: message.text.clone() };
        Outcome::publish(vec![Outgoing::new(&Passed(text))])
    }
}

fn settings(url: String) -> QueueSettings {
    QueueSettings { url, prefetch: PREFETCH, belt_max_messages: 10_000_000, ..QueueSettings::default() }
}

async fn fill(queue: &Queue, n: u32) {
    let text = "x".repeat(BODY - 30);
    for first in (0..n).step_by(500) {
        let batch = (first..(first + 500).min(n)).map(|number| Text { number, text: text.clone() });
        queue.publish(batch.map(|t| Outgoing::new(&t)).collect()).await.unwrap();
    }
}

async fn depth(queue: &Queue, name: QueueName) -> u64 {
    let depths = queue.depths().await.unwrap();
    depths.iter().find(|d| d.queue == name).map_or(0, |d| d.ready + d.in_flight.unwrap_or(0))
}

const IN: QueueName = QueueName::Belt(Belt::Articles, Lane::Main);

async fn worker_stage(url: &str, n: u32) -> Measure {
    let queue = Queue::open(&settings(url.to_owned()), Health::new()).await.unwrap();
    fill(&queue, n).await;
    let count = Arc::new(AtomicU32::new(0));
    let worker =
        Worker::new(queue.clone(), PassOn { count: count.clone() }, queue.settings().worker(Stage::Deduplicator), None);
    let stop = CancellationToken::new();
    let measure = Measure::of(n, async {
        let running = tokio::spawn(worker.run(stop.clone()));
        while count.load(Ordering::Relaxed) < n {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stop.cancel();
        running.await.unwrap().unwrap();
    });
    let measure = measure.await;
    let (handled, left) = (count.load(Ordering::Relaxed), depth(&queue, IN).await);
    assert_eq!((handled, left), (n, 0));
    queue.close().await;
    measure
}

/// The least that does the same.
async fn bare_lapin(url: &str, n: u32) -> Measure {
    let queue = Queue::open(&settings(url.to_owned()), Health::new()).await.unwrap();
    fill(&queue, n).await;
    let measure = harness::bare_lapin(url, "articles", "stories", PREFETCH, n).await;
    queue.close().await;
    measure
}

/// The same table, by hand: claim, insert, delete, 64 at a time, each batch one transaction for the claim and
/// one for its outcome.
async fn bare_sqlite(path: &std::path::Path, n: u32) -> Measure {
    let url = format!("sqlite:{}", path.display());
    let queue = Queue::open(&settings(url), Health::new()).await.unwrap();
    fill(&queue, n).await;
    queue.close().await;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let mut db = SqliteConnection::connect_with(&options).await.unwrap();
    let claim = "UPDATE message SET claimed = 1, deliveries = deliveries + 1 WHERE id IN
                 (SELECT id FROM message WHERE queue = 'articles' AND claimed = 0 ORDER BY visible_at, id LIMIT 64)
                 RETURNING id, facts, body";
    Measure::of(n, async {
        let mut done = 0;
        while done < n {
            let rows: Vec<(i64, Vec<u8>, Vec<u8>)> = sqlx::query_as(claim).fetch_all(&mut db).await.unwrap();
            let mut tx = db.begin().await.unwrap();
            for (id, facts, body) in &rows {
                sqlx::query("INSERT INTO message (queue, visible_at, facts, body) VALUES ('stories', ?, ?, ?)")
                    .bind(i64::from(done))
                    .bind(facts)
                    .bind(body)
                    .execute(&mut *tx)
                    .await
                    .unwrap();
                sqlx::query("DELETE FROM message WHERE id = ?").bind(id).execute(&mut *tx).await.unwrap();
            }
            tx.commit().await.unwrap();
            done += u32::try_from(rows.len()).unwrap();
            assert!(rows.len() <= BATCH);
        }
    })
    .await
}

fn report(bare: (&str, Vec<Measure>), ours: (&str, Vec<Measure>), wanted: f64) {
    let ratio = Measure::by_round(&bare.1, &ours.1, |bare, ours| ours.rate / bare.rate);
    for (name, rounds) in [bare, ours] {
        println!("{}", Measure::median(rounds).line(name));
    }
    println!("{:<44} {ratio:>8.2}  (wanted: {wanted})\n", "  ratio");
}

/// All, unless one is named.
fn wanted(name: &str) -> bool {
    let named: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    named.is_empty() || named.iter().any(|n| n == name)
}

async fn embedded() {
    let (mut bare, mut ours) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let folder = tempfile::tempdir().unwrap();
        bare.push(bare_sqlite(&folder.path().join(format!("bare{round}.db")), 30_000).await);
        let url = format!("sqlite:{}", folder.path().join(format!("ours{round}.db")).display());
        ours.push(worker_stage(&url, 30_000).await);
    }
    report(("bare SQLite, batches of 64, one connection", bare), ("worker loop, embedded belts", ours), 0.6);
}

async fn rabbitmq() {
    let (mut bare, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare.push(bare_lapin(&harness::rabbitmq().vhost(), 15_000).await);
        ours.push(worker_stage(&harness::rabbitmq().vhost(), 15_000).await);
    }
    report(("bare lapin stage", bare), ("worker loop, RabbitMQ", ours), 0.8);
}

fn main() {
    // `cargo test` builds and runs benches too: then there is nothing to measure.
    if !std::env::args().any(|a| a == "--bench") {
        return;
    }
    let logs = telemetry::LogSettings { filter: "warn".to_owned(), ..Default::default() };
    telemetry::init_logs(&logs).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let _: fn(Outgoing) -> Envelope = Envelope::from;
        println!("bodies of {BODY} bytes, prefetch {PREFETCH}, median of {ROUNDS} rounds\n");
        if wanted("embedded") {
            embedded().await;
        }
        if wanted("rabbitmq") {
            rabbitmq().await;
        }
    });
}
