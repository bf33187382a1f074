//! Who comes in by `Authorization: Bearer`: programs, and people whom a proxy logged in.

use super::{ACT, Answer, House, LOOK, form_key};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};

impl House {
    /// Asks for a takedown with a token and these headers; `more` is added to the form.
    async fn take_down(&self, token: &str, headers: &[(&str, &str)], more: &str) -> Answer {
        let mut request = Request::post("/ops/takedowns")
            .header(header::HOST, "ops.wire.example")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let form = format!("url=https%3A%2F%2Faurora-times.example%2Fa&requested_by=them{more}");
        self.ask(request.body(Body::from(form)).unwrap()).await
    }

    /// The key in the forms that a proxy's user is shown.
    async fn key_of(&self, user: &str) -> String {
        let request = Request::get("/ops/takedowns")
            .header(header::AUTHORIZATION, format!("Bearer {ACT}"))
            .header("X-Forwarded-User", user);
        format!("&key={}", form_key(&self.ask(request.body(Body::empty()).unwrap()).await.text))
    }
}

#[tokio::test]
async fn a_program_comes_in_by_header_and_needs_no_form_of_ours() {
    let house = House::new().await;
    assert_eq!(house.take_down("wrong-token-for-this", &[], "").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(house.take_down(LOOK, &[], "").await.status, StatusCode::FORBIDDEN);
    assert_eq!(house.take_down(ACT, &[], "").await.status, StatusCode::SEE_OTHER);
    assert_eq!(house.done(), ["ops:maren takes down https://aurora-times.example/a for them"]);
}

#[tokio::test]
async fn whom_a_proxy_names_acts_by_a_form_of_theirs_only() {
    let house = House::new().await;
    let ilse = ("X-Forwarded-User", "ilse");
    let key = house.key_of("ilse").await;
    let elses = house.key_of("jan").await;
    for wrong in ["", "&key=", &elses] {
        let answer = house.take_down(ACT, &[ilse, ("Origin", "https://ops.wire.example")], wrong).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{wrong}");
    }
    assert_eq!(house.take_down(LOOK, &[ilse], &key).await.status, StatusCode::FORBIDDEN);
    assert_eq!(house.done(), [] as [&str; 0]);
    assert_eq!(house.take_down(ACT, &[ilse], &key).await.status, StatusCode::SEE_OTHER);
    assert_eq!(house.done(), ["ops:maren/ilse takes down https://aurora-times.example/a for them"]);
}

#[tokio::test]
async fn another_sites_form_is_refused_whatever_the_proxy_adds() {
    let house = House::new().await;
    let ilse = ("X-Forwarded-User", "ilse");
    let key = house.key_of("ilse").await;
    let evil = ("Origin", "https://evil.example");
    assert_eq!(house.take_down(ACT, &[ilse, evil], "").await.status, StatusCode::FORBIDDEN);
    for foreign in [
        evil,
        ("Origin", "null"),
        ("Origin", "https://ops.wire.example.evil.example"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ] {
        assert_eq!(house.take_down(ACT, &[ilse, foreign], &key).await.status, StatusCode::FORBIDDEN, "{foreign:?}");
        // Also where the proxy names nobody.
        assert_eq!(house.take_down(ACT, &[foreign], "").await.status, StatusCode::FORBIDDEN, "{foreign:?}");
    }
    assert_eq!(house.done(), [] as [&str; 0]);
    for ours in [
        &[("Origin", "https://ops.wire.example")][..],
        &[("Origin", "https://news.example"), ("X-Forwarded-Host", "news.example")],
        &[("Origin", "null"), ("Sec-Fetch-Site", "same-origin")],
    ] {
        let headers = [&[ilse], ours].concat();
        assert_eq!(house.take_down(ACT, &headers, &key).await.status, StatusCode::SEE_OTHER, "{ours:?}");
    }
    assert_eq!(house.done().len(), 3);
}
