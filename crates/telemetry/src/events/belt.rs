//! What happens to messages.

use crate::metrics::{counters, histograms};
use prometheus::{HistogramVec, IntCounterVec};
use std::sync::LazyLock;

static SETTLED: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters(
        "wireroom_messages_settled_total",
        "Messages settled, by what the handler decided.",
        &["stage", "outcome", "reason"],
    )
});
static HANDLING: LazyLock<HistogramVec> = LazyLock::new(|| {
    histograms(
        "wireroom_message_handling_seconds",
        "Time from taking a message to deciding about it.",
        &["stage"],
        &[0.001, 0.005, 0.02, 0.1, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0],
    )
});

/// A handler has decided and the decision is settled with the broker.
#[derive(Debug)]
pub struct MessageSettled<'a> {
    /// Where.
    pub stage: &'static str,
    /// `done`, `drop`, `retry` or `dead`.
    pub outcome: &'static str,
    /// From a closed enum; empty for `done`.
    pub reason: &'static str,
    /// Which message.
    pub message_id: &'a str,
    /// Attempt that decided, from 1.
    pub attempt: u32,
    /// Time the handler took.
    pub seconds: f64,
    /// The cause, for people.
    pub detail: &'a str,
}

impl MessageSettled<'_> {
    /// Writes the line and moves the metrics.
    pub fn emit(&self) {
        SETTLED.with_label_values(&[self.stage, self.outcome, self.reason]).inc();
        HANDLING.with_label_values(&[self.stage]).observe(self.seconds);
        let Self { stage, outcome, reason, message_id, attempt, seconds, detail } = self;
        match *outcome {
            "dead" => tracing::warn!(stage, reason, message_id, attempt, seconds, detail, "message is dead"),
            "retry" => tracing::info!(stage, reason, message_id, attempt, seconds, detail, "message will be retried"),
            _ => tracing::debug!(stage, outcome, reason, message_id, attempt, seconds, detail, "message settled"),
        }
    }
}
