//! What the deduplicator and its index do.

use crate::metrics::{counters, gauge, histogram};
use prometheus::{Gauge, Histogram, IntCounterVec};
use std::sync::LazyLock;

static JUDGED: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters("wireroom_articles_judged_total", "Articles the deduplicator gave a verdict about.", &["verdict"])
});
static DECIDING: LazyLock<Histogram> = LazyLock::new(|| {
    histogram(
        "wireroom_index_decision_seconds",
        "Time from an article to its verdict, sketching included.",
        &[0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.25, 1.0, 5.0],
    )
});
static ARTICLES: LazyLock<Gauge> = LazyLock::new(|| gauge("wireroom_index_articles", "Articles the index remembers."));
static BYTES: LazyLock<Gauge> = LazyLock::new(|| gauge("wireroom_index_bytes", "Bytes the index's log takes."));
static MEMORY: LazyLock<Gauge> =
    LazyLock::new(|| gauge("wireroom_index_memory_bytes", "Bytes this replica's memory of the index takes, about."));
static PER_ARTICLE: LazyLock<Gauge> =
    LazyLock::new(|| gauge("wireroom_index_article_bytes", "Bytes the index's log takes for an article, on average."));

/// An article has its verdict.
#[derive(Debug)]
pub struct ArticleJudged<'a> {
    /// `new`, `revision`, `exact_copy` or `near_copy`.
    pub verdict: &'static str,
    /// Which article.
    pub article: &'a str,
    /// The story it belongs to.
    pub story: &'a str,
    /// How sure, 0 to 1.
    pub score: f32,
    /// Marks it shares with the story.
    pub shared: u32,
    /// Of so many that count.
    pub postings: u32,
    /// Time it took.
    pub seconds: f64,
}

impl ArticleJudged<'_> {
    /// Writes the line and moves the metrics.
    pub fn emit(&self) {
        JUDGED.with_label_values(&[self.verdict]).inc();
        DECIDING.observe(self.seconds);
        let Self { verdict, article, story, score, shared, postings, seconds } = self;
        tracing::debug!(verdict, article, story, score, shared, postings, seconds, "article judged");
    }
}

/// The index's size was measured.
#[derive(Debug)]
pub struct IndexMeasured {
    /// `embedded` or `redis`.
    pub backend: &'static str,
    /// Articles it remembers.
    pub articles: u64,
    /// Stories near copies are found of.
    pub stories: u64,
    /// Shingles it holds.
    pub shingles: u64,
    /// Bytes its log takes.
    pub bytes: u64,
    /// Bytes that this process's memory of it takes.
    pub memory: u64,
}

impl IndexMeasured {
    /// Writes the line and moves the metrics.
    pub fn emit(&self) {
        let Self { backend, articles, stories, shingles, bytes, memory } = self;
        let per_article = if *articles == 0 { 0.0 } else { *bytes as f64 / *articles as f64 };
        ARTICLES.set(*articles as f64);
        BYTES.set(*bytes as f64);
        MEMORY.set(*memory as f64);
        PER_ARTICLE.set(per_article);
        tracing::debug!(backend, articles, stories, shingles, bytes, memory, per_article, "index measured");
    }
}

/// Redis is set up so that the index may lose what it holds.
#[derive(Debug)]
pub struct IndexUnsafe<'a> {
    /// What is wrong and what to do.
    pub why: &'a str,
}

impl IndexUnsafe<'_> {
    /// Writes the line.
    pub fn emit(&self) {
        tracing::warn!(why = self.why, "the index may forget");
    }
}
