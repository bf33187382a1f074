//! What the publisher, the site and the courier do.

use crate::metrics::{counters, histogram, histograms};
use prometheus::{Histogram, HistogramVec, IntCounterVec};
use std::sync::LazyLock;

static APPLIED: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters("wireroom_arrivals_applied_total", "Arrivals put into the store, by what they changed.", &["change"])
});
static LAG: LazyLock<Histogram> = LazyLock::new(|| {
    histogram(
        "wireroom_story_lag_seconds",
        "Time from the response an article was read from to its place on the site, of arrivals that changed something.",
        &[0.1, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0, 300.0, 3600.0, 86_400.0],
    )
});
static NOTICES: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters("wireroom_notices_total", "Notices carried to webhooks, by event and result.", &["event", "result"])
});
static REQUESTS: LazyLock<IntCounterVec> =
    LazyLock::new(|| counters("wireroom_site_requests_total", "Requests the site answered.", &["route", "status"]));
static ANSWERING: LazyLock<HistogramVec> = LazyLock::new(|| {
    histograms(
        "wireroom_site_answer_seconds",
        "Time from a request's head to its answer's head.",
        &["route"],
        &[0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0],
    )
});
static FAILURES: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters("wireroom_site_failures_total", "Requests the site could not answer, by cause.", &["cause"])
});
static ACTS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters("wireroom_operator_acts_total", "What operators did on the operator's page.", &["action", "result"])
});

/// A publisher begins to work.
#[derive(Debug)]
pub struct PublisherBegan {
    /// All that an arrival can change.
    pub changes: Vec<&'static str>,
}

impl PublisherBegan {
    /// Moves the metric alone: "nothing applied" is to be a number, and the first arrival an increase.
    pub fn emit(&self) {
        for change in &self.changes {
            APPLIED.with_label_values(&[change]);
        }
    }
}

/// An arrival went through the store's transaction.
#[derive(Debug)]
pub struct StoryApplied<'a> {
    /// A change's name, from a closed list.
    pub change: &'static str,
    /// The story's id.
    pub story: &'a str,
    /// The article's id.
    pub article: &'a str,
    /// Seconds from the response it was read from to now.
    pub lag_seconds: f64,
}

impl StoryApplied<'_> {
    /// Writes the line and moves the metrics.
    pub fn emit(&self) {
        let Self { change, story, article, lag_seconds } = self;
        APPLIED.with_label_values(&[change]).inc();
        if !matches!(*change, "unchanged" | "older" | "taken_down") {
            LAG.observe(*lag_seconds);
        }
        tracing::debug!(change, story, article, lag_seconds, "arrival applied");
    }
}

/// A notice was carried to its target, or was not.
#[derive(Debug)]
pub struct NoticeCarried<'a> {
    /// The target's name in the settings.
    pub target: &'a str,
    /// `published`, `updated` or `removed`.
    pub event: &'static str,
    /// `delivered`, or a reason's name.
    pub result: &'static str,
    /// The story's id.
    pub story: &'a str,
}

impl NoticeCarried<'_> {
    /// Writes the line and moves the metric.
    pub fn emit(&self) {
        let Self { target, event, result, story } = self;
        NOTICES.with_label_values(&[event, result]).inc();
        tracing::debug!(target_name = target, event, result, story, "notice carried");
    }
}

/// The site answered a request.
#[derive(Debug)]
pub struct SiteAnswered<'a> {
    /// The route's pattern, or `none`: never the address itself.
    pub route: &'a str,
    /// HTTP status.
    pub status: u16,
    /// Time it took.
    pub seconds: f64,
}

impl SiteAnswered<'_> {
    /// Writes the line and moves the metrics.
    pub fn emit(&self) {
        let Self { route, status, seconds } = self;
        REQUESTS.with_label_values(&[*route, status_class(*status)]).inc();
        ANSWERING.with_label_values(&[*route]).observe(*seconds);
        tracing::debug!(route, status, seconds, "request answered");
    }
}

/// The site could not answer a request.
#[derive(Debug)]
pub struct SiteFailed<'a> {
    /// `store_away`, `store_broken`, `template`, `too_slow` or `too_busy`.
    pub cause: &'static str,
    /// For people.
    pub detail: &'a str,
}

impl SiteFailed<'_> {
    /// Writes the line and moves the metric.
    pub fn emit(&self) {
        let Self { cause, detail } = self;
        FAILURES.with_label_values(&[cause]).inc();
        tracing::warn!(cause, detail, "the site could not answer");
    }
}

/// An operator did something on the operator's page.
#[derive(Debug)]
pub struct OperatorActed<'a> {
    /// The token's name.
    pub actor: &'a str,
    /// What: from a closed list.
    pub action: &'static str,
    /// To what.
    pub object: &'a str,
    /// Whether it succeeded.
    pub done: bool,
}

impl OperatorActed<'_> {
    /// Writes the line and moves the metric.
    pub fn emit(&self) {
        let Self { actor, action, object, done } = self;
        ACTS.with_label_values(&[*action, if *done { "done" } else { "failed" }]).inc();
        tracing::info!(actor, action, object, done, "operator acted");
    }
}

fn status_class(status: u16) -> &'static str {
    match status / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}
