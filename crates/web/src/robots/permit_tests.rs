//! Files that come, don't come, and come too late.

use super::*;
use crate::{Client, Destination, Limits, MemorySlots, Politeness, PolitenessSettings, RobotsSettings, WebSettings};
use article::Timestamp;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Semaphore;
use url::Url;

/// A publisher whose robots.txt can be changed.
struct Publisher {
    status: AtomicU16,
    body: Mutex<String>,
    asked: AtomicUsize,
    unchanged: AtomicUsize,
    /// A permit lets one request for robots.txt be answered.
    gate: Semaphore,
}

async fn robots_txt(State(publisher): State<Arc<Publisher>>, headers: HeaderMap) -> impl IntoResponse {
    publisher.asked.fetch_add(1, Relaxed);
    publisher.gate.acquire().await.unwrap().forget();
    publisher.gate.add_permits(1);
    let body = publisher.body.lock().unwrap().clone();
    let etag = format!("\"{}\"", body.len());
    if headers.get("if-none-match").is_some_and(|v| v == etag.as_str()) {
        publisher.unchanged.fetch_add(1, Relaxed);
        return (StatusCode::NOT_MODIFIED, [("etag", etag)], String::new());
    }
    (StatusCode::from_u16(publisher.status.load(Relaxed)).unwrap(), [("etag", etag)], body)
}

async fn publish(body: &str) -> (Arc<Publisher>, Arc<Robots>) {
    publish_with(body, RobotsSettings { remembered: 10, ..RobotsSettings::default() }).await
}

