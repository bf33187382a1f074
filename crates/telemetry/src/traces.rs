//! Spans of messages, sent to a collector over OTLP (OpenTelemetry Protocol 1.x, HTTP with protobuf).
//!
//! A message carries its W3C Trace Context from belt to belt, and that is where a span's names come from; nothing here
//! makes up a trace. Spans wait in a bounded queue for a thread of their own: a collector that is slow or away costs
//! spans, never a message's time.

use crate::events::traces::SpansSent;
use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_otlp::{WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, SpanData, SpanExporter, SpanProcessor};
use serde::{Deserialize, Serialize};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

/// How long a collector may take for a batch, and how long the process waits for it at its end.
const PATIENCE: Duration = Duration::from_secs(5);
/// Spans that wait for the collector: some seconds of a busy process, a few MB. What comes on top is dropped.
const WAITING: usize = 8_192;
/// Spans of a request: some 200 kB.
const BATCH: usize = 512;

static COLLECTOR: OnceLock<Collector> = OnceLock::new();

/// Where spans go.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TraceSettings {
    /// A collector's OTLP/HTTP address, such as `http://collector:4318`; empty for none. It is the operator's own and
    /// asked directly: neither the guard of addresses nor a proxy stands between.
    pub otlp: String,
    /// Share of traces that are sent, from 0 to 1. Decided by trace id, so that every process sends the same ones whole.
    pub share: f64,
}

impl Default for TraceSettings {
    fn default() -> Self {
        Self { otlp: String::new(), share: 1.0 }
    }
}

#[derive(Debug)]
struct Collector {
    processor: BatchSpanProcessor,
    scope: InstrumentationScope,
    share: f64,
}

/// Sends what is waiting when it is dropped.
#[derive(Debug)]
#[must_use = "spans are sent until it is dropped"]
pub struct Traces(());

impl Drop for Traces {
    fn drop(&mut self) {
        if let Some(collector) = COLLECTOR.get() {
            // A collector that is away then has what it has.
            let _ = collector.processor.shutdown_with_timeout(PATIENCE);
        }
    }
}

/// Starts sending spans, where the settings name a collector. A second call changes nothing. Fails if the address is
/// none.
pub fn init(settings: &TraceSettings, release: &'static str) -> Result<Option<Traces>, String> {
    if settings.otlp.is_empty() {
        return Ok(None);
    }
    let wrong = |why: &dyn std::fmt::Display| format!("traces.otlp “{}”: {why}", settings.otlp);
    let endpoint = format!("{}/v1/traces", settings.otlp.trim_end_matches('/'));
    if !(endpoint.starts_with("http://") || endpoint.starts_with("https://")) {
        return Err(wrong(&"not an http or https address"));
    }
    if !(0.0..=1.0).contains(&settings.share) {
        return Err(format!("traces.share = {}: a share lies between 0 and 1", settings.share));
    }
    let exporter = exporter(endpoint).map_err(|e| wrong(&e))?;
    let batches = BatchConfigBuilder::default().with_max_queue_size(WAITING).with_max_export_batch_size(BATCH).build();
    let mut processor = BatchSpanProcessor::builder(exporter).with_batch_config(batches).build();
    let ours = KeyValue::new("service.version", release);
    processor.set_resource(&Resource::builder_empty().with_service_name("wireroom").with_attribute(ours).build());
    let scope = InstrumentationScope::builder("wireroom").with_version(release).build();
    let _ = COLLECTOR.set(Collector { processor, scope, share: settings.share });
    Ok(Some(Traces(())))
}

fn exporter(endpoint: String) -> Result<Watched, String> {
    // A blocking client must not be made on a thread that runs tasks.
    let made = std::thread::spawn(move || {
        let client = reqwest::blocking::Client::builder().no_proxy().timeout(PATIENCE).build();
        let client = client.map_err(|e| e.to_string())?;
        let exporter = opentelemetry_otlp::SpanExporter::builder().with_http().with_http_client(client);
        exporter.with_endpoint(endpoint).with_timeout(PATIENCE).build().map_err(|e| e.to_string())
    });
    made.join().map_err(|_| "no HTTP client".to_owned())?.map(Watched)
}

/// Says what became of each batch.
#[derive(Debug)]
struct Watched(opentelemetry_otlp::SpanExporter);

impl SpanExporter for Watched {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let count = batch.len() as u64;
        let result = self.0.export(batch).await;
        let failure = result.as_ref().err().map(ToString::to_string);
        SpansSent { count, failure: failure.as_deref() }.emit();
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }
}

/// What a stage did with a message, or a publisher: a span by the messaging conventions of OpenTelemetry.
#[derive(Clone, Copy, Debug)]
pub struct MessageSpan<'a> {
    /// Its own `traceparent`, which what it caused has as its parent.
    pub own: &'a str,
    /// The `traceparent` it came with.
    pub parent: Option<&'a str>,
    /// When it began. It ends when it is told.
    pub began: SystemTime,
}

