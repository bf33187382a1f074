//! Hubs that tell of news.

use crate::metrics::counters;
use prometheus::IntCounterVec;
use std::sync::LazyLock;

static ASKED: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters("wireroom_hub_requests_total", "Requests to hubs to tell of news, by what came of them.", &["result"])
});
static CALLS: LazyLock<IntCounterVec> =
    LazyLock::new(|| counters("wireroom_hub_calls_total", "Hubs' calls, by what they came to.", &["result"]));

/// A hub was asked to tell.
#[derive(Debug)]
pub struct HubAsked<'a> {
    /// `taken` or `failed`.
    pub result: &'static str,
    /// The hub's address.
    pub hub: &'a str,
    /// The feed's, as the hub knows it.
    pub topic: &'a str,
    /// The cause, for people.
    pub detail: &'a str,
}

impl HubAsked<'_> {
    /// Writes the line and moves the metric.
    pub fn emit(&self) {
        let Self { result, hub, topic, detail } = self;
        ASKED.with_label_values(&[*result]).inc();
        tracing::info!(result, hub, topic, detail, "a hub was asked to tell of news");
    }
}

/// A hub called.
#[derive(Debug)]
pub struct HubCalled<'a> {
    /// `verified`, `denied`, `other_topic`, `not_asked`, `heard` or `forged`.
    pub result: &'static str,
    /// The hub's address.
    pub hub: &'a str,
    /// The feed's, as the hub knows it.
    pub topic: &'a str,
}

impl HubCalled<'_> {
    /// Writes the line and moves the metric.
    pub fn emit(&self) {
        let Self { result, hub, topic } = self;
        CALLS.with_label_values(&[*result]).inc();
        tracing::debug!(result, hub, topic, "a hub called");
    }
}
