//! How fast pages are read, text and metadata: pages a second on one core, over the corpus's news pages.
//! `cargo bench -p fetcher --bench extract`
#![allow(clippy::unwrap_used)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use fetcher::extract::{Hints, PageBytes, extract};
use std::path::PathBuf;

/// The bytes of every news page of the corpus; none where there is no corpus.
fn pages() -> Vec<Vec<u8>> {
    let shared = std::env::var_os("WIREROOM_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let Ok(folder) = std::fs::read_dir(shared.join("corpus/fundus/html")) else { return Vec::new() };
    folder.map(|f| std::fs::read(f.unwrap().path()).unwrap()).collect()
}

fn read_pages(c: &mut Criterion) {
    let pages = pages();
    if pages.is_empty() {
        eprintln!("SKIPPED: no corpus");
        return;
    }
    let hints = Hints::default();
    let read = |bytes: &Vec<u8>| {
        let page = PageBytes {
            bytes,
            url: "https://aurora.example/world/1",
            content_type: None,
            headers: &[],
            received_at: None,
        };
        extract(&page, &hints).map_or(0, |found| found.blocks.len())
    };
    let mut group = c.benchmark_group("extract");
    group.throughput(Throughput::Elements(pages.len() as u64));
    group.sample_size(10);
    group.bench_function("pages", |b| b.iter(|| pages.iter().map(read).sum::<usize>()));
    group.finish();
}

criterion_group!(benches, read_pages);
criterion_main!(benches);
