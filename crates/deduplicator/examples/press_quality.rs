//! How well the index tells copies from stories, on the press's own truth:
//! `cargo run --release -p deduplicator --example press_quality -- [SEED] [ARTICLES] [URL]`.
//!
//! Recall is over copies (is a copy in its original's story?), precision over joins (is an article that was called a
//! copy one of the story it was put in?). The first 1,000 articles, while the index learns what is common,
//! are counted apart. The last lines look at the stories at the end, after what a late whole made one.
//!
//! With `SHUFFLE=N` in the environment articles come in the N-th random order instead of that of their appearance:
//! parts before wholes, copies before originals. `THRESHOLDS={"of_both":0.3}` tries others than the defaults. With `VERBOSE=1` each mistake is shown with its texts.
#![allow(clippy::print_stdout)]

use article::{ArticleId, Sketch, StoryId, Verdict, VerdictKind};
use deduplicator::{IndexSettings, Query, Thresholds, open};
use press::TruthRow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
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
    let mut rows: Vec<TruthRow> = press::texts(seed, articles).collect();
    if let Some(order) = std::env::var_os("SHUFFLE") {
        shuffle(&mut rows, order.to_string_lossy().parse()?);
    }
    let thresholds = match std::env::var("THRESHOLDS") {
        Ok(json) => serde_json::from_str(&json)?,
        Err(_) => Thresholds::default(),
    };
    let index = open(&IndexSettings { url, thresholds, ..IndexSettings::default() }).await?;
    let mut story_of: HashMap<StoryId, StoryId> = HashMap::new();
    let mut kinds: BTreeMap<(bool, &'static str), Tally> = BTreeMap::new();
    let mut verdicts = Vec::with_capacity(rows.len());
    for (number, row) in rows.iter().enumerate() {
        let query = query(row);
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
            explain(&rows, row, number, &query, &verdict, joined);
        }
        verdicts.push(verdict);
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
    let strays = at_the_end(&rows, &verdicts);
    for story in strays.iter().filter(|_| verbose) {
        println!("APART {story}");
        for (number, (row, verdict)) in rows.iter().zip(&verdicts).enumerate().filter(|(_, (r, _))| r.story == *story) {
            let Verdict { kind, story, also, evidence, .. } = verdict;
            println!(
                "    {number} {} {} {} {} {} {also:?} {evidence:?}",
                row.kind.as_str(),
                row.source,
                row.published,
                kind.as_str(),
                story
            );
        }
    }
    let stats = index.stats().await?;
    println!("{stats:?}, {:.0} bytes an article", stats.bytes_per_article());
    Ok(())
}

fn query(row: &TruthRow) -> Query {
    Query {
        article: row.id.clone(),
        hash: article::ContentHash::of_text(&row.text),
        observed_at: row.published,
        published: row.published,
        language: row.language.code().to_owned(),
        site: row.source.as_str().bytes().fold(7u32, |h, b| h.wrapping_mul(31).wrapping_add(b.into())),
        sketch: Some(Sketch::of_text(&row.text)),
    }
}

/// Fisher and Yates, with dice of its own.
fn shuffle(rows: &mut [TruthRow], order: u64) {
    let mut state = order.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    for i in (1..rows.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        rows.swap(i, (state >> 11) as usize % (i + 1));
    }
}

/// Copies that are not in their original's story, and stories that hold articles of two, once all that an article
/// joins is one. Returns the truth's stories that have fallen apart.
fn at_the_end(rows: &[TruthRow], verdicts: &[Verdict]) -> BTreeSet<StoryId> {
    let mut parent: HashMap<StoryId, StoryId> = HashMap::new();
    for verdict in verdicts {
        for other in &verdict.also {
            let (a, b) = (root(&parent, &verdict.story), root(&parent, other));
            if a != b {
                parent.insert(a, b);
            }
        }
    }
    let placed: HashMap<&ArticleId, StoryId> =
        rows.iter().zip(verdicts).map(|(row, v)| (&row.id, root(&parent, &v.story))).collect();
    let mut apart: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    let mut fallen = BTreeSet::new();
    let mut holds: HashMap<&StoryId, BTreeSet<&StoryId>> = HashMap::new();
    for row in rows {
        holds.entry(&placed[&row.id]).or_default().insert(&row.story);
        if let Some(original) = row.of.as_ref().and_then(|of| placed.get(of)) {
            let (copies, strays) = apart.entry(row.kind.as_str()).or_default();
            *copies += 1;
            if placed[&row.id] != *original {
                *strays += 1;
                fallen.insert(row.story.clone());
            }
        }
    }
    let (copies, strays) = apart.values().fold((0, 0), |sum, (c, s)| (sum.0 + c, sum.1 + s));
    let mixed = holds.values().filter(|stories| stories.len() > 1).count();
    println!("at the end: {strays} of {copies} copies are apart from their originals, {mixed} stories hold two");
    let by_kind: Vec<String> = apart.iter().filter(|(_, n)| n.1 > 0).map(|(k, n)| format!("{k} {}", n.1)).collect();
    println!("apart: {}", by_kind.join(", "));
    fallen
}

fn root(parent: &HashMap<StoryId, StoryId>, story: &StoryId) -> StoryId {
    let mut at = story;
    while let Some(next) = parent.get(at) {
        at = next;
    }
    at.clone()
}

fn explain(rows: &[TruthRow], row: &TruthRow, number: usize, query: &Query, verdict: &Verdict, joined: bool) {
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
    let other = row.of.as_ref().or(verdict.of.as_ref());
    if let Some(other) = rows.iter().find(|r| Some(&r.id) == other) {
        println!("  ~ {}", other.text.replace('\n', " / "));
    }
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