async fn publish_with(body: &str, settings: RobotsSettings) -> (Arc<Publisher>, Arc<Robots>) {
    let publisher = Arc::new(Publisher {
        status: AtomicU16::new(200),
        body: Mutex::new(body.to_owned()),
        asked: AtomicUsize::new(0),
        unchanged: AtomicUsize::new(0),
        gate: Semaphore::new(1),
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new().route("/robots.txt", get(robots_txt)).with_state(publisher.clone());
    tokio::spawn(async move { axum::serve(listener, app).await });
    let resolve = [("*".to_owned(), Destination { address, plain: true })].into();
    let limits = Limits { first_byte_ms: 1_000, ..Limits::default() };
    let client = Client::new(WebSettings { resolve, limits, ..WebSettings::default() }).unwrap();
    // Slots of many a second: this is about rules, not rates.
    let rates = PolitenessSettings { host_per_second: 1_000.0, domain_per_second: 1_000, ..Default::default() };
    let politeness = Arc::new(Politeness::new(Arc::new(MemorySlots::new(1_000)), rates).unwrap());
    (publisher, Arc::new(Robots::new(client, politeness, settings)))
}

const START: Timestamp = Timestamp(1_800_000_000_000);
const RULES: &str = "User-agent: *\nDisallow: /closed\nCrawl-delay: 2\nContent-Usage: train-ai=n\n\
                     Content-Usage: /open train-ai=y\nSitemap: https://news.example/news.xml\n";

fn later(secs: u64) -> Timestamp {
    START.plus(Duration::from_secs(secs))
}

async fn permit(robots: &Robots, url: &str, now: Timestamp) -> Result<Permit, RobotsRefusal> {
    robots.permit(&Url::parse(url).unwrap(), now).await
}

#[tokio::test]
async fn a_file_is_asked_for_once_and_believed_for_a_day() {
    let (publisher, robots) = publish(RULES).await;
    let leave = permit(&robots, "https://news.example/open/story", START).await.unwrap();
    assert_eq!(leave.crawl_delay, Some(Duration::from_secs(2)));
    assert_eq!(leave.content_usage.as_deref(), Some("train-ai=y"));
    assert_eq!(*leave.sitemaps, ["https://news.example/news.xml"]);
    assert!(!leave.too_slow);
    for url in ["https://news.example/closed", "https://news.example/closed/a?b#c"] {
        assert!(matches!(permit(&robots, url, later(60)).await, Err(RobotsRefusal::Disallowed { .. })), "{url}");
    }
    assert_eq!(publisher.asked.load(Relaxed), 1);
    // Another port, another file; the next day the old one is asked about, and has not changed.
    permit(&robots, "https://news.example:8443/x", later(60)).await.unwrap();
    assert_eq!(publisher.asked.load(Relaxed), 2);
    permit(&robots, "https://news.example/x", later(86_401)).await.unwrap();
    assert_eq!((publisher.asked.load(Relaxed), publisher.unchanged.load(Relaxed)), (3, 1));
    // A site that closes its doors is obeyed within the day.
    *publisher.body.lock().unwrap() = "User-agent: *\nDisallow: /".to_owned();
    let refused = permit(&robots, "https://news.example/x", later(2 * 86_402)).await;
    assert!(matches!(refused, Err(RobotsRefusal::Disallowed { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_delay_above_the_cap_is_told() {
    let (_publisher, robots) = publish("User-agent: *\nCrawl-delay: 120").await;
    assert!(permit(&robots, "https://news.example/", START).await.unwrap().too_slow);
}

#[tokio::test]
async fn no_file_is_no_rule_and_a_failing_server_is_a_closed_one() {
    for (status, open) in [(404, true), (403, true), (410, true), (429, false), (500, false), (503, false)] {
        let (publisher, robots) = publish("").await;
        publisher.status.store(status, Relaxed);
        match permit(&robots, "https://news.example/x", START).await {
            Ok(leave) => assert!(open && leave == Permit::default(), "{status}"),
            Err(RobotsRefusal::Unknown { retry_at, .. }) => assert!(!open && retry_at == later(300), "{status}"),
            Err(other) => panic!("{status}: {other}"),
        }
        // Not asked again before its time.
        let _ = permit(&robots, "https://news.example/y", later(299)).await;
        assert_eq!(publisher.asked.load(Relaxed), 1, "{status}");
    }
}

#[tokio::test]
async fn an_old_file_serves_while_no_newer_comes_but_not_for_ever() {
    let settings = RobotsSettings { ttl_secs: 100, stale_secs: 1_000, retry_secs: 10, ..RobotsSettings::default() };
    let (publisher, robots) = publish_with(RULES, settings).await;
    permit(&robots, "https://news.example/x", START).await.unwrap();
    publisher.status.store(500, Relaxed);
    *publisher.body.lock().unwrap() = "another".to_owned();
    permit(&robots, "https://news.example/x", later(200)).await.unwrap();
    let refused = permit(&robots, "https://news.example/closed", later(1_099)).await;
    assert!(matches!(refused, Err(RobotsRefusal::Disallowed { .. })));
    let refused = permit(&robots, "https://news.example/x", later(1_101)).await;
    assert!(matches!(refused, Err(RobotsRefusal::Unknown { .. })), "{refused:?}");
    publisher.status.store(200, Relaxed);
    *publisher.body.lock().unwrap() = RULES.to_owned();
    permit(&robots, "https://news.example/x", later(1_200)).await.unwrap();
}

#[tokio::test]
async fn one_fetches_and_the_others_wait() {
    let (publisher, robots) = publish(RULES).await;
    publisher.gate.acquire().await.unwrap().forget();
    let mut askers = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let robots = robots.clone();
        askers.spawn(async move { permit(&robots, "https://news.example/x", START).await });
    }
    while publisher.asked.load(Relaxed) == 0 {
        tokio::task::yield_now().await;
    }
    publisher.gate.add_permits(1);
    while let Some(leave) = askers.join_next().await {
        leave.unwrap().unwrap();
    }
    assert_eq!(publisher.asked.load(Relaxed), 1);
}

#[tokio::test]
async fn a_silent_host_holds_only_a_few() {
    let (publisher, robots) = publish(RULES).await;
    publisher.gate.acquire().await.unwrap().forget();
    let mut askers = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let robots = robots.clone();
        askers.spawn(async move { permit(&robots, "https://news.example/x", START).await });
    }
    // One asks, four wait for it, and fifteen are sent away at once, while the host is still silent.
    for _ in 0..15 {
        let refused = askers.join_next().await.unwrap().unwrap();
        assert!(matches!(refused, Err(RobotsRefusal::Busy { .. })), "{refused:?}");
    }
    assert_eq!(askers.len(), 5);
    publisher.gate.add_permits(1);
    while let Some(leave) = askers.join_next().await {
        leave.unwrap().unwrap();
    }
}

#[tokio::test]
async fn many_files_are_not_all_remembered() {
    let (publisher, robots) = publish(RULES).await;
    for n in 0..50 {
        permit(&robots, &format!("https://h{n}.example/x"), later(n)).await.unwrap();
    }
    assert!(robots.remembered() <= 10);
    permit(&robots, "https://h49.example/y", later(50)).await.unwrap();
    assert_eq!(publisher.asked.load(Relaxed), 50, "the newest is still there");

    let big = "User-agent: *\n".to_owned() + &"Disallow: /a/rather/long/path/of/nothing\n".repeat(2_000);
    let settings = RobotsSettings { remembered_bytes: 2_000_000, ..RobotsSettings::default() };
    let (_publisher, robots) = publish_with(&big, settings).await;
    for n in 0..50 {
        permit(&robots, &format!("https://h{n}.example/x"), later(n)).await.unwrap();
    }
    assert!((1..=12).contains(&robots.remembered()), "{}", robots.remembered());
}

#[tokio::test]
async fn an_address_that_leads_inward_is_no_matter_of_rules() {
    let (_publisher, robots) = publish(RULES).await;
    let refused = permit(&robots, "http://169.254.169.254/latest", START).await;
    assert!(matches!(refused, Err(RobotsRefusal::Address(crate::FetchError::Forbidden { .. }))), "{refused:?}");
}
