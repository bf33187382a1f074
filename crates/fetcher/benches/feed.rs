//! How fast feeds are read: entries a second on one core, over the corpus's real feeds.
//! `cargo bench -p fetcher --bench feed`
#![allow(clippy::unwrap_used)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use fetcher::feed::{FeedContext, parse};
use std::path::PathBuf;

/// The bytes of every feed of the corpus; none where there is no corpus.
fn feeds() -> Vec<Vec<u8>> {
    let shared = std::env::var_os("WIREROOM_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let Ok(folder) = std::fs::read_dir(shared.join("corpus/feeds_real")) else { return Vec::new() };
    let paths = folder.map(|f| f.unwrap().path());
    let is_feed = |p: &PathBuf| !p.ends_with("truth.json") && !p.ends_with("manifest.json");
    paths.filter(is_feed).map(|p| std::fs::read(p).unwrap()).collect()
}

fn read_feeds(c: &mut Criterion) {
    let feeds = feeds();
    if feeds.is_empty() {
        eprintln!("SKIPPED: no corpus");
        return;
    }
    let read = || feeds.iter().map(|f| parse(f, &FeedContext::default()).map_or(0, |f| f.items.len())).sum::<usize>();
    let mut group = c.benchmark_group("feed");
    group.throughput(Throughput::Elements(read() as u64));
    group.bench_function("entries", |b| b.iter(read));
    group.finish();
}

criterion_group!(benches, read_feeds);
criterion_main!(benches);
