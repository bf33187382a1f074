//! Reads the feeds of a manifest and prints one JSON object a line, as `score_feeds.py` reads them; the speed
//! goes to standard error. `cargo run --release -p fetcher --example feed_manifest -- manifest.json [rounds]`
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use fetcher::feed::{FeedContext, parse, report_line};
use std::path::Path;
use std::time::Instant;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let Some(manifest) = arguments.next() else {
        eprintln!("which manifest.json?");
        return;
    };
    let rounds: u32 = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(1);
    let folder = Path::new(&manifest).parent().unwrap().to_owned();
    let rows: Vec<serde_json::Value> = serde_json::from_slice(&std::fs::read(&manifest).unwrap()).unwrap();
    let bodies: Vec<Vec<u8>> =
        rows.iter().map(|row| std::fs::read(folder.join(row["path"].as_str().unwrap())).unwrap()).collect();
    let mut entries = 0;
    let start = Instant::now();
    let mut read = Vec::new();
    for _ in 0..rounds {
        read.clear();
        for (row, body) in rows.iter().zip(&bodies) {
            let field = |name: &str| row.get(name).and_then(|v| v.as_str());
            let context = FeedContext {
                url: field("url"),
                content_type: field("content_type"),
                content_location: field("content_location"),
                content_language: field("content_language"),
                ..FeedContext::default()
            };
            let feed = parse(body, &context);
            entries += feed.as_ref().map_or(0, |f| f.items.len());
            read.push(feed);
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    for (row, feed) in rows.iter().zip(&read) {
        println!("{}", report_line(row["id"].as_str().unwrap(), feed));
    }
    eprintln!(
        "{entries} entries in {seconds:.3} s: {:.0} entries/s",
        f64::from(u32::try_from(entries).unwrap()) / seconds
    );
}
