//! What a decision costs, on both backends, with 10,000 and 100,000 articles in the index (and with as many as
//! `INDEX_BENCH_MAX` says); beside it the sketch alone, and a bare check-and-set of one hash on the same Redis.
//!
//! `cargo bench -p deduplicator --bench index -- redis` fills and measures one backend only.
//!
//! The Redis is a private one, started here; set `INDEX_BENCH_REDIS` to measure another. Bytes an article are given twice:
//! by what each key says of itself, and by how much Redis' memory in use has grown.
//!
//! `peers.py` beside this file measures Python's datasketch and rensa on the same texts.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use article::{ArticleId, ContentHash, Sketch, StoryId, Timestamp};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use deduplicator::{Index, IndexSettings, Query, open};
use futures_util::{StreamExt, stream};
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// As a worker's prefetch.
const AT_ONCE: usize = 64;

/// Words a text has; a news report's.
const WORDS: u64 = 500;

/// The `n`th text: every third is an earlier one with a few words changed and a frame around it.
fn text(n: u64) -> String {
    let original = if n % 3 == 2 { n / 2 } else { n };
    let mut state = original.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut words: Vec<String> = (0..WORDS)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            format!("w{:x}", state >> 48)
        })
        .collect();
    if original != n {
        for word in words.iter_mut().step_by(25) {
            *word = format!("n{n}");
        }
        words.push(format!("carried by number {n} of our house all rights reserved"));
    }
    words.join(" ")
}

fn query(n: u64) -> Query {
    let text = text(n);
    Query {
        article: ArticleId::derive(&[&n.to_be_bytes()]),
        hash: ContentHash::of_text(&text),
        observed_at: Timestamp(1_795_000_000_000),
        published: Timestamp(1_795_000_000_000),
        language: "en".to_owned(),
        site: (n % 500) as u32,
        sketch: Some(Sketch::of_text(&text)),
    }
}

/// Decides about articles `from` to `to`, [`AT_ONCE`] at once. Queries are made beforehand; only deciding is timed.
async fn decide(index: &Arc<dyn Index>, from: u64, to: u64) -> Duration {
    let mut spent = Duration::ZERO;
    let mut at = from;
    while at < to {
        let queries: Vec<Query> = (at..to.min(at + 1_000)).map(query).collect();
        at += queries.len() as u64;
        let started = Instant::now();
        stream::iter(queries)
            .map(|query| async move { index.decide(&query, query.observed_at).await.unwrap() })
            .buffer_unordered(AT_ONCE)
            .for_each(|verdict| async move {
                black_box::<StoryId>(verdict.story);
            })
            .await;
        spent += started.elapsed();
    }
    spent
}

fn sizes() -> Vec<u64> {
    let largest = std::env::var("INDEX_BENCH_MAX").ok().and_then(|n| n.parse().ok()).unwrap_or(100_000);
    [10_000, 100_000, 1_000_000].into_iter().filter(|n| *n <= largest).collect()
}

/// Whether the command line asks for this backend's figures: an index of a million articles isn't filled for nothing.
fn is_asked_for(backend: &str) -> bool {
    let mut filters = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).peekable();
    filters.peek().is_none() || filters.any(|filter| filter.contains(backend))
}

fn decisions(c: &mut Criterion, runtime: &Runtime, backend: &str, url: &str) {
    if !is_asked_for(backend) {
        return;
    }
    let settings = IndexSettings { url: url.to_owned(), prefix: "bench".to_owned(), ..IndexSettings::default() };
    let index = runtime.block_on(open(&settings)).unwrap();
    runtime.block_on(index.clear()).unwrap();
    let (next, empty) = (AtomicU64::new(0), runtime.block_on(used_memory(url)));
    let mut group = c.benchmark_group("decide");
    // A log is moved home, and a table grown, now and then: each sample must have its share of that.
    group.throughput(Throughput::Elements(1)).sample_size(10).measurement_time(Duration::from_secs(20));
    for size in sizes() {
        let from = next.fetch_max(size, Ordering::Relaxed);
        runtime.block_on(decide(&index, from, size));
        let stats = runtime.block_on(index.stats()).unwrap();
        let memory = stats.memory as f64 / stats.articles as f64;
        eprintln!("{backend} at {size}: {:.0} bytes an article, {memory:.0} in memory", stats.bytes_per_article());
        if let (Some(empty), Some(full)) = (empty, runtime.block_on(used_memory(url))) {
            let grown = (full - empty) as f64 / stats.articles as f64;
            eprintln!("{backend} at {size}: {grown:.0} bytes an article by the growth of used_memory");
        }
        group.bench_function(format!("{backend}/{size}"), |b| {
            b.iter_custom(|count| {
                let from = next.fetch_add(count, Ordering::Relaxed);
                runtime.block_on(decide(&index, from, from + count))
            });
        });
    }
    group.finish();
}

/// Bytes in use by a Redis; nothing where there is none.
async fn used_memory(url: &str) -> Option<i64> {
    let mut connection = redis::Client::open(url).ok()?.get_multiplexed_async_connection().await.ok()?;
    let info: redis::InfoDict = redis::cmd("INFO").arg("memory").query_async(&mut connection).await.ok()?;
    info.get("used_memory")
}

/// What any index on this Redis must cost at least: one key, set if it isn't there.
fn bare(c: &mut Criterion, runtime: &Runtime, url: &str) {
    let client = redis::Client::open(url).unwrap();
    let connection = runtime.block_on(client.get_multiplexed_async_connection()).unwrap();
    let mut next = 0u64;
    let mut group = c.benchmark_group("bare");
    group.throughput(Throughput::Elements(1)).sample_size(10).measurement_time(Duration::from_secs(20));
    group.bench_function("set_nx", |b| {
        b.iter_custom(|count| {
            let from = next;
            next += count;
            let started = Instant::now();
            runtime.block_on(async {
                stream::iter(from..from + count)
                    .map(|n| {
                        let mut connection = connection.clone();
                        async move {
                            let mut command = redis::cmd("SET");
                            command.arg(format!("bare:{n:x}")).arg(n).arg("NX").arg("EX").arg(3600);
                            command.query_async::<Option<String>>(&mut connection).await.unwrap()
                        }
                    })
                    .buffer_unordered(AT_ONCE)
                    .for_each(|_| async {})
                    .await;
            });
            started.elapsed()
        });
    });
    group.finish();
}

fn sketching(c: &mut Criterion) {
    let text = text(1);
    let mut group = c.benchmark_group("sketch");
    group.throughput(Throughput::Elements(1));
    group.bench_function("normalise_and_sketch", |b| b.iter(|| Sketch::of_text(black_box(&text))));
    let normalised = article::normalise(&text);
    group.bench_function("sketch", |b| b.iter(|| Sketch::of_normalised(black_box(&normalised))));
    group.finish();
}

fn all(c: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    sketching(c);
    let folder = tempfile::tempdir().unwrap();
    decisions(c, &runtime, "embedded", &format!("sqlite:{}", folder.path().join("index.db").display()));
    let own;
    let url = match std::env::var("INDEX_BENCH_REDIS") {
        Ok(url) => url,
        Err(_) => {
            own = harness::Redis::start().expect("redis-server is installed");
            own.url()
        }
    };
    bare(c, &runtime, &url);
    decisions(c, &runtime, "redis", &url);
}

criterion_group!(benches, all);
criterion_main!(benches);
