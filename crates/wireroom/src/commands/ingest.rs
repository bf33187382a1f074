//! `wireroom ingest`.

use crate::cli::{Ingest as Asked, IngestWarc};
use crate::house::House;
use crate::output::{json, line};
use anyhow::Context;
use fetcher::warc::{Ingest, Tally};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Broken records named in the account; the log has all.
const NAMED: usize = 10;

/// Reads archives, one after the other.
pub(crate) async fn run(house: &Arc<House>, asked: Asked, stop: CancellationToken) -> anyhow::Result<()> {
    let Asked::Warc(asked) = asked;
    let (store, queue, settings) = (house.store().await?, house.queue_to_publish().await?, &house.settings);
    let (retriever, warc) = (settings.retriever.clone(), settings.warc.clone());
    let ingest = Ingest::new(store, queue, retriever, warc, settings.sources.carry).await?;
    let mut accounts = Vec::new();
    for path in &asked.files {
        if stop.is_cancelled() {
            break;
        }
        let tally = file(&ingest, path, &asked, &stop).await?;
        if asked.json {
            accounts.push(json!({ "file": path, "tally": tally }));
        } else {
            account(path, &tally);
        }
    }
    if asked.json { json(&accounts) } else { Ok(()) }
}

async fn file(ingest: &Ingest, path: &Path, asked: &IngestWarc, stop: &CancellationToken) -> anyhow::Result<Tally> {
    let name = path.display().to_string();
    let (reader, size) = open(path).with_context(|| format!("can't read {name}"))?;
    let bar = bar(size);
    let tally = ingest
        .run(&name, reader, asked.again, stop, |tally| {
            bar.set_position(tally.done_to);
            bar.set_message(format!("{} articles, {} broken records", tally.articles, tally.broken));
        })
        .await
        .with_context(|| format!("{name} was not read to its end; the same command goes on where it stopped"));
    bar.finish_and_clear();
    tally
}

fn open(path: &Path) -> std::io::Result<(Box<dyn Read + Send>, Option<u64>)> {
    if path == Path::new("-") {
        return Ok((Box::new(std::io::stdin()), None));
    }
    let file = std::fs::File::open(path)?;
    let size = file.metadata()?.len();
    Ok((Box::new(file), Some(size)))
}

fn bar(size: Option<u64>) -> ProgressBar {
    let (bar, template) = match size {
        Some(size) => (ProgressBar::new(size), "{bar:30} {bytes}/{total_bytes}, {eta} left; {msg}"),
        None => (ProgressBar::no_length(), "{spinner} {bytes}; {msg}"),
    };
    bar.with_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn account(path: &Path, tally: &Tally) {
    let name = path.display();
    line(format!("{name}: {} articles of {} records", tally.articles, tally.records));
    if tally.resumed_at > 0 {
        line(format!("  gone on with at byte {}, where it was left; --again begins anew", tally.resumed_at));
    }
    for (reason, count) in &tally.skipped {
        line(format!("  {count} left out: {reason}"));
    }
    for flaw in tally.flaws.iter().take(NAMED) {
        line(format!("  broken at byte {}: {}", flaw.offset, flaw.why));
    }
    if tally.broken > NAMED as u64 {
        line(format!("  {} broken records in all; the log names each", tally.broken));
    }
    if !tally.finished {
        line(format!("  stopped at byte {}; the same command goes on there", tally.done_to));
    }
}
