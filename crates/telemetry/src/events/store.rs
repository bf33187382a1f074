//! What the store does.

use crate::metrics::{counters, gauge, histogram};
use prometheus::{Gauge, Histogram, IntCounterVec};
use std::sync::LazyLock;

static APPLYING: LazyLock<Histogram> = LazyLock::new(|| {
    histogram(
        "wireroom_store_apply_seconds",
        "Time the publisher's transaction took, retries included.",
        &[0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0],
    )
});
static CONFLICTS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters(
        "wireroom_store_conflicts_total",
        "Publisher's transactions that met another worker's on the same rows, by whether they were tried again.",
        &["outcome"],
    )
});
static SCHEMA: LazyLock<Gauge> =
    LazyLock::new(|| gauge("wireroom_store_schema_version", "Schema version this process brought the store to."));
static PRUNED: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters(
        "wireroom_store_pruned_rows_total",
        "Rows forgotten because their time was over, by what they held.",
        &["what"],
    )
});

/// The publisher's transaction has committed.
#[derive(Debug)]
pub struct ArrivalApplied<'a> {
    /// What it changed: a closed list of the store's.
    pub change: &'static str,
    /// Which article.
    pub article: &'a str,
    /// Its story.
    pub story: &'a str,
    /// Stories merged by it.
    pub merged: usize,
    /// Time it took, retries included.
    pub seconds: f64,
}

impl ArrivalApplied<'_> {
    /// Writes the line and moves the metric; what changed is counted by the publisher.
    pub fn emit(&self) {
        APPLYING.observe(self.seconds);
        let Self { change, article, story, merged, seconds } = self;
        tracing::debug!(change, article, story, merged, seconds, "arrival applied to the store");
    }
}

/// Two publishers' transactions met on the same rows.
#[derive(Debug)]
pub struct ApplyConflicted<'a> {
    /// Which article.
    pub article: &'a str,
    /// Try that met it, from 1.
    pub attempt: u32,
    /// Whether it is tried again at once; else the message takes the ladder.
    pub again: bool,
    /// What the database said.
    pub error: &'a str,
}

impl ApplyConflicted<'_> {
    /// Writes the line and moves the metric.
    pub fn emit(&self) {
        CONFLICTS.with_label_values(&[if self.again { "retried" } else { "given_up" }]).inc();
        let Self { article, attempt, again, error } = self;
        tracing::debug!(article, attempt, again, error, "another publisher changed the same rows");
    }
}

/// The store's schema was made or brought up to date.
#[derive(Debug)]
pub struct SchemaMigrated {
    /// `postgres` or `sqlite`.
    pub backend: &'static str,
    /// Version found; 0 for an empty database.
    pub from: i64,
    /// Version now.
    pub to: i64,
}

impl SchemaMigrated {
    /// Writes the line and moves the metric.
    pub fn emit(&self) {
        // Versions are small: a float holds them exactly.
        SCHEMA.set(self.to as f64);
        let Self { backend, from, to } = self;
        tracing::info!(backend, from, to, "the store's schema is up to date");
    }
}

/// Rows were forgotten because their time was over.
#[derive(Debug)]
pub struct RowsPruned {
    /// `decisions`, `captures`, `ledger`, `entries`, `hashes` or `changes`.
    pub what: &'static str,
    /// How many.
    pub rows: u64,
}

impl RowsPruned {
    /// Writes the line, if there were any, and moves the metric.
    pub fn emit(&self) {
        PRUNED.with_label_values(&[self.what]).inc_by(self.rows);
        let Self { what, rows } = self;
        if *rows > 0 {
            tracing::info!(what, rows, "rows forgotten, their time was over");
        }
    }
}
