//! Verdicts for a file of JSON lines: `cargo run -p deduplicator --example dedup_lines -- FILE.jsonl [URL]`.
//! `THRESHOLDS={"of_core":0}` in the environment tries others than the defaults.

use deduplicator::{IndexSettings, Thresholds, dedup_lines, open};
use std::error::Error;
use std::fs::File;
use std::io::{BufReader, BufWriter, stdout};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let file = args.next().ok_or("name a file of JSON lines")?;
    let url = args.next().unwrap_or_else(|| "sqlite::memory:".to_owned());
    let thresholds = match std::env::var("THRESHOLDS") {
        Ok(json) => serde_json::from_str(&json)?,
        Err(_) => Thresholds::default(),
    };
    let index = open(&IndexSettings { url, thresholds, ..IndexSettings::default() }).await?;
    dedup_lines(BufReader::new(File::open(file)?), BufWriter::new(stdout().lock()), &*index).await?;
    Ok(())
}
