#![allow(clippy::print_stdout)]
//! How well the index tells copies from stories, on the press's own truth:
//! `cargo run --release -p deduplicator --example press_quality -- [SEED] [ARTICLES] [URL]`.
//!
//! Recall is over copies (is a copy in its original's story?), precision over joins (is an article that was called a
//! copy one of the story it was put in?). The first 1,000 articles, while the index learns what is common,
//! are counted apart.

use article::{Sketch, StoryId, VerdictKind};
use deduplicator::{IndexSettings, Query, open};
use std::collections::{BTreeMap, HashMap};
use std::error::Error;

#[derive(Default)]
struct Tally {
    copies: u32,
    found: u32,
    joins: u32,
    right: u32,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let seed = args.next().map_or(Ok(90_001), |s| s.parse())?;
    let articles = args.next().map_or(Ok(5_000), |s| s.parse())?;
    let url = args.next().unwrap_or_else(|| "sqlite::memory:".to_owned());
    let verbose = std::env::var_os("VERBOSE").is_some();
    let index = open(&IndexSettings { url, ..IndexSettings::default() }).await?;
    let mut story_of: HashMap<StoryId, StoryId> = HashMap::new();
    let mut text_of = HashMap::new();
    let mut kinds: BTreeMap<(bool, &'static str), Tally> = BTreeMap::new();
    for (number, row) in press::texts(seed, articles).enumerate() {
        let query = Query {
            article: row.id.clone(),
            hash: article::ContentHash::of_text(&row.text),
            observed_at: row.published,
            language: row.language.code().to_owned(),
            site: row.source.as_str().bytes().fold(7u32, |h, b| h.wrapping_mul(31).wrapping_add(b.into())),
            sketch: Some(Sketch::of_text(&row.text)),
        };
        let verdict = index.decide(&query, row.published).await?;
        // What a found story is, is what its opener's truth says.
        let true_story = story_of.entry(verdict.story.clone()).or_insert_with(|| row.story.clone()).clone();
        let tally = kinds.entry((number >= 1_000, row.kind.as_str())).or_default();
        let joined = matches!(verdict.kind, VerdictKind::ExactCopy | VerdictKind::NearCopy);
        let right = true_story == row.story;
        if row.kind.is_copy() {
            tally.copies += 1;
            tally.found += u32::from(joined && right);
        }
        if joined {
            tally.joins += 1;
            tally.right += u32::from(right);
        }
        if verbose && ((joined && !right) || (row.kind.is_copy() && !joined)) {
            println!(
                "{} {number} {} {} {} level {} {:?}",
                if joined { "WRONG" } else { "MISSED" },
                row.kind.as_str(),
                row.language.code(),
                row.source,
                query.sketch.as_ref().map_or(0, Sketch::level),
                verdict.evidence
            );
            println!("    {}", row.text.replace('\n', " / "));
            if let Some(other) = row.of.as_ref().or(verdict.of.as_ref()).and_then(|of| text_of.get(of)) {
                println!("  ~ {other}");
            }
        }
        if verbose && !row.kind.is_copy() && verdict.evidence.shared >= 3 {
            println!(
                "NEAREST {number} {} {} {} {:?}",
                row.kind.as_str(),
                row.language.code(),
                row.source,
                verdict.evidence
            );
        }
        if verbose {
            text_of.insert(row.id.clone(), row.text.replace('\n', " / "));
        }
    }
    println!("{:22}{:>8}{:>8}{:>8}{:>8}", "kind", "copies", "recall", "joins", "precis.");
    for after in [false, true] {
        let mut sum = Tally::default();
        for ((_, kind), t) in kinds.iter().filter(|((a, _), _)| *a == after) {
            print(kind, t);
            sum.copies += t.copies;
            sum.found += t.found;
            sum.joins += t.joins;
            sum.right += t.right;
        }
        print(if after { "after the first 1,000" } else { "the first 1,000" }, &sum);
    }
    let stats = index.stats().await?;
    println!("{stats:?}, {:.0} bytes an article", stats.bytes_per_article());
    Ok(())
}

fn print(kind: &str, tally: &Tally) {
    let share = |part: u32, whole: u32| if whole == 0 { 1.0 } else { f64::from(part) / f64::from(whole) };
    println!(
        "{kind:22}{:8}{:8.4}{:8}{:8.4}",
        tally.copies,
        share(tally.found, tally.copies),
        tally.joins,
        share(tally.right, tally.joins)
    );
}
