//! What becomes of spans on their way to a collector.

use crate::metrics::counters;
use prometheus::IntCounterVec;
use std::sync::LazyLock;

static SPANS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters("wireroom_spans_total", "Spans that a collector was to get, by whether it took them.", &["outcome"])
});

/// A batch of spans went to the collector, or was lost. Nothing else is lost with it.
#[derive(Debug)]
pub struct SpansSent<'a> {
    /// How many.
    pub count: u64,
    /// Why the collector has them not.
    pub failure: Option<&'a str>,
}

impl SpansSent<'_> {
    /// Moves the metric, and writes a line if they are lost.
    pub fn emit(&self) {
        let Self { count, failure } = self;
        SPANS.with_label_values(&[if failure.is_none() { "sent" } else { "lost" }]).inc_by(*count);
        if let Some(why) = failure {
            tracing::warn!(count, why, "the collector did not take these spans");
        }
    }
}
