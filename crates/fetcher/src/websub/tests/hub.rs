//! A publisher with its hub.

use aws_lc_rs::hmac;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use tokio::sync::watch;
use web::{Client, Kind, Post, Request};

/// How a hub behaves.
#[derive(Clone, Copy)]
pub(super) enum Manner {
    /// Asks back and promises, for a time of its own or the one that was asked for.
    Honest { lease: Option<u64> },
    /// Takes requests and never asks back.
    Silent,
    /// Says no when it has looked at it.
    Denying,
    /// Has a fault of its own.
    Failing,
}

type Form = BTreeMap<String, String>;

struct Inner {
    manner: Manner,
    names_hub: bool,
    requests: Vec<Form>,
    client: Option<Client>,
}

#[derive(Clone)]
pub(super) struct Hub {
    pub(super) address: SocketAddr,
    inner: Arc<Mutex<Inner>>,
    asked_back: watch::Sender<usize>,
}

pub(super) async fn listen(router: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

pub(super) async fn serve(manner: Manner) -> Hub {
    let inner = Arc::new(Mutex::new(Inner { manner, names_hub: true, requests: Vec::new(), client: None }));
    let mut hub = Hub { address: SocketAddr::from(([127, 0, 0, 1], 0)), inner, asked_back: watch::channel(0).0 };
    hub.address = listen(Router::new().fallback(answer).with_state(hub.clone())).await;
    hub
}

async fn answer(State(hub): State<Hub>, method: Method, uri: Uri, body: Bytes) -> Response {
    match (method, uri.path()) {
        (Method::GET, "/feed") => ([(header::CONTENT_TYPE, "application/rss+xml")], hub.feed()).into_response(),
        (Method::POST, "/hub") => hub.take(&body),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

impl Hub {
    fn feed(&self) -> String {
        let hub = "<a:link xmlns:a='http://www.w3.org/2005/Atom' rel='hub' href='http://hub.localhost/hub'/>";
        let hub = if self.inner.lock().unwrap().names_hub { hub } else { "" };
        format!(
            "<rss version='2.0'><channel>{hub}<item><title>A</title><link>http://aurora.localhost/a</link></item></channel></rss>"
        )
    }

    fn take(&self, body: &[u8]) -> Response {
        let form: Form = url::form_urlencoded::parse(body).into_owned().collect();
        let mut inner = self.inner.lock().unwrap();
        inner.requests.push(form.clone());
        let (manner, client) = (inner.manner, inner.client.clone().unwrap());
        drop(inner);
        match manner {
            Manner::Failing => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            Manner::Silent => StatusCode::ACCEPTED.into_response(),
            Manner::Honest { .. } | Manner::Denying => {
                let hub = self.clone();
                tokio::spawn(async move { hub.ask_back(&form, manner, &client).await });
                StatusCode::ACCEPTED.into_response()
            }
        }
    }

    async fn ask_back(&self, form: &Form, manner: Manner, client: &Client) {
        let mut url: url::Url = form["hub.callback"].parse().unwrap();
        url.query_pairs_mut().append_pair("hub.topic", &form["hub.topic"]).extend_pairs(match manner {
            Manner::Denying => [("hub.mode", "denied"), ("hub.reason", "not for you")],
            _ => [("hub.mode", "subscribe"), ("hub.challenge", "as drawn")],
        });
        if let Manner::Honest { lease: Some(lease) } = manner {
            url.query_pairs_mut().append_pair("hub.lease_seconds", &lease.to_string());
        }
        let answer = client.get(&Request::new(url, Kind::Page)).await.unwrap();
        assert_eq!(answer.status, 200);
        assert!(matches!(manner, Manner::Denying) || answer.body == "as drawn", "{answer:?}");
        self.asked_back.send_modify(|n| *n += 1);
    }

    pub(super) fn give(&self, client: Client) {
        self.inner.lock().unwrap().client = Some(client);
    }

    pub(super) fn name_no_hub(&self) {
        self.inner.lock().unwrap().names_hub = false;
    }

    /// What it was asked so far.
    pub(super) fn requests(&self) -> Vec<Form> {
        self.inner.lock().unwrap().requests.clone()
    }

    pub(super) async fn has_asked_back(&self) {
        self.asked_back.subscribe().wait_for(|n| *n > 0).await.unwrap();
    }

    /// Says at the callback that something is new.
    pub(super) async fn tell(&self, signature: Option<String>, body: Vec<u8>) -> u16 {
        let (client, url) = {
            let inner = self.inner.lock().unwrap();
            (inner.client.clone().unwrap(), inner.requests[0]["hub.callback"].parse().unwrap())
        };
        let headers = signature.into_iter().map(|s| ("x-hub-signature".to_owned(), s)).collect();
        let post = Post { url, content_type: "application/rss+xml".to_owned(), headers, body: body.into() };
        client.post(&post).await.unwrap().status
    }
}

pub(super) fn sign(secret: &str, body: &[u8]) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), body);
    let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={hex}")
}
