//! The one metric registry. Names start with `wireroom_` and end with their unit.

use prometheus::{
    Encoder, Gauge, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, TextEncoder,
    core::Collector,
};

fn register<C: Collector + Clone + 'static>(made: prometheus::Result<C>) -> C {
    // Names, labels and buckets are constants of the code: a bad or doubled one fails the first test that
    // touches the metric.
    #[allow(clippy::expect_used)]
    let metric = made.expect("metric names, labels and buckets are valid constants");
    #[allow(clippy::expect_used)]
    prometheus::default_registry().register(Box::new(metric.clone())).expect("each metric is defined once");
    metric
}

/// A counter without labels.
pub fn counter(name: &str, help: &str) -> IntCounter {
    register(IntCounter::new(name, help))
}

/// A family of counters.
pub fn counters(name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
    register(IntCounterVec::new(Opts::new(name, help), labels))
}

/// A gauge without labels.
pub fn gauge(name: &str, help: &str) -> Gauge {
    register(Gauge::new(name, help))
}

/// A family of gauges.
pub fn gauges(name: &str, help: &str, labels: &[&str]) -> GaugeVec {
    register(GaugeVec::new(Opts::new(name, help), labels))
}

/// A histogram without labels; `buckets` in the metric's unit.
pub fn histogram(name: &str, help: &str, buckets: &[f64]) -> Histogram {
    register(Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets.to_vec())))
}

/// A family of histograms; `buckets` in the metric's unit.
pub fn histograms(name: &str, help: &str, labels: &[&str], buckets: &[f64]) -> HistogramVec {
    register(HistogramVec::new(HistogramOpts::new(name, help).buckets(buckets.to_vec()), labels))
}

/// All metrics of this process in Prometheus's text format.
pub fn render() -> String {
    let mut out = Vec::new();
    // Writing to memory can't fail, and our metrics are valid by construction.
    let _ = TextEncoder::new().encode(&prometheus::gather(), &mut out);
    String::from_utf8(out).unwrap_or_default()
}

/// The sum of a counter's or gauge's series that have all labels of `with` and none of `without`: for programs
/// that show their own numbers.
pub fn sum(name: &str, with: &[(&str, &str)], without: &[(&str, &str)]) -> f64 {
    let families = prometheus::gather();
    let Some(family) = families.iter().find(|f| f.name() == name) else { return 0.0 };
    let has = |metric: &prometheus::proto::Metric, (label, value): &(&str, &str)| {
        metric.get_label().iter().any(|l| l.name() == *label && l.value() == *value)
    };
    family
        .get_metric()
        .iter()
        .filter(|m| with.iter().all(|l| has(m, l)) && !without.iter().any(|l| has(m, l)))
        .map(|m| m.get_counter().get_value() + m.get_gauge().get_value())
        .sum()
}
