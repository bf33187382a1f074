//! What the fetcher and the web client do.

use crate::metrics::{counter, counters, histograms};
use prometheus::{HistogramVec, IntCounter, IntCounterVec};
use std::sync::LazyLock;

static REQUESTS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters(
        "wireroom_web_requests_total",
        "Requests that left the house, by what they were for and how they ended.",
        &["kind", "outcome"],
    )
});
static REQUEST_SECONDS: LazyLock<HistogramVec> = LazyLock::new(|| {
    histograms(
        "wireroom_web_request_seconds",
        "Time of a request with its redirects, to the last byte.",
        &["kind"],
        &[0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0],
    )
});
static BYTES: LazyLock<IntCounterVec> =
    LazyLock::new(|| counters("wireroom_web_body_bytes_total", "Bytes of bodies, decompressed.", &["kind"]));
static ROBOTS: LazyLock<IntCounterVec> =
    LazyLock::new(|| counters("wireroom_robots_files_total", "Attempts to read a robots.txt, by result.", &["result"]));
static SLOTS: LazyLock<IntCounterVec> =
    LazyLock::new(|| counters("wireroom_host_slots_total", "Requests for a host's slot, by result.", &["result"]));
static SLOWED: LazyLock<IntCounter> =
    LazyLock::new(|| counter("wireroom_hosts_slowed_total", "Times a host asked to be left alone for a while."));

/// A request got its answer, or none.
#[derive(Debug)]
pub struct RequestDone<'a> {
    /// `feed`, `page`, `robots`, `image`, `well_known` or `notice`.
    pub kind: &'static str,
    /// Class of the status, or the name of a failure.
    pub outcome: &'static str,
    /// Which host. Never the address: its path and query may be a secret.
    pub host: &'a str,
    /// HTTP status; 0 if none came.
    pub status: u16,
    /// Bytes of the body, decompressed.
    pub bytes: u64,
    /// Time with all redirects.
    pub seconds: f64,
    /// Why it failed; empty if it didn't.
    pub detail: &'a str,
}

impl RequestDone<'_> {
    /// Writes the line and moves the metrics.
    pub fn emit(&self) {
        REQUESTS.with_label_values(&[self.kind, self.outcome]).inc();
        REQUEST_SECONDS.with_label_values(&[self.kind]).observe(self.seconds);
        BYTES.with_label_values(&[self.kind]).inc_by(self.bytes);
        let Self { kind, outcome, host, status, bytes, seconds, detail } = self;
        if *outcome == "forbidden_address" {
            tracing::warn!(kind, outcome, host, seconds, detail, "an address led inward and was refused");
        } else {
            tracing::debug!(kind, outcome, host, status, bytes, seconds, detail, "request done");
        }
    }
}

/// A host's robots.txt was asked for.
#[derive(Debug)]
pub struct RobotsRead<'a> {
    /// Which host.
    pub host: &'a str,
    /// `rules`, `none` (4xx: everything is allowed), `unreachable` or `stale` (an older file serves on).
    pub result: &'static str,
    /// Why it can't be had; empty if it could.
    pub detail: &'a str,
}

impl RobotsRead<'_> {
    /// Writes the line and moves the metric.
    pub fn emit(&self) {
        ROBOTS.with_label_values(&[self.result]).inc();
        let Self { host, result, detail } = self;
        match *result {
            "unreachable" => {
                tracing::info!(host, result, detail, "robots.txt can't be had: the host is closed for now")
            }
            _ => tracing::debug!(host, result, detail, "robots.txt read"),
        }
    }
}

/// Somebody asked for a host's slot.
#[derive(Debug)]
pub struct SlotAsked<'a> {
    /// Which host.
    pub host: &'a str,
    /// `taken`, `far` (booked, and too far to wait for), `full` (nothing booked), `crowded` (enough are waiting)
    /// or `connected` (its connections are in use).
    pub result: &'static str,
    /// How far the slot is.
    pub wait_seconds: f64,
}

impl SlotAsked<'_> {
    /// Writes the line and moves the metric.
    pub fn emit(&self) {
        SLOTS.with_label_values(&[self.result]).inc();
        let Self { host, result, wait_seconds } = self;
        tracing::debug!(host, result, wait_seconds, "host slot asked for");
    }
}

/// A host said 429 or 503, or asked to be left alone.
#[derive(Debug)]
pub struct HostSlowed<'a> {
    /// Which host.
    pub host: &'a str,
    /// For how long.
    pub seconds: f64,
}

impl HostSlowed<'_> {
    /// Writes the line and moves the metric.
    pub fn emit(&self) {
        SLOWED.inc();
        let Self { host, seconds } = self;
        tracing::info!(host, seconds, "a host is left alone for a while, by all replicas");
    }
}
