//! What is lost of `explain`'s memory.

use crate::metrics::counter;
use prometheus::IntCounter;
use std::sync::LazyLock;

static LOST: LazyLock<IntCounter> = LazyLock::new(|| {
    counter(
        "wireroom_decisions_lost_total",
        "Decisions that `explain` will not know, because the store was too slow or away.",
    )
});

/// Decisions were not written. Articles are not concerned: only the memory of why is.
#[derive(Debug)]
pub struct DecisionsLost<'a> {
    /// How many.
    pub count: u64,
    /// Why.
    pub why: &'a str,
}

impl DecisionsLost<'_> {
    /// Writes the line and moves the metric.
    pub fn emit(&self) {
        LOST.inc_by(self.count);
        let Self { count, why } = self;
        tracing::warn!(count, why, "decisions were not written down");
    }
}
