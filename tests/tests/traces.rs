//! Spans as a collector gets them: an article's way is one trace, from the poll that found it to its publishing.

use crate::end_to_end::{PATIENCE, installation, press};
use crate::installation::{Mode, eventually};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prost::Message;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

type Spans = Arc<Mutex<Vec<Span>>>;

/// An OTLP/HTTP collector; gives its address.
async fn collector(spans: Spans) -> String {
    async fn take(State(spans): State<Spans>, body: Bytes) -> Vec<u8> {
        let request = ExportTraceServiceRequest::decode(body).unwrap();
        let resources = request.resource_spans.into_iter();
        spans.lock().unwrap().extend(resources.flat_map(|r| r.scope_spans).flat_map(|s| s.spans));
        ExportTraceServiceResponse::default().encode_to_vec()
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/v1/traces", post(take)).with_state(spans);
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

fn attribute<'a>(span: &'a Span, key: &str) -> &'a str {
    let found = span.attributes.iter().find(|a| a.key == key).and_then(|a| a.value.as_ref()?.value.as_ref());
    match found {
        Some(Value::StringValue(text)) => text,
        _ => "",
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_articles_way_is_one_trace_whose_spans_hang_together() {
    let press = press(40, 21).await;
    let spans = Spans::default();
    let (mut installation, store) = installation(Mode::Embedded, &press).await;
    installation.set(format!("traces.otlp={}", collector(spans.clone()).await));
    installation.start();
    let published = || spans.lock().unwrap().iter().filter(|s| s.name == "process stories").count();
    eventually(PATIENCE, || async {
        let (there, traced) = (store.articles_after(None, 500).await.unwrap().len(), published());
        (there == 0 || traced < there).then(|| format!("{traced} of {there} traced\n{}", installation.logs()))
    })
    .await;

    let spans = spans.lock().unwrap().clone();
    let by_id: HashMap<&[u8], &Span> = spans.iter().map(|s| (s.span_id.as_slice(), s)).collect();
    assert_eq!(by_id.len(), spans.len(), "a span has its id for itself");
    for last in spans.iter().filter(|s| s.name == "process stories") {
        // From the publisher back to the scheduler.
        let mut way = vec![last];
        while let Some(parent) = by_id.get(way[way.len() - 1].parent_span_id.as_slice()) {
            assert_eq!(parent.trace_id, last.trace_id);
            assert!(parent.start_time_unix_nano <= way[way.len() - 1].start_time_unix_nano);
            way.push(parent);
        }
        let mut names: Vec<&str> = way.iter().rev().map(|s| s.name.as_str()).collect();
        // A message that had to wait is handled more than once.
        names.dedup();
        assert_eq!(names, ["send feeds", "process feeds", "process pages", "process articles", "process stories"]);
        assert!(way[way.len() - 1].parent_span_id.is_empty(), "it begins nowhere else");
        assert_eq!((last.kind(), way[way.len() - 1].kind()), (SpanKind::Consumer, SpanKind::Producer));
        assert!(!attribute(last, "messaging.message.id").is_empty());
        assert_eq!(attribute(last, "wireroom.outcome"), "done");
    }
}
