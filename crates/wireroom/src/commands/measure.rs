//! What the rooms see in one input, or in many with known truth: `extract`, `feed`, `robots`, `dedup`, `compare`.

use crate::cli;
use crate::house::House;
use crate::output::{json, line};
use anyhow::{Context, bail};
use fetcher::extract::{self, Hints, PageBytes};
use fetcher::feed::{self, FeedContext};
use serde::Deserialize;
use std::io::{BufReader, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use web::{Kind, Request};

/// An input with what a response would have said of it.
struct Input {
    bytes: Vec<u8>,
    url: String,
    headers: Vec<(String, String)>,
}

impl Input {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// A file, or an address through the client.
async fn input(house: &Arc<House>, what: &str, url: Option<&str>, kind: Kind) -> anyhow::Result<Input> {
    if Path::new(what).is_file() {
        let bytes = std::fs::read(what).with_context(|| format!("can't read {what}"))?;
        let url = url.unwrap_or("http://localhost/").to_owned();
        return Ok(Input { bytes, url, headers: Vec::new() });
    }
    let address: url::Url = what.parse().with_context(|| format!("“{what}” is neither a file nor an address"))?;
    let response = house.client()?.get(&Request::new(address, kind)).await?;
    if !response.is_success() {
        bail!("{what} answers {}", response.status);
    }
    let url = response.url.to_string();
    Ok(Input { bytes: response.body.to_vec(), url, headers: response.headers.into_pairs() })
}

/// `wireroom extract`.
pub(crate) async fn extract(house: &Arc<House>, asked: &cli::Reading) -> anyhow::Result<()> {
    if let Some(manifest) = &asked.manifest {
        let read = |row: &Row, bytes: &[u8]| {
            let page = PageBytes {
                bytes,
                url: row.url.as_deref().unwrap_or("http://localhost/"),
                content_type: row.content_type.as_deref(),
                headers: &[],
                received_at: None,
            };
            (extract::report_line(&row.id, &extract::extract(&page, &Hints::default())), 1)
        };
        return manifest_lines(manifest, asked.jobs, "pages", read);
    }
    let what = asked.what.as_deref().unwrap_or_default();
    let input = input(house, what, asked.url.as_deref(), Kind::Page).await?;
    let page = PageBytes {
        bytes: &input.bytes,
        url: &input.url,
        content_type: input.header("content-type"),
        headers: &input.headers,
        received_at: None,
    };
    let outcome = extract::extract(&page, &Hints::default());
    report(&extract::report_line(what, &outcome), asked.json)
}

/// `wireroom feed`.
pub(crate) async fn feed(house: &Arc<House>, asked: &cli::Reading) -> anyhow::Result<()> {
    if let Some(manifest) = &asked.manifest {
        let read = |row: &Row, bytes: &[u8]| {
            let context = FeedContext {
                url: row.url.as_deref(),
                content_type: row.content_type.as_deref(),
                content_location: row.content_location.as_deref(),
                content_language: row.content_language.as_deref(),
                ..FeedContext::default()
            };
            let feed = feed::parse(bytes, &context);
            let entries = feed.as_ref().map_or(0, |f| f.items.len());
            (feed::report_line(&row.id, &feed), entries)
        };
        return manifest_lines(manifest, asked.jobs, "entries", read);
    }
    let what = asked.what.as_deref().unwrap_or_default();
    let input = input(house, what, asked.url.as_deref(), Kind::Feed).await?;
    let context = FeedContext {
        url: Some(&input.url),
        content_type: input.header("content-type"),
        content_location: input.header("content-location"),
        content_language: input.header("content-language"),
        ..FeedContext::default()
    };
    let feed = feed::parse(&input.bytes, &context);
    report(&feed::report_line(what, &feed), asked.json)
}

/// One line for scripts, or the same spread out for people.
fn report(one_line: &str, as_json: bool) -> anyhow::Result<()> {
    if as_json {
        line(one_line);
        return Ok(());
    }
    json(&serde_json::from_str::<serde_json::Value>(one_line)?)
}

/// A row of a manifest.
#[derive(Deserialize)]
struct Row {
    id: String,
    path: String,
    url: Option<String>,
    content_type: Option<String>,
    content_location: Option<String>,
    content_language: Option<String>,
}

/// Reads every file of a manifest with `jobs` threads; prints a line each, in the manifest's order, and the
/// speed on standard error.
fn manifest_lines(
    manifest: &Path,
    jobs: usize,
    unit: &str,
    read: impl Fn(&Row, &[u8]) -> (String, usize) + Sync,
) -> anyhow::Result<()> {
    let text = std::fs::read(manifest).with_context(|| format!("can't read {}", manifest.display()))?;
    let rows: Vec<Row> =
        serde_json::from_slice(&text).with_context(|| format!("{} is no manifest", manifest.display()))?;
    let folder = manifest.parent().unwrap_or(Path::new("."));
    let bodies = rows
        .iter()
        .map(|row| std::fs::read(folder.join(&row.path)).with_context(|| format!("can't read {}", row.path)))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let (began, read) = (Instant::now(), &read);
    let jobs = jobs.clamp(1, 64);
    let share = rows.len().div_ceil(jobs).max(1);
    let results: Vec<Vec<(String, usize)>> = std::thread::scope(|scope| {
        let handles: Vec<_> = rows
            .chunks(share)
            .zip(bodies.chunks(share))
            .map(|(rows, bodies)| {
                scope.spawn(move || rows.iter().zip(bodies).map(|(row, body)| read(row, body)).collect::<Vec<_>>())
            })
            .collect();
        handles.into_iter().map(|h| h.join().unwrap_or_default()).collect()
    });
    let seconds = began.elapsed().as_secs_f64();
    let mut out = std::io::stdout().lock();
    let mut count = 0;
    for (text, units) in results.iter().flatten() {
        writeln!(out, "{text}")?;
        count += units;
    }
    if results.iter().map(Vec::len).sum::<usize>() != rows.len() {
        bail!(
            "a thread panicked: {} of {} rows are missing",
            rows.len() - results.iter().map(Vec::len).sum::<usize>(),
            rows.len()
        );
    }
    eprintln!("{count} {unit} in {seconds:.2} s: {:.0} {unit}/s", count as f64 / seconds.max(1e-9));
    Ok(())
}

/// A case of robots.txt test data.
#[derive(Deserialize)]
struct RobotsCase {
    robots: web::robots::RobotsBytes,
    agent: String,
    url: Option<String>,
}

/// `wireroom robots`: a JSON array of booleans and delays, in the cases' order.
pub(crate) fn robots(asked: &cli::Robots) -> anyhow::Result<()> {
    let text = std::fs::read(&asked.cases).with_context(|| format!("can't read {}", asked.cases.display()))?;
    let cases: Vec<RobotsCase> = serde_json::from_slice(&text).context("no list of cases")?;
    for case in cases {
        let answer = match &case.url {
            Some(url) => serde_json::json!({"allowed": web::robots::decide(&case.robots.0, &case.agent, url)}),
            None => serde_json::json!({"crawl_delay": web::robots::crawl_delay(&case.robots.0, &case.agent)}),
        };
        line(answer.to_string());
    }
    Ok(())
}

/// `wireroom dedup`.
pub(crate) async fn dedup(house: &Arc<House>, asked: &cli::Dedup) -> anyhow::Result<()> {
    let index = if asked.index {
        house.index().await?
    } else {
        let mut settings = house.settings.index.clone();
        "sqlite::memory:".clone_into(&mut settings.url);
        deduplicator::open(&settings).await?
    };
    let file = std::fs::File::open(&asked.file).with_context(|| format!("can't read {}", asked.file.display()))?;
    deduplicator::dedup_lines(BufReader::new(file), std::io::stdout(), &*index).await?;
    Ok(())
}

/// `wireroom compare`.
pub(crate) fn compare(settings: &crate::settings::Settings, a: &Path, b: &Path) -> anyhow::Result<()> {
    let read = |path: &Path| std::fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()));
    json(&deduplicator::compare(&read(a)?, &read(b)?, &settings.index.thresholds))
}
