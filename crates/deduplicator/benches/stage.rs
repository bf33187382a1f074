//! What the whole stage costs on RabbitMQ (consume, compare in Redis, publish with confirm, ack) beside a bare lapin stage
//! that passes the same messages on: messages a second, and this process's CPU time a message. The servers' own time
//! comes on top on the same machine, so the ratio counts.
//!
//! `cargo bench -p deduplicator --bench stage`
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

use article::{
    Arrival, Article, Block, CanonicalUrl, Carry, PrimaryHints, Rights, Section, Sketch, SourceId, Timestamp,
    plain_text,
};
use deduplicator::{Deduplicator, IndexSettings, open};
use harness::Measure;
use queue::{Belt, Chronicle, Decision, Lane, Outgoing, Queue, QueueName, QueueSettings, Stage, Worker};
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use store::{Store, StoreSettings};
use telemetry::Health;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

const MESSAGES: u32 = 20_000;
/// As `queue.prefetch_articles` is by itself.
const PREFETCH: u16 = 256;
const ROUNDS: usize = 5;
/// Words of a text; a news report's.
const WORDS: u64 = 500;
const IN: QueueName = QueueName::Belt(Belt::Articles, Lane::Main);
const OUT: QueueName = QueueName::Belt(Belt::Stories, Lane::Main);

/// Every third is an earlier one with a few words changed.
fn article(n: u64) -> Article {
    let original = if n % 3 == 2 { n / 2 } else { n };
    let mut state = original.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut words: Vec<String> = Vec::new();
    for _ in 0..WORDS {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        words.push(format!("w{:x}", state >> 48));
    }
    if original != n {
        words.iter_mut().step_by(25).for_each(|word| *word = format!("n{n}"));
    }
    let url = CanonicalUrl::parse(&format!("https://site{}.example/{n}", n % 500)).unwrap();
    let blocks: Vec<Block> = words.chunks(60).map(|p| Block::Paragraph { text: p.join(" ") }).collect();
    Article {
        id: article::ArticleId::of(&url),
        content_hash: Article::compute_hash(&url, "A headline", &blocks),
        source: SourceId::from_name(url.domain()),
        source_name: url.domain().to_owned(),
        url,
        aliases: Vec::new(),
        feed: None,
        title: "A headline".to_owned(),
        subtitle: None,
        authors: Vec::new(),
        language: Some("en".to_owned()),
        section: Section::World,
        keywords: Vec::new(),
        image: None,
        blocks,
        published: None,
        modified: None,
        observed_at: Timestamp(1_795_000_000_000),
        rights: Rights::from_source(Carry::Full),
        primary: PrimaryHints::default(),
    }
}

async fn filled(url: &str) -> Queue {
    let settings = QueueSettings {
        url: url.to_owned(),
        prefetch_articles: PREFETCH,
        belt_max_messages: 10_000_000,
        ..Default::default()
    };
    let queue = Queue::open(&settings, Health::new()).await.unwrap();
    for first in (0..u64::from(MESSAGES)).step_by(500) {
        let batch = (first..first + 500).map(|n| Arrival::Seen { article: Box::new(article(n)) });
        queue.publish(batch.map(|arrival| Outgoing::new(&arrival)).collect()).await.unwrap();
    }
    queue
}

async fn depth(queue: &Queue, name: QueueName) -> u64 {
    queue.depths().await.unwrap().iter().find(|d| d.queue == name).map_or(0, |d| d.ready)
}

/// Notices when all messages are settled. To ask the broker meanwhile would cost it as much as the messages do.
#[derive(Default)]
struct Settled {
    count: AtomicU32,
    all: Notify,
}

impl Chronicle for Settled {
    fn note(&self, _: Decision) {
        if self.count.fetch_add(1, Ordering::Relaxed) + 1 == MESSAGES {
            self.all.notify_one();
        }
    }
}

async fn whole_stage(redis: &str, store: &Store) -> Measure {
    let queue = filled(&harness::rabbitmq().vhost()).await;
    let settings =
        IndexSettings { url: redis.to_owned(), prefix: harness::unique("stage"), ..IndexSettings::default() };
    let stage = Deduplicator::new(open(&settings).await.unwrap(), store.clone());
    let settled = Arc::new(Settled::default());
    let settings = queue.settings().worker(Stage::Deduplicator);
    let worker = Worker::new(queue.clone(), stage, settings, Some(settled.clone()));
    let stop = CancellationToken::new();
    let measure = Measure::of(MESSAGES, async {
        let running = tokio::spawn(worker.run(stop.clone()));
        settled.all.notified().await;
        stop.cancel();
        running.await.unwrap().unwrap();
    })
    .await;
    assert_eq!((depth(&queue, IN).await, depth(&queue, OUT).await), (0, MESSAGES.into()));
    queue.close().await;
    measure
}

/// The least that does the same.
async fn bare_lapin() -> Measure {
    let url = harness::rabbitmq().vhost();
    let queue = filled(&url).await;
    let measure = harness::bare_lapin(&url, "articles", "stories", PREFETCH, MESSAGES).await;
    queue.close().await;
    measure
}

/// The sketch alone, of the same articles.
async fn sketch_alone() -> Measure {
    let articles: Vec<Article> = (0..u64::from(MESSAGES)).map(article).collect();
    Measure::of(MESSAGES, async {
        for article in &articles {
            black_box(Sketch::of_text(&plain_text(&article.blocks)));
        }
    })
    .await
}

async fn run() {
    let redis = harness::Redis::start().unwrap();
    let store = StoreSettings { url: harness::postgres().database(), ..StoreSettings::default() };
    let store = Store::open(&store).await.unwrap();
    let (mut bare, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare.push(bare_lapin().await);
        ours.push(whole_stage(&redis.url(), &store).await);
    }
    let sketch = sketch_alone().await;
    let ratio = Measure::by_round(&bare, &ours, |bare, ours| ours.rate / bare.rate);
    let beyond = Measure::by_round(&bare, &ours, |bare, ours| ours.cpu_micros - bare.cpu_micros) - sketch.cpu_micros;
    let (bare, ours) = (Measure::median(bare), Measure::median(ours));
    println!("{}", bare.line("bare lapin stage"));
    println!("{}", ours.line("deduplicator on RabbitMQ, Redis, PostgreSQL"));
    println!("{}", sketch.line("the sketch alone"));
    println!("{:<44} {ratio:>8.2}  (wanted: 0.6)", "  ratio");
    println!("{:<44} {beyond:>8.0} µs CPU/message  (wanted: 60 at most)", "  beyond bare and sketch");
}

fn main() {
    // `cargo test` builds and runs benches too: then there is nothing to measure.
    if !std::env::args().any(|a| a == "--bench") {
        return;
    }
    let logs = telemetry::LogSettings { filter: "warn".to_owned(), ..Default::default() };
    telemetry::init_logs(&logs).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    println!("articles of {WORDS} words, prefetch {PREFETCH}, {MESSAGES} messages, median of {ROUNDS} rounds\n");
    runtime.block_on(run());
}
