//! The door: who comes in, how, and what every answer carries.

use super::failure::OpsFailure;
use super::frame::html;
use super::{Fields, OpsState, session};
use crate::site::assets::CSS_PATH;
use article::Timestamp;
use askama::Template;
use axum::extract::{Form, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use telemetry::events::publish::OperatorActed;

/// As on the site, but for pictures, which no page here has; and nothing is kept by anybody on the way.
const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; img-src 'self'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
    ),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    // With `no-referrer` browsers would say `Origin: null` of our own forms.
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

pub(super) async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, value);
    }
    response
}

/// Lets operators through and sends everybody else to the login.
pub(super) async fn only_operators(State(state): State<OpsState>, mut request: Request, next: Next) -> Response {
    match session::operator(&state.settings, request.headers(), Timestamp::now()) {
        Some(_) if by_header(&request) && !request.method().is_safe() && from_elsewhere(request.headers()) => {
            OpsFailure::StrangeForm.into_response()
        }
        Some(operator) => {
            request.extensions_mut().insert(operator);
            next.run(request).await
        }
        // Who tried a token by header is a program: it gets a status, not a form.
        None if by_header(&request) => {
            (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")]).into_response()
        }
        None => Redirect::to("/ops/login").into_response(),
    }
}

fn by_header(request: &Request) -> bool {
    request.headers().contains_key(header::AUTHORIZATION)
}

/// Whether a browser says that another site's page sent this; a program says nothing of the kind. Over plain
/// HTTP browsers leave `Sec-Fetch-Site` out, and `Origin` is held against the host that was asked.
fn from_elsewhere(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|v| v.to_str().unwrap_or_default());
    if let Some(site) = text("sec-fetch-site") {
        return !matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text("origin") else { return false };
    let host = origin.split_once("://").map_or("", |(_, host)| host);
    let asked = [text("x-forwarded-host"), text("host")];
    !asked.into_iter().flatten().flat_map(|h| h.split(',')).any(|h| h.trim().eq_ignore_ascii_case(host))
}

#[derive(Template)]
#[template(path = "ops/login.html")]
struct LoginPage {
    css: &'static str,
    refused: bool,
}

pub(super) async fn login_page() -> Result<Response, OpsFailure> {
    html(&LoginPage { css: CSS_PATH.as_str(), refused: false })
}

pub(super) async fn log_in(State(state): State<OpsState>, Form(form): Form<Fields>) -> Result<Response, OpsFailure> {
    let given = form.get("token").map(|t| t.trim()).unwrap_or_default();
    let Some((name, cookie)) = session::log_in(&state.settings, given, Timestamp::now()) else {
        OperatorActed { actor: "unknown", action: "login", object: "", done: false }.emit();
        let page = html(&LoginPage { css: CSS_PATH.as_str(), refused: true })?;
        return Ok((StatusCode::UNAUTHORIZED, page).into_response());
    };
    OperatorActed { actor: name, action: "login", object: "", done: true }.emit();
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/ops")).into_response())
}

/// Anybody may log themselves out; a forged form could do no worse.
pub(super) async fn log_out(State(state): State<OpsState>) -> Response {
    ([(header::SET_COOKIE, session::log_out(&state.settings))], Redirect::to("/ops/login")).into_response()
}
