//! What the scheduler and the poller do.

use crate::metrics::{counter, counters};
use prometheus::{IntCounter, IntCounterVec};
use std::sync::LazyLock;

static POLLS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters("wireroom_feed_polls_total", "Polls of feeds that were decided, by what they brought.", &["result"])
});
static ENTRIES: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters("wireroom_feed_entries_total", "Entries that polls found listed, by what they are to us.", &["status"])
});
static SENT: LazyLock<IntCounter> =
    LazyLock::new(|| counter("wireroom_scheduler_polls_sent_total", "Polls that the scheduler put on the feeds belt."));
static HELD: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters(
        "wireroom_scheduler_rounds_held_total",
        "Rounds of the scheduler in which nothing was sent, by why.",
        &["reason"],
    )
});
static PRUNED: LazyLock<IntCounter> = LazyLock::new(|| {
    counter("wireroom_feed_entries_pruned_total", "Entries forgotten, since no feed lists them any more.")
});

/// A poll was decided.
#[derive(Debug)]
pub struct FeedPolled<'a> {
    /// Whose feed.
    pub source: &'a str,
    /// `news`, `nothing_new`, `unchanged` (304) or `failed`.
    pub result: &'static str,
    /// Entries never seen before.
    pub new: u64,
    /// Entries whose date of change moved.
    pub updated: u64,
    /// Entries known.
    pub seen: u64,
    /// Entries left for the next poll.
    pub left: u64,
    /// What was wrong, or decided, for people.
    pub detail: &'a str,
}

impl FeedPolled<'_> {
    /// Writes the line and moves the metrics.
    pub fn emit(&self) {
        let Self { source, result, new, updated, seen, left, detail } = self;
        POLLS.with_label_values(&[*result]).inc();
        for (status, count) in [("new", new), ("updated", updated), ("seen", seen), ("left", left)] {
            ENTRIES.with_label_values(&[status]).inc_by(*count);
        }
        match *result {
            "failed" => tracing::info!(source, result, detail, "feed could not be read"),
            _ => tracing::debug!(source, result, new, updated, seen, left, detail, "feed polled"),
        }
    }
}

/// The scheduler sent polls.
#[derive(Debug)]
pub struct PollsSent {
    /// How many.
    pub polls: u64,
    /// How late the longest due was.
    pub late_seconds: f64,
}

impl PollsSent {
    /// Writes the line and moves the metric.
    pub fn emit(&self) {
        SENT.inc_by(self.polls);
        let Self { polls, late_seconds } = self;
        tracing::debug!(polls, late_seconds, "polls sent");
    }
}

/// A round of the scheduler sent nothing although feeds may be due.
#[derive(Debug)]
pub struct RoundHeld<'a> {
    /// `feeds_full`, `pages_full`, `store_away` or `queue_away`.
    pub reason: &'static str,
    /// The cause, for people.
    pub detail: &'a str,
}

impl RoundHeld<'_> {
    /// Writes the line and moves the metric.
    pub fn emit(&self) {
        HELD.with_label_values(&[self.reason]).inc();
        let Self { reason, detail } = self;
        match *reason {
            // The queue's own event says when pressure begins and ends.
            "feeds_full" | "pages_full" => tracing::debug!(reason, detail, "no polls sent"),
            _ => tracing::warn!(reason, detail, "no polls sent"),
        }
    }
}

/// Entries that no feed lists any more were forgotten.
#[derive(Debug)]
pub struct EntriesPruned {
    /// How many.
    pub entries: u64,
}

impl EntriesPruned {
    /// Writes the line and moves the metric.
    pub fn emit(&self) {
        PRUNED.inc_by(self.entries);
        let entries = self.entries;
        tracing::info!(entries, "forgot entries that no feed lists any more");
    }
}
