//! The parts together: leave, slot and request, as a worker takes them.

use crate::{
    Client, Destination, Kind, Limits, MemorySlots, Politeness, PolitenessSettings, Request, SlotRefusal, WebSettings,
};
use article::Timestamp;
use axum::Router;
use axum::http::HeaderMap;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use url::Url;

const HOSTS: usize = 50;
const PAGES: usize = 6;
/// A worker's prefetch: this many handlers at a time.
const HANDLERS: usize = 16;

/// Fifty hosts on one address, of which `tarpit.example` takes every request and never answers.
async fn fifty_hosts() -> std::net::SocketAddr {
    let answer = async |headers: HeaderMap| {
        if headers["host"] == "tarpit.example" {
            std::future::pending::<()>().await;
        }
        "a page"
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    address
}

enum Done {
    Fetched(Url),
    Parked(Url, Timestamp),
}

async fn handle(client: Client, politeness: Arc<Politeness>, url: Url) -> Done {
    let slot = match politeness.reserve(&url, url.as_str(), None, Timestamp::now()).await {
        Ok(slot) => slot,
        Err(SlotRefusal::Busy { free_at }) => return Done::Parked(url, free_at),
        Err(SlotRefusal::Away(away)) => panic!("{away}"),
    };
    let response = client.get(&Request::new(url.clone(), Kind::Page)).await.unwrap();
    drop(slot);
    assert_eq!(response.body, "a page");
    Done::Fetched(url)
}

/// The tarpit's pages are at the head of the queue and hold what a host may hold; everybody else's pass by
/// them. It never answers and nothing times out within the test, so a handler it took too much would be gone
/// for good.
#[tokio::test]
async fn a_tarpit_among_fifty_hosts_costs_the_others_nothing() {
    let address = fifty_hosts().await;
    let rates = PolitenessSettings {
        host_per_second: 100.0,
        domain_per_second: 1_000,
        max_wait_ms: 200,
        ..PolitenessSettings::default()
    };
    let limits = Limits { total_ms: 600_000, first_byte_ms: 600_000, ..Limits::default() };
    let resolve = [("*".to_owned(), Destination { address, plain: true })].into();
    let client = Client::new(WebSettings { resolve, limits, ..WebSettings::default() }).unwrap();
    let politeness = Arc::new(Politeness::new(Arc::new(MemorySlots::new(10_000)), rates).unwrap());

    let page = |host: &str, n: usize| Url::parse(&format!("http://{host}/{n}")).unwrap();
    let mut queue: VecDeque<(Url, Timestamp)> = VecDeque::new();
    queue.extend((0..100).map(|n| (page("tarpit.example", n), Timestamp(0))));
    for n in 0..PAGES {
        queue.extend((1..HOSTS).map(|host| (page(&format!("h{host}.example"), n), Timestamp(0))));
    }
    let (mut handlers, mut fetched) = (JoinSet::new(), 0);
    while fetched < (HOSTS - 1) * PAGES {
        while handlers.len() < HANDLERS {
            // What isn't due yet lies on the ladder.
            let Some(due) = queue.iter().position(|(_, not_before)| *not_before <= Timestamp::now()) else { break };
            let Some((url, _)) = queue.remove(due) else { break };
            handlers.spawn(handle(client.clone(), politeness.clone(), url));
        }
        // A pause of nobody being done is a look at the ladder.
        if let Ok(Some(done)) = tokio::time::timeout(Duration::from_millis(50), handlers.join_next()).await {
            match done.unwrap() {
                Done::Fetched(url) => fetched += usize::from(url.host_str() != Some("tarpit.example")),
                Done::Parked(url, not_before) => queue.push_back((url, not_before)),
            }
        }
    }
    // Whoever was parked has ended or will; what is left then is held by the tarpit.
    while let Ok(Some(_)) = tokio::time::timeout(Duration::from_millis(500), handlers.join_next()).await {}
    let held = handlers.len();
    assert!(held <= 1 + PolitenessSettings::default().waiting_per_host, "the tarpit holds {held} handlers");
}
