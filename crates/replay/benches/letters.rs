//! A bad night: 100,000 dead letters on RabbitMQ and PostgreSQL. How long an operator waits for their groups and lists,
//! and what a replay at a rate does to the news that comes meanwhile.
//!
//! `cargo bench -p replay`, or `cargo bench -p replay -- 10000 400` for other numbers of letters, and letters a second.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

use article::{Arrival, Timestamp};
use queue::{
    Belt, DeadReason, Delivery, Handler, Lane, Outcome, Outgoing, Queue, QueueName, QueueSettings, Stage, Worker,
};
use replay::{Options, Registrar, Replay, ReplaySettings};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use store::contract::{article, seen, text};
use store::{DeadFilter, DeadLetter, Store, StoreSettings};
use telemetry::Health;
use tokio_util::sync::CancellationToken;

/// News a second, before the replay and during it.
const NEWS: u32 = 100;
/// Seconds of news before the replay begins: what it is compared with.
const CALM: u64 = 20;

/// Passes everything, and notes how old the news was.
#[derive(Clone, Default)]
struct Pass {
    ages: Arc<Mutex<Vec<u64>>>,
}

impl Handler for Pass {
    const STAGE: Stage = Stage::Deduplicator;
    type Message = Arrival;

    async fn handle(&self, _: &Arrival, delivery: &Delivery) -> Outcome {
        if delivery.lane == Lane::Main {
            let age = delivery.received_at.since(delivery.first_seen);
            self.ages.lock().unwrap().push(u64::try_from(age.as_millis()).unwrap());
        }
        Outcome::passed()
    }
}

fn arrival(number: u32, now: Timestamp) -> Arrival {
    seen(&article(&format!("h{}.example", number % 200), &format!("a{number}"), now, &text("lake", 200)))
}

fn letter(number: u32, now: Timestamp) -> DeadLetter {
    const REASONS: [DeadReason; 3] = [DeadReason::Charset, DeadReason::Undecodable, DeadReason::Unpublishable];
    let outgoing = Outgoing::new(&arrival(number, now));
    DeadLetter {
        message_id: outgoing.message_id.0,
        stage: Stage::Deduplicator.as_str().to_owned(),
        deaths: 0,
        reason: REASONS[number as usize % REASONS.len()].as_str().to_owned(),
        detail: "attempt 8: the index did not answer: connection reset by peer".to_owned(),
        origin: "articles".to_owned(),
        attempts: 8,
        first_seen: now.minus(Duration::from_secs(3600)),
        died_at: now.minus(Duration::from_millis(u64::from(number))),
        host: Some(format!("h{}.example", number % 200)),
        source: Some(format!("source-{}", number % 400)),
        article: Some(arrival(number, now).id().clone()),
        release: "0.1.0".to_owned(),
        traceparent: None,
        kind: outgoing.kind.to_owned(),
        schema: outgoing.schema,
        headers: b"{}".to_vec(),
        body: outgoing.body,
    }
}

async fn timed<T>(what: &str, asked: impl Future<Output = T>) -> T {
    let began = Instant::now();
    let answer = asked.await;
    println!("{what:<44} {:>9.3} s", began.elapsed().as_secs_f64());
    answer
}

/// Publishes news until told to stop.
async fn news(queue: Queue, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / NEWS);
    let mut number = 10_000_000;
    while !stop.is_cancelled() {
        ticks.tick().await;
        number += 1;
        queue.publish(vec![Outgoing::new(&arrival(number, Timestamp::now()))]).await.unwrap();
    }
}

fn quantiles(what: &str, ages: &Mutex<Vec<u64>>) {
    let mut ages = std::mem::take(&mut *ages.lock().unwrap());
    ages.sort_unstable();
    let at = |share: f64| ages.get((ages.len() as f64 * share) as usize).copied().unwrap_or_default();
    let (n, median, most, last) = (ages.len(), at(0.5), at(0.99), ages.last().copied().unwrap_or_default());
    println!("{what:<44} {n} handled, age {median} ms in the median, {most} ms at 99 %, {last} ms at most");
}

async fn bench(letters: u32, rate: f64) {
    let store = StoreSettings { url: harness::postgres().database(), ..StoreSettings::default() };
    let store = Store::open(&store).await.unwrap();
    let queue = QueueSettings { url: harness::rabbitmq().vhost(), ..QueueSettings::default() };
    let queue = Queue::open(&queue, Health::new()).await.unwrap();

    let now = Timestamp::now();
    timed(&format!("{letters} letters buried"), async {
        for first in (0..letters).step_by(500) {
            let batch: Vec<DeadLetter> = (first..(first + 500).min(letters)).map(|n| letter(n, now)).collect();
            store.bury(&batch).await.unwrap();
        }
    })
    .await;
    let all = DeadFilter::default();
    let groups = timed("grouped", store.dead_groups(&all)).await.unwrap();
    println!("{:<44} {:>9} groups", "", groups.len());
    let first = DeadFilter { limit: Some(100), ..DeadFilter::default() };
    timed("listed, the first hundred", store.dead_letters(&first)).await.unwrap();
    timed("counted", store.dead_count(&all)).await.unwrap();

    let stop = CancellationToken::new();
    let handler = Pass::default();
    let worker = Worker::new(queue.clone(), handler.clone(), queue.settings().worker(Stage::Deduplicator), None);
    let working = tokio::spawn(worker.run(stop.clone()));
    let registrar = Registrar::new(store.clone(), queue.clone());
    tokio::spawn({
        let stop = stop.clone();
        async move { registrar.run(stop).await }
    });
    let publishing = tokio::spawn(news(queue.clone(), stop.clone()));
    tokio::time::sleep(Duration::from_secs(CALM)).await;
    quantiles("news before", &handler.ages);

    let deepest = Arc::new(AtomicU64::new(0));
    let watching = tokio::spawn(watch(queue.clone(), deepest.clone()));
    let replay = Replay::new(store, queue.clone(), ReplaySettings::default());
    let options = Options { rate: Some(rate), wait: Duration::from_secs(120), ..Options::default() };
    let began = Instant::now();
    let account = timed(
        &format!("replayed at {rate} a second, all outcomes in"),
        replay.run(&all, &options, &CancellationToken::new(), |_| {}),
    )
    .await
    .unwrap();
    println!("{:<44} {:>9.0} a second", "", f64::from(letters) / began.elapsed().as_secs_f64());
    quantiles("news meanwhile", &handler.ages);
    println!("{:<44} {:>9} messages at most", "ready on the belt and its later lane", deepest.load(Ordering::Relaxed));
    println!("{account}; missing {}", account.missing());
    stop.cancel();
    watching.abort();
    publishing.await.unwrap();
    working.await.unwrap().unwrap();
    queue.close().await;
}

/// Notes the most that lay there.
async fn watch(queue: Queue, deepest: Arc<AtomicU64>) {
    let of_articles = [Lane::Main, Lane::Later].map(|lane| QueueName::Belt(Belt::Articles, lane));
    loop {
        let depths = queue.depths().await.unwrap();
        let ready = depths.iter().filter(|d| of_articles.contains(&d.queue)).map(|d| d.ready).sum();
        deepest.fetch_max(ready, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

fn main() {
    // `cargo test` builds and runs benches too: then there is nothing to measure.
    if !std::env::args().any(|a| a == "--bench") {
        return;
    }
    let mut numbers = std::env::args().filter_map(|a| a.parse::<u32>().ok());
    let (letters, rate) = (numbers.next().unwrap_or(100_000), numbers.next().unwrap_or(500));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(bench(letters, f64::from(rate)));
}