impl MessageSpan<'_> {
    /// Hands the span over; does nothing where there is no collector.
    pub(crate) fn tell(&self, what: &Told<'_>) {
        let Some(collector) = COLLECTOR.get() else { return };
        let Some(own) = context(self.own) else { return };
        if !chosen(own.trace_id(), collector.share) {
            return;
        }
        let text = |key: &'static str, value: &str| KeyValue::new(key, value.to_owned());
        let mut attributes = vec![
            text("messaging.system", "wireroom"),
            text("messaging.operation.type", what.kind.operation()),
            text("messaging.destination.name", what.belt),
            text("messaging.message.id", what.message_id),
        ];
        for (key, value) in what.more {
            if !value.is_empty() {
                attributes.push(text(key, value));
            }
        }
        let parent = self.parent.and_then(context).map_or(SpanId::INVALID, |p| p.span_id());
        collector.processor.on_end(SpanData {
            span_context: own,
            parent_span_id: parent,
            parent_span_is_remote: true,
            span_kind: what.kind.span_kind(),
            name: format!("{} {}", what.kind.operation(), what.belt).into(),
            start_time: self.began,
            end_time: SystemTime::now().max(self.began),
            attributes,
            dropped_attributes_count: 0,
            events: Default::default(),
            links: Default::default(),
            status: what.failure.map_or(Status::Unset, |why| Status::error(why.to_owned())),
            instrumentation_scope: collector.scope.clone(),
        });
    }
}

/// The two ends of a belt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Send,
    Process,
}

impl Kind {
    fn operation(self) -> &'static str {
        match self {
            Kind::Send => "send",
            Kind::Process => "process",
        }
    }

    fn span_kind(self) -> SpanKind {
        match self {
            Kind::Send => SpanKind::Producer,
            Kind::Process => SpanKind::Consumer,
        }
    }
}

/// A span's contents.
pub(crate) struct Told<'a> {
    pub(crate) kind: Kind,
    pub(crate) belt: &'a str,
    pub(crate) message_id: &'a str,
    /// Further attributes; empty ones are left out.
    pub(crate) more: &'a [(&'static str, &'a str)],
    pub(crate) failure: Option<&'a str>,
}

/// A `traceparent` that says *sampled*; the queue has checked its form.
fn context(traceparent: &str) -> Option<SpanContext> {
    let mut parts = traceparent.split('-').skip(1);
    let trace = TraceId::from_hex(parts.next()?).ok()?;
    let span = SpanId::from_hex(parts.next()?).ok()?;
    let flags = TraceFlags::new(u8::from_str_radix(parts.next()?, 16).ok()?);
    let context = SpanContext::new(trace, span, flags, true, TraceState::NONE);
    (context.is_valid() && flags.is_sampled()).then_some(context)
}

/// By the last 56 bits, which W3C Trace Context level 2 wants random.
fn chosen(trace: TraceId, share: f64) -> bool {
    let bytes = trace.to_bytes();
    let random = bytes[9..].iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    (random as f64) < share * (1_u64 << 56) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_traces_is_chosen_the_same_everywhere() {
        let traces = (0..10_000_u128).map(|n| TraceId::from(n.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)));
        let chosen_of = |share| traces.clone().filter(|t| chosen(*t, share)).collect::<Vec<_>>();
        assert_eq!((chosen_of(0.0).len(), chosen_of(1.0).len()), (0, 10_000));
        let tenth = chosen_of(0.1);
        assert!((900..1_100).contains(&tenth.len()), "{}", tenth.len());
        let half = chosen_of(0.5);
        assert!(tenth.iter().all(|t| half.contains(t)), "a greater share has all of a smaller one");
    }

    #[test]
    fn what_was_not_to_be_sampled_is_not_sent() {
        let with = |flags: &str| context(&format!("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-{flags}"));
        assert!(with("01").is_some() && with("03").is_some());
        assert!(with("00").is_none());
    }

    /// The one test that sends: a process has one collector.
    #[test]
    fn spans_that_no_collector_takes_are_counted() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let otlp = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let traces = init(&TraceSettings { otlp, share: 1.0 }, "0").unwrap();
        let own = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let told = Told { kind: Kind::Send, belt: "feeds", message_id: "m", more: &[], failure: None };
        MessageSpan { own, parent: None, began: SystemTime::now() }.tell(&told);
        drop(traces);
        assert_eq!(crate::sum("wireroom_spans_total", &[("outcome", "lost")], &[]), 1.0);
    }

    #[test]
    fn what_can_not_be_meant_is_refused_by_name() {
        let settings = TraceSettings { otlp: "collector:4318".to_owned(), ..TraceSettings::default() };
        assert_eq!(init(&settings, "0").unwrap_err(), "traces.otlp “collector:4318”: not an http or https address");
        let settings = TraceSettings { otlp: "http://collector:4318".to_owned(), share: 10.0 };
        assert_eq!(init(&settings, "0").unwrap_err(), "traces.share = 10: a share lies between 0 and 1");
    }
}
