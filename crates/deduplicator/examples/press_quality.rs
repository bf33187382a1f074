//! How well the index tells copies from stories, on the press's own truth:
//! `cargo run --release -p deduplicator --example press_quality -- [SEEDS] [ARTICLES] [URL]`, where SEEDS is one (`90001`)
//! or several (`7301..7310`); each begins with an empty index, their figures are added up. Ends with the targets, and
//! fails if one is missed.
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
use press::{Kind, TruthRow};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::error::Error;
use std::num::ParseIntError;
use std::ops::RangeInclusive;
use std::process::ExitCode;

#[derive(Default)]
struct Tally {
    copies: u32,
    found: u32,
    joins: u32,
    right: u32,
}

impl Tally {
    fn add(&mut self, other: &Tally) {
        self.copies += other.copies;
        self.found += other.found;
        self.joins += other.joins;
        self.right += other.right;
    }

    fn recall(&self) -> f64 {
        share(self.found, self.copies)
    }

    fn precision(&self) -> f64 {
        share(self.right, self.joins)
    }
}

/// By whether the index had learned from 1,000 articles, and by kind.
type Kinds = BTreeMap<(bool, &'static str), Tally>;

/// Kinds of copies, and the least share of them that is to be found.
const RECALL: [(&str, &[Kind], f64); 4] = [
    ("whole, framed and edited", &[Kind::Exact, Kind::Framed, Kind::Edited], 0.995),
    ("first and second halves", &[Kind::FirstHalf, Kind::SecondHalf], 0.99),
    ("last thirds", &[Kind::LastThird], 0.97),
    ("headline, quotes retyped", &[Kind::Retyped], 0.995),
];

/// Least share of joins that are right.
const PRECISION: f64 = 0.999;

struct Options {
    articles: u32,
    url: String,
    thresholds: Thresholds,
    /// Which random order, instead of that of appearance.
    order: Option<u64>,
    verbose: bool,
}

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let seeds = args.next().map_or(Ok(90_001..=90_001), |s| seeds(&s))?;
    let options = Options {
        articles: args.next().map_or(Ok(5_000), |s| s.parse())?,
        url: args.next().unwrap_or_else(|| "sqlite::memory:".to_owned()),
        thresholds: std::env::var("THRESHOLDS")
            .map_or_else(|_| Ok(Thresholds::default()), |j| serde_json::from_str(&j))?,
        order: std::env::var("SHUFFLE").ok().map(|n| n.parse()).transpose()?,
        verbose: std::env::var_os("VERBOSE").is_some(),
    };
    let mut kinds = Kinds::new();
    for seed in seeds {
        measure(seed, &options, &mut kinds).await?;
    }
    println!("\n{:26}{:>8}{:>8}{:>8}{:>8}", "kind", "copies", "recall", "joins", "precis.");
    for after in [false, true] {
        let mut sum = Tally::default();
        for ((_, kind), tally) in kinds.iter().filter(|((a, _), _)| *a == after) {
            print(kind, tally);
            sum.add(tally);
        }
        print(if after { "after the first 1,000" } else { "the first 1,000" }, &sum);
    }
    // Out of order a copy comes before its original as often as not: then what counts is the end.
    let met = options.order.is_some() || targets(&kinds);
    Ok(if met { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// `7` or `7..9`, both ends included.
fn seeds(text: &str) -> Result<RangeInclusive<u64>, ParseIntError> {
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    Ok(first.parse()?..=last.parse()?)
}

/// Prints the figures beside their targets; whether all are met.
fn targets(kinds: &Kinds) -> bool {
    let mut met = true;
    let mut line = |what: &str, ours: f64, least: f64| {
        met &= ours >= least;
        println!("{what:26}{ours:8.4}{least:8}{:>8}", if ours >= least { "" } else { "MISSED" });
    };
    println!("\n{:26}{:>8}{:>8}", "", "ours", "target");
    for (what, of, least) in RECALL {
        let mut sum = Tally::default();
        kinds.iter().filter(|((_, kind), _)| of.iter().any(|k| k.as_str() == *kind)).for_each(|(_, t)| sum.add(t));
        line(what, sum.recall(), least);
    }
    let mut all = Tally::default();
    kinds.values().for_each(|t| all.add(t));
    line("precision", all.precision(), PRECISION);
    met
}

/// One seed's articles, one after the other, on an empty index.
async fn measure(seed: u64, options: &Options, kinds: &mut Kinds) -> Result<(), Box<dyn Error>> {
    let mut rows: Vec<TruthRow> = press::texts(seed, options.articles).collect();
    if let Some(order) = options.order {
        shuffle(&mut rows, order);
    }
    let settings =
        IndexSettings { url: options.url.clone(), thresholds: options.thresholds, ..IndexSettings::default() };
    let index = open(&settings).await?;
    index.clear().await?;
    let mut story_of: HashMap<StoryId, StoryId> = HashMap::new();
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
        if options.verbose && ((joined && !right) || (row.kind.is_copy() && !joined)) {
            explain(&rows, row, number, &query, &verdict, joined);
        }
        verdicts.push(verdict);
    }
    println!("seed {seed}");
    let strays = at_the_end(&rows, &verdicts);
    for story in strays.iter().filter(|_| options.verbose) {
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
    let memory = stats.memory as f64 / stats.articles as f64;
    println!("    {:.0} bytes an article, {memory:.0} in memory", stats.bytes_per_article());
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
    println!("    at the end: {strays} of {copies} copies are apart from their originals, {mixed} stories hold two");
    let by_kind: Vec<String> = apart.iter().filter(|(_, n)| n.1 > 0).map(|(k, n)| format!("{k} {}", n.1)).collect();
    println!("    apart: {}", by_kind.join(", "));
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

fn share(part: u32, whole: u32) -> f64 {
    if whole == 0 { 1.0 } else { f64::from(part) / f64::from(whole) }
}

fn print(kind: &str, tally: &Tally) {
    println!("{kind:26}{:8}{:8.4}{:8}{:8.4}", tally.copies, tally.recall(), tally.joins, tally.precision());
}
