//! Extracts every page of a manifest and prints one JSON object a line, as the quality scorers read it.
//!
//! `cargo run -p fetcher --example extract_manifest -- manifest.json [id] > got.jsonl`

use fetcher::extract::{Hints, PageBytes, extract, report_line};
use std::path::Path;
use std::time::{Duration, Instant};

#[derive(serde::Deserialize)]
struct Row {
    id: String,
    url: String,
    path: String,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let manifest = args.next().ok_or("which manifest?")?;
    let only = args.next();
    let folder = Path::new(&manifest).parent().unwrap_or(Path::new("."));
    let rows: Vec<Row> = serde_json::from_slice(&std::fs::read(&manifest)?)?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let (mut spent, mut pages) = (Duration::ZERO, 0u32);
    for row in rows.iter().filter(|r| only.as_ref().is_none_or(|o| r.id == *o)) {
        let bytes = std::fs::read(folder.join(&row.path))?;
        let page = PageBytes { bytes: &bytes, url: &row.url, content_type: None, headers: &[], received_at: None };
        let start = Instant::now();
        let outcome = extract(&page, &Hints::default());
        spent += start.elapsed();
        pages += 1;
        std::io::Write::write_all(&mut out, format!("{}\n", report_line(&row.id, &outcome)).as_bytes())?;
    }
    eprintln!("{pages} pages, {:.1} pages/s", f64::from(pages) / spent.as_secs_f64());
    Ok(())
}
