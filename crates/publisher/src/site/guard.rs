//! What every answer goes through: bounds, security headers, conditional requests, pages for failures.

use super::SiteState;
use super::failure::{self, Failure};
use axum::body::{Body, to_bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::time::{Duration, Instant};
use telemetry::events::publish::SiteAnswered;

/// Largest page, in bytes: an article message is at most 1 MiB, and a page is not ten times its article.
const MAX_PAGE: usize = 12 << 20;

/// Headers of every answer. Nothing but our own style sheet is loaded, pictures from anywhere, no script at
/// all; forms go only to us; nobody frames us. Publishers see from which site their readers come.
const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; img-src *; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
    ),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("strict-origin-when-cross-origin")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
];

pub(super) async fn guard(State(state): State<SiteState>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map(|p| p.as_str().to_owned());
    let asked = request.headers().get(header::IF_NONE_MATCH).cloned();
    // HEAD is GET without the body: the handlers see only GET, so that validators and lengths are the same.
    let head = request.method() == Method::HEAD;
    if head {
        *request.method_mut() = Method::GET;
    }
    let response = bounded(&state, request, next).await;
    let response = if response.status().is_client_error() || response.status().is_server_error() {
        failure::dress(response, &state)
    } else {
        response
    };
    let mut response = conditional(response, asked.as_ref(), &state).await;
    if head {
        let (parts, _) = response.into_parts();
        response = Response::from_parts(parts, Body::empty());
    }
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, value);
    }
    SiteAnswered {
        route: route.as_deref().unwrap_or("none"),
        status: response.status().as_u16(),
        seconds: started.elapsed().as_secs_f64(),
    }
    .emit();
    response
}

async fn bounded(state: &SiteState, request: Request, next: Next) -> Response {
    let Ok(_place) = state.places.try_acquire() else {
        return Failure::TooBusy.into_response();
    };
    let limit = Duration::from_secs(state.settings.request_timeout_secs.max(1));
    tokio::time::timeout(limit, next.run(request)).await.unwrap_or_else(|_| Failure::TooSlow.into_response())
}

/// Gives a page its ETag (RFC 9110 section 8.8.3: the content's hash) and its age, and answers 304 to who has it.
async fn conditional(response: Response, asked: Option<&HeaderValue>, state: &SiteState) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, MAX_PAGE).await else {
        return failure::dress(Failure::Template("a page is larger than its bound".to_owned()).into_response(), state);
    };
    if parts.status == StatusCode::OK {
        let etag = format!("\"{}\"", &blake3::hash(&bytes).to_hex()[..32]);
        let known = asked.and_then(|v| v.to_str().ok()).is_some_and(|v| matches_any(v, &etag));
        set(&mut parts.headers, header::ETAG, &etag);
        if !parts.headers.contains_key(header::CACHE_CONTROL) {
            let keep = format!("public, max-age={}", state.settings.cache_secs);
            set(&mut parts.headers, header::CACHE_CONTROL, &keep);
        }
        if known {
            parts.status = StatusCode::NOT_MODIFIED;
            parts.headers.remove(header::CONTENT_LENGTH);
            parts.headers.remove(header::CONTENT_TYPE);
            return Response::from_parts(parts, Body::empty());
        }
    }
    set(&mut parts.headers, header::CONTENT_LENGTH, &bytes.len().to_string());
    Response::from_parts(parts, bytes.into())
}

/// `If-None-Match` compares weakly (RFC 9110 section 13.1.2).
fn matches_any(header: &str, etag: &str) -> bool {
    header.split(',').map(str::trim).any(|t| t == "*" || t.strip_prefix("W/").unwrap_or(t) == etag)
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
