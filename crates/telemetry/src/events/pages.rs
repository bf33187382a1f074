//! What the retriever does.

use crate::metrics::{counter, counters, histogram};
use prometheus::{Histogram, IntCounter, IntCounterVec};
use std::sync::LazyLock;

static PAGES: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters(
        "wireroom_pages_read_total",
        "Pages that became articles, by how much of them is carried and which signal decided.",
        &["carry", "reason"],
    )
});
static READING: LazyLock<Histogram> = LazyLock::new(|| {
    histogram(
        "wireroom_page_reading_seconds",
        "Time from a page's bytes to its article.",
        &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0],
    )
});
static WITHDRAWN: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters("wireroom_articles_withdrawn_total", "Articles that their publishers took off, by the answer.", &["cause"])
});
static CUT: LazyLock<IntCounter> = LazyLock::new(|| {
    counter("wireroom_articles_cut_total", "Articles whose end was cut, since their message was too large.")
});

/// A page was read.
#[derive(Debug)]
pub struct PageRead<'a> {
    /// Whose page. Never its address in a label.
    pub source: &'a str,
    /// Its address, for the line.
    pub url: &'a str,
    /// `full`, `excerpt` or `headline`.
    pub carry: &'static str,
    /// The signal that decided.
    pub reason: &'static str,
    /// Words of its text.
    pub words: usize,
    /// Time it took to read.
    pub seconds: f64,
    /// Blocks that were cut from its end.
    pub cut: usize,
}

impl PageRead<'_> {
    /// Writes the line and moves the metrics.
    pub fn emit(&self) {
        let Self { source, url, carry, reason, words, seconds, cut } = self;
        PAGES.with_label_values(&[*carry, *reason]).inc();
        READING.observe(*seconds);
        if *cut > 0 {
            CUT.inc();
        }
        tracing::debug!(source, url, carry, reason, words, seconds, cut, "page read");
    }
}

/// An article was withdrawn by its publisher.
#[derive(Debug)]
pub struct ArticleWithdrawn<'a> {
    /// Whose.
    pub source: &'a str,
    /// Its address.
    pub url: &'a str,
    /// What was answered: the name of a withdrawal's cause.
    pub cause: &'static str,
}

impl ArticleWithdrawn<'_> {
    /// Writes the line and moves the metric.
    pub fn emit(&self) {
        let Self { source, url, cause } = self;
        WITHDRAWN.with_label_values(&[*cause]).inc();
        tracing::info!(source, url, cause, "an article was withdrawn by its publisher");
    }
}
