//! Judging again what was published.

use crate::metrics::{counter, counters};
use prometheus::{IntCounter, IntCounterVec};
use std::sync::LazyLock;

static NARROWED: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters(
        "wireroom_articles_narrowed_total",
        "Published articles of which less is carried since, by how much and which signal decided.",
        &["carry", "reason"],
    )
});
static PASSES: LazyLock<IntCounter> = LazyLock::new(|| {
    counter("wireroom_rejudge_passes_total", "Passes over all that is carried that came to their end.")
});
static HELD: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters("wireroom_rejudge_held_total", "Rounds in which nothing could be judged again, by why.", &["reason"])
});
static AGAIN: LazyLock<IntCounter> = LazyLock::new(|| {
    counter(
        "wireroom_rejudge_looks_total",
        "Published articles that are looked at again since their publisher's newest pages say no.",
    )
});

/// Less of a published article is carried from now on.
#[derive(Debug)]
pub struct ArticleNarrowed<'a> {
    /// Whose.
    pub source: &'a str,
    /// Its address.
    pub url: &'a str,
    /// How much is carried now.
    pub carry: &'static str,
    /// The signal that decided.
    pub reason: &'static str,
    /// Its words.
    pub evidence: &'a str,
}

impl ArticleNarrowed<'_> {
    /// Writes the line and moves the metric.
    pub fn emit(&self) {
        let Self { source, url, carry, reason, evidence } = self;
        NARROWED.with_label_values(&[*carry, *reason]).inc();
        tracing::info!(source, url, carry, reason, evidence, "less of an article is carried from now on");
    }
}

/// All that is carried was judged again.
#[derive(Debug)]
pub struct PassEnded;

impl PassEnded {
    /// Writes the line and moves the metric.
    pub fn emit(&self) {
        PASSES.inc();
        tracing::debug!("all that is carried was judged again");
    }
}

/// A round judged nothing although something may be due.
#[derive(Debug)]
pub struct JudgingHeld<'a> {
    /// `articles_full`, `store_away`, `queue_away` or `slots_away`.
    pub reason: &'static str,
    /// The cause, for people.
    pub detail: &'a str,
}

impl JudgingHeld<'_> {
    /// Writes the line and moves the metric.
    pub fn emit(&self) {
        HELD.with_label_values(&[self.reason]).inc();
        let Self { reason, detail } = self;
        match *reason {
            // The queue's own event says when pressure begins and ends.
            "articles_full" => tracing::debug!(reason, detail, "nothing is judged again"),
            _ => tracing::warn!(reason, detail, "nothing is judged again"),
        }
    }
}

/// A publisher's newest pages say no in their own headers or tags: what is carried of it from before is looked at again.
#[derive(Debug)]
pub struct LookedAtAgain<'a> {
    /// Whose.
    pub source: &'a str,
    /// At which host.
    pub host: &'a str,
    /// Articles that are asked for now.
    pub articles: usize,
}

impl LookedAtAgain<'_> {
    /// Writes the line and moves the metric.
    pub fn emit(&self) {
        let Self { source, host, articles } = self;
        AGAIN.inc_by(*articles as u64);
        tracing::info!(
            source,
            host,
            articles,
            "the newest pages say no: what is carried from before is looked at again"
        );
    }
}
