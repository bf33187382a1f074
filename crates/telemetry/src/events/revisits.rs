//! Looking at articles again.

use crate::metrics::{counter, counters, histogram};
use prometheus::{Histogram, IntCounter, IntCounterVec};
use std::sync::LazyLock;

static SENT: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters(
        "wireroom_revisits_sent_total",
        "Articles that the scheduler sent to be looked at again, by which look it is.",
        &["visit"],
    )
});
static LATE: LazyLock<Histogram> = LazyLock::new(|| {
    histogram(
        "wireroom_revisits_late_seconds",
        "Time from when a look was due to its sending.",
        &[1.0, 10.0, 60.0, 600.0, 3_600.0, 21_600.0, 86_400.0],
    )
});
static HELD: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters("wireroom_revisits_held_total", "Rounds in which no revisits were sent, by why.", &["reason"])
});
static FORGOTTEN: LazyLock<IntCounter> = LazyLock::new(|| {
    counter("wireroom_revisits_forgotten_total", "Articles that are looked at no more although a look was left.")
});
static UNREADABLE: LazyLock<IntCounter> = LazyLock::new(|| {
    counter("wireroom_revisits_unreadable_total", "Looks left out since their page could not be read from the store.")
});

/// An article was sent to be looked at again.
#[derive(Debug)]
pub struct RevisitsSent {
    /// `hour`, `day` or `week`: the first, second or third look.
    pub visit: &'static str,
    /// How late.
    pub late_seconds: f64,
}

impl RevisitsSent {
    /// Writes the line and moves the metrics.
    pub fn emit(&self) {
        let Self { visit, late_seconds } = self;
        SENT.with_label_values(&[*visit]).inc();
        LATE.observe(*late_seconds);
        tracing::debug!(visit, late_seconds, "an article is looked at again");
    }
}

/// A round sent nothing although looks may be due.
#[derive(Debug)]
pub struct RevisitsHeld<'a> {
    /// `pages_waiting`, `store_away` or `queue_away`.
    pub reason: &'static str,
    /// The cause, for people.
    pub detail: &'a str,
}

impl RevisitsHeld<'_> {
    /// Writes the line and moves the metric.
    pub fn emit(&self) {
        HELD.with_label_values(&[self.reason]).inc();
        let Self { reason, detail } = self;
        match *reason {
            "pages_waiting" => tracing::debug!(reason, detail, "no revisits sent"),
            _ => tracing::warn!(reason, detail, "no revisits sent"),
        }
    }
}

/// Articles grew too old for the looks they had left.
#[derive(Debug)]
pub struct RevisitsForgotten {
    /// How many.
    pub articles: u64,
}

impl RevisitsForgotten {
    /// Writes the line and moves the metric.
    pub fn emit(&self) {
        FORGOTTEN.inc_by(self.articles);
        let articles = self.articles;
        tracing::info!(articles, "gave up revisits that are long overdue");
    }
}

/// A page in the store can't be read: written by another release.
#[derive(Debug)]
pub struct RevisitUnreadable<'a> {
    /// Whose.
    pub article: &'a str,
    /// Why.
    pub error: &'a str,
}

impl RevisitUnreadable<'_> {
    /// Writes the line and moves the metric.
    pub fn emit(&self) {
        UNREADABLE.inc();
        let Self { article, error } = self;
        tracing::warn!(article, error, "an article's page for revisits can't be read; it is not looked at again");
    }
}
