//! A retriever with its own store and a publisher on loopback.

use crate::retriever::{Retriever, RetrieverSettings};
use article::{Arrival, Article, CanonicalUrl, Carry, Origin, Source, SourceId, Timestamp};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use queue::{Delivery, Handler, Lane, Message, Outcome, Page, Visit};
use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use store::{PublishPolicy, Store, StoreSettings};
use tempfile::TempDir;
use web::{Client, MemorySlots, Politeness, PolitenessSettings, Robots, RobotsSettings, WebSettings};

pub(super) const PERMALINK: &str = "http://aurora.localhost/world/bridge";

const HOST: &str = "aurora.localhost";

/// What the publisher answers at a path.
#[derive(Clone, Default)]
pub(super) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

pub(super) fn html(body: impl Into<String>) -> Answer {
    Answer { status: 200, headers: vec![("content-type", "text/html; charset=utf-8".to_owned())], body: body.into() }
}

pub(super) fn status(status: u16) -> Answer {
    Answer { status, ..Answer::default() }
}

impl Answer {
    pub(super) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(super) fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }
}

/// A page of an article with a few paragraphs; `head` goes into its `<head>`.
pub(super) fn bridge(head: &str) -> String {
    let paragraphs: String = (1..=6)
        .map(|n| {
            format!(
                "<p>Paragraph {n} says that the old bridge over the river, closed since spring, was opened again.</p>"
            )
        })
        .collect();
    format!(
        "<html lang=en><head><title>Bridge opened again | Aurora</title>{head}</head>
         <body><nav><a href=/>Home</a></nav><article><h1>Bridge opened again</h1>{paragraphs}</article></body></html>"
    )
}

#[derive(Default)]
struct Press {
    answers: HashMap<String, Answer>,
    asked: Vec<String>,
}

async fn answer(State(press): State<Arc<Mutex<Press>>>, request: Request) -> Response<Body> {
    let host = request.headers().get("host").and_then(|h| h.to_str().ok()).unwrap_or_default();
    let path = match host {
        HOST => request.uri().path().to_owned(),
        other => format!("{other}{}", request.uri().path()),
    };
    let answer = {
        let mut press = press.lock().unwrap();
        press.asked.push(path.clone());
        press.answers.get(&path).cloned().unwrap_or_else(|| status(404))
    };
    let etag = answer.headers.iter().find(|(n, _)| *n == "etag").map(|(_, v)| v.clone());
    let sent = request.headers().get("if-none-match").and_then(|v| v.to_str().ok()).map(str::to_owned);
    let mut response = Response::builder();
    for (name, value) in &answer.headers {
        response = response.header(*name, value);
    }
    if etag.is_some() && etag == sent {
        return response.status(304).body(Body::empty()).unwrap();
    }
    response.status(answer.status).body(Body::from(answer.body)).unwrap()
}

pub(super) struct House {
    pub(super) store: Store,
    pub(super) retriever: Retriever,
    pub(super) robots: Arc<Robots>,
    pub(super) politeness: Arc<Politeness>,
    press: Arc<Mutex<Press>>,
    _folder: TempDir,
}

impl House {
    pub(super) async fn new() -> Self {
        Self::with(RetrieverSettings::default()).await
    }

    pub(super) async fn with(settings: RetrieverSettings) -> Self {
        let press = Arc::new(Mutex::new(Press::default()));
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(press.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });

        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("store.db").display());
        let store = Store::open(&StoreSettings { url, ..StoreSettings::default() }).await.unwrap();
        let resolve = [("*.localhost".to_owned(), web::Destination { address, plain: false })].into();
        let client = Client::new(WebSettings { resolve, ..WebSettings::default() }).unwrap();
        let pace =
            PolitenessSettings { host_per_second: 1_000.0, domain_per_second: 1_000, ..PolitenessSettings::default() };
        let politeness = Arc::new(Politeness::new(Arc::new(MemorySlots::new(100)), pace).unwrap());
        let robots = Arc::new(Robots::new(client.clone(), politeness.clone(), RobotsSettings::default()));
        let retriever = Retriever::new(store.clone(), client, robots.clone(), politeness.clone(), settings);
        let house = Self { store, retriever, robots, politeness, press, _folder: folder };
        house.put_source(Carry::Full, false).await;
        house
    }

    pub(super) async fn put_source(&self, carry: Carry, paused: bool) {
        let source = Source { paused, ..Source::new("Aurora", carry, Origin::Person, Vec::new()) };
        self.store.put_source(&source).await.unwrap();
    }

    /// At a path of the publisher's own host, or at another host's `host/path`.
    pub(super) fn serve(&self, path: &str, answer: Answer) {
        self.press.lock().unwrap().answers.insert(path.to_owned(), answer);
    }

    /// Pages asked for so far.
    pub(super) fn asked(&self) -> Vec<String> {
        self.press
            .lock()
            .unwrap()
            .asked
            .iter()
            .filter(|p| !p.ends_with("/robots.txt") && !p.contains("/.well-known/"))
            .cloned()
            .collect()
    }

    pub(super) async fn decide(&self, page: &Page) -> Outcome {
        self.retriever.handle(page, &delivery(page)).await
    }

    /// What is said of an outcome: its name, its reason and its words.
    pub(super) async fn said(&self, page: &Page) -> String {
        let outcome = self.decide(page).await;
        format!("{} {}: {}", outcome.name(), outcome.reason(), outcome.detail())
    }

    pub(super) async fn article(&self, page: &Page) -> Article {
        match arrival(&self.decide(page).await) {
            Arrival::Seen { article } => *article,
            Arrival::Withdrawn { withdrawal } => panic!("withdrawn: {withdrawal:?}"),
        }
    }

    /// Puts an article on the site, as the publisher would.
    pub(super) async fn publish(&self, article: Article) {
        let verdict = article::Verdict::new_story(&article.id);
        let arrival = Arrival::Seen { article: Box::new(article) };
        let policy = PublishPolicy { exact_window: std::time::Duration::from_secs(3600) };
        self.store.apply(&arrival, Some(&verdict), &policy, Timestamp::now()).await.unwrap();
    }
}

#[track_caller]
pub(super) fn arrival(outcome: &Outcome) -> Arrival {
    let Outcome::Done(done) = outcome else { panic!("not done: {outcome:?}") };
    assert_eq!(done.publish.len(), 1);
    serde_json::from_slice(&done.publish[0].body).unwrap()
}

/// The page that the feed listed, at an address.
pub(super) fn page_at(permalink: &str) -> Page {
    Page {
        feed: None,
        source: SourceId::from_name("aurora"),
        permalink: CanonicalUrl::parse(permalink).unwrap(),
        guid: None,
        title: Some("Bridge opened again".to_owned()),
        summary: None,
        authors: vec!["Ada Byron".to_owned()],
        categories: Vec::new(),
        published: Some(Timestamp::now()),
        updated: None,
        language: Some("en".to_owned()),
        section: None,
        listed_at: Timestamp::now(),
        visit: Visit::First,
    }
}

pub(super) fn page() -> Page {
    page_at(PERMALINK)
}

pub(super) fn visit(visit: Visit) -> Page {
    Page { visit, ..page() }
}

pub(super) fn delivery(page: &Page) -> Delivery {
    Delivery {
        message_id: page.message_id(),
        attempt: 1,
        waits: 0,
        first_seen: page.listed_at,
        received_at: Timestamp::now(),
        lane: Lane::Main,
        traceparent: None,
        replay: None,
        replays: 0,
        redelivered: false,
    }
}
