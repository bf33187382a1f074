//! For tests of the handlers: a publisher on loopback, and the store, client and host slots of whoever reads it.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use store::{Store, StoreSettings};
use tempfile::TempDir;
use web::{Client, MemorySlots, Politeness, PolitenessSettings, Robots, RobotsSettings, WebSettings};

/// The publisher's own host.
const HOST: &str = "aurora.localhost";

/// What the publisher answers at a path.
#[derive(Clone, Default)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

/// A success of this content type.
pub(crate) fn ok(content_type: &str, body: impl Into<Vec<u8>>) -> Answer {
    Answer { status: 200, headers: vec![("content-type", content_type.to_owned())], body: body.into() }
}

/// A bare status.
pub(crate) fn status(status: u16) -> Answer {
    Answer { status, ..Answer::default() }
}

impl Answer {
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(crate) fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }
}

#[derive(Default)]
struct Press {
    answers: HashMap<String, Answer>,
    asked: Vec<String>,
}

/// Answers as told; 304 where the validator still holds.
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

/// The publisher with its readers' parts; every host below `.localhost` is it.
pub(crate) struct Loopback {
    pub(crate) store: Store,
    pub(crate) client: Client,
    pub(crate) politeness: Arc<Politeness>,
    pub(crate) robots: Arc<Robots>,
    press: Arc<Mutex<Press>>,
    _folder: TempDir,
}

impl Loopback {
    pub(crate) async fn new() -> Self {
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
        Self { store, client, politeness, robots, press, _folder: folder }
    }

    /// At a path of the publisher's own host, or at another host's `host/path`.
    pub(crate) fn serve(&self, path: &str, answer: Answer) {
        self.press.lock().unwrap().answers.insert(path.to_owned(), answer);
    }

    /// Only what is asked for from now on counts.
    pub(crate) fn forget_asked(&self) {
        self.press.lock().unwrap().asked.clear();
    }

    /// Paths asked for so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.press.lock().unwrap().asked.clone()
    }
}
