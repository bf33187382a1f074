use super::letter::{seal, write};
use super::{Courier, Undelivered, verify};
use crate::site::SiteSettings;
use crate::{PublisherSettings, Secret, Webhook};
use article::{ArticleId, CanonicalUrl, StoryId, Timestamp};
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use queue::{Delivery, Handler, Lane, Message, Notice, NoticeEvent, Outcome};
use url::Url;
use web::{Client, FetchError, Phase, WebSettings};

fn notice() -> Notice {
    let url = CanonicalUrl::parse("https://aurora-times.example/news/gates").unwrap();
    let article = ArticleId::of(&url);
    Notice {
        target: "archive".to_owned(),
        event: NoticeEvent::Removed,
        story: StoryId::opened_by(&article),
        article,
        url,
        observed_at: Timestamp::from_secs(1_795_512_600),
    }
}

#[test]
fn a_letter_is_signed_with_its_time_and_only_its_own_secret_opens_it() {
    let now = Timestamp::from_secs(1_795_512_700);
    let body = write(&notice(), &notice().message_id(), &SiteSettings::default());
    let post = seal(body, Url::parse("https://archive.example/hook").unwrap(), &Secret::new("between us"), now);
    let (name, signature) = &post.headers[0];
    assert_eq!(name, "Wireroom-Signature");
    let check = |body: &[u8], secret: &str, now| verify(signature, body, &Secret::new(secret), now, 300);
    assert!(check(&post.body, "between us", now));
    assert!(!check(&post.body, "another", now));
    assert!(!check(&post.body, "", now));
    assert!(!check(b"{}", "between us", now));
    assert!(!check(&post.body, "between us", Timestamp::from_secs(now.secs() + 301)));
    assert!(!verify("t=1,b3=zz", &post.body, &Secret::new("between us"), now, 300));
}

#[test]
fn without_a_secret_nothing_is_signed() {
    let post = seal(Vec::new(), Url::parse("https://archive.example/").unwrap(), &Secret::default(), Timestamp(0));
    assert!(post.headers.is_empty());
}

#[test]
fn a_letter_says_what_happened_to_what() {
    let body = write(&notice(), &notice().message_id(), &SiteSettings::default());
    let letter: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(letter["event"], "removed");
    assert_eq!(letter["url"], "https://aurora-times.example/news/gates");
    assert_eq!(letter["page"], format!("http://localhost:8080/story/{}", notice().story));
    assert_eq!(letter["observed_at"], "2026-11-24T09:30:00Z");
    assert_eq!(letter["id"], notice().message_id().0);
}

#[test]
fn what_each_failure_means() {
    let host = || "archive.example".to_owned();
    let until = Some(Timestamp(0));
    let cases: [(Undelivered, &str, &str); 12] = [
        (Undelivered::NoTarget { target: "archive".to_owned() }, "drop", "no_target"),
        (Undelivered::Unsubscribed, "drop", "no_target"),
        (Undelivered::BadAddress { why: String::new() }, "dead", "client_error"),
        (Undelivered::SlowDown { status: 503, until }, "retry", "rate_limited"),
        (Undelivered::SlowDown { status: 429, until: None }, "retry", "rate_limited"),
        (Undelivered::Failing { status: 500 }, "retry", "server_error"),
        (Undelivered::Refused { status: 301 }, "dead", "client_error"),
        (FetchError::Timeout { host: host(), what: Phase::Total, limit_ms: 1 }.into(), "retry", "timed_out"),
        (FetchError::CutOff { host: host(), why: String::new() }.into(), "retry", "cut_off"),
        (FetchError::Connect { host: host(), why: String::new() }.into(), "retry", "unreachable"),
        (FetchError::Forbidden { host: host(), ip: [127, 0, 0, 1].into() }.into(), "dead", "forbidden_address"),
        (FetchError::Scheme { scheme: "ftp".to_owned() }.into(), "dead", "client_error"),
    ];
    for (refusal, name, reason) in cases {
        let said = refusal.to_string();
        let outcome = Outcome::from(refusal);
        assert_eq!((outcome.name(), outcome.reason(), outcome.detail()), (name, reason, said.as_str()));
    }
}

/// A target that answers with `status` and hands out what it received.
async fn target(status: u16) -> (std::net::SocketAddr, tokio::sync::mpsc::Receiver<(HeaderMap, Bytes)>) {
    let (send, receive) = tokio::sync::mpsc::channel(4);
    let answer = move |headers: HeaderMap, body: Bytes| async move {
        send.send((headers, body)).await.unwrap();
        StatusCode::from_u16(status).unwrap()
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = axum::Router::new().route("/hook", axum::routing::post(answer));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, receive)
}

/// A courier whose one webhook, `archive`, is at `address`.
fn courier(address: std::net::SocketAddr) -> Courier {
    let settings = WebSettings {
        resolve: [("archive.example".to_owned(), format!("http://{address}").parse().unwrap())].into(),
        ..WebSettings::default()
    };
    let webhook = Webhook {
        name: "archive".to_owned(),
        url: "http://archive.example/hook".to_owned(),
        secret: Secret::new("between us"),
    };
    let publisher = PublisherSettings { webhooks: vec![webhook], ..PublisherSettings::default() };
    Courier::new(Client::new(settings).unwrap(), publisher, SiteSettings::default())
}

fn delivery() -> Delivery {
    Delivery {
        message_id: notice().message_id(),
        attempt: 1,
        waits: 0,
        first_seen: Timestamp::now(),
        received_at: Timestamp::now(),
        lane: Lane::Main,
        traceparent: None,
        replay: None,
        replays: 0,
        redelivered: false,
    }
}

#[tokio::test]
async fn a_notice_arrives_signed_and_under_the_same_id_each_time() {
    let (address, mut received) = target(204).await;
    let courier = courier(address);
    let mut ids = Vec::new();
    for _ in 0..2 {
        assert_eq!(courier.handle(&notice(), &delivery()).await.name(), "done");
        let (headers, body) = received.recv().await.unwrap();
        let signature = headers["wireroom-signature"].to_str().unwrap();
        assert!(verify(signature, &body, &Secret::new("between us"), Timestamp::now(), 300));
        assert_eq!(headers["content-type"], "application/json");
        ids.push(serde_json::from_slice::<serde_json::Value>(&body).unwrap()["id"].clone());
    }
    assert_eq!(ids[0], ids[1]);
}

#[tokio::test]
async fn a_targets_answer_decides() {
    for (status, name, reason) in
        [(500, "retry", "server_error"), (410, "drop", "no_target"), (404, "dead", "client_error")]
    {
        let (address, _received) = target(status).await;
        let outcome = courier(address).handle(&notice(), &delivery()).await;
        assert_eq!((outcome.name(), outcome.reason()), (name, reason), "{status}");
    }
    let (address, _received) = target(204).await;
    let stranger = Notice { target: "nobody".to_owned(), ..notice() };
    let outcome = courier(address).handle(&stranger, &delivery()).await;
    assert_eq!((outcome.name(), outcome.reason()), ("drop", "no_target"));
}
