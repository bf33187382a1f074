//! Where hubs call: to ask whether it was us that asked them, and to say that something is new.

use super::WebsubSettings;
use super::signature::signs;
use article::Timestamp;
use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::time::Duration;
use store::{Store, StoreError, Subscription};
use telemetry::events::websub::HubCalled;

/// Bytes of a challenge that are given back: hubs draw some tens.
const MAX_CHALLENGE: usize = 1_024;

/// What the callback needs.
#[derive(Clone, Debug)]
pub struct CallbackState {
    store: Store,
    settings: WebsubSettings,
    /// Least time between two polls of a feed, whatever its hub says.
    apart: Duration,
}

impl CallbackState {
    /// `apart` is the least time between two polls of a feed.
    pub fn new(store: Store, settings: WebsubSettings, apart: Duration) -> Self {
        Self { store, settings, apart }
    }
}

/// The callback's pages: any path that ends in a subscription's token, so that it may lie behind a proxy's prefix.
pub fn router(state: CallbackState) -> Router {
    Router::new().fallback(call).with_state(state)
}

/// What a hub says of a subscription (section 5.3).
#[derive(Deserialize)]
struct Verification {
    #[serde(rename = "hub.mode")]
    mode: String,
    #[serde(rename = "hub.topic")]
    topic: String,
    #[serde(rename = "hub.challenge")]
    challenge: Option<String>,
    #[serde(rename = "hub.lease_seconds")]
    lease_seconds: Option<u64>,
    #[serde(rename = "hub.reason")]
    reason: Option<String>,
}

async fn call(State(state): State<CallbackState>, uri: Uri, request: Request) -> Response {
    let token = uri.path().rsplit('/').next().unwrap_or_default();
    let subscription = match state.store.subscription_by_token(token).await {
        Ok(Some(subscription)) => subscription,
        // Section 7: whoever is gone says so, and is told no more.
        Ok(None) => return StatusCode::GONE.into_response(),
        Err(error) => return away(&error),
    };
    let done = match *request.method() {
        Method::GET => verify(&state, &subscription, &uri).await,
        Method::POST => hear(&state, &subscription, request).await,
        _ => Ok(StatusCode::METHOD_NOT_ALLOWED.into_response()),
    };
    done.unwrap_or_else(|error| away(&error))
}

/// Was it us that asked for this topic? Nobody else knows the address, and nothing else is confirmed.
async fn verify(state: &CallbackState, subscription: &Subscription, uri: &Uri) -> Result<Response, StoreError> {
    let Ok(Query(asked)) = Query::<Verification>::try_from_uri(uri) else {
        return Ok(StatusCode::BAD_REQUEST.into_response());
    };
    let (now, Subscription { hub, topic, token, failures, .. }) = (Timestamp::now(), subscription);
    if asked.topic != *topic {
        HubCalled { result: "other_topic", hub, topic }.emit();
        return Ok(StatusCode::NOT_FOUND.into_response());
    }
    match (asked.mode.as_str(), asked.challenge) {
        ("subscribe", Some(challenge)) if challenge.len() <= MAX_CHALLENGE => {
            let lease = state.settings.lease(asked.lease_seconds);
            // A fifth of the promise is left for a hub that is away.
            state.store.subscription_holds(token, now.plus(lease), now.plus(lease / 5 * 4)).await?;
            HubCalled { result: "verified", hub, topic }.emit();
            // As text: what a stranger chose is no page of ours.
            let fields = [(header::CONTENT_TYPE, "text/plain"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
            Ok((fields, challenge).into_response())
        }
        ("denied", _) => {
            let why = asked.reason.unwrap_or_default();
            tracing::info!(hub, topic, why, "a hub doesn't want to tell");
            HubCalled { result: "denied", hub, topic }.emit();
            let wait = Duration::from_secs(state.settings.backoff_cap_secs).max(state.settings.backoff(*failures));
            state.store.subscription_failed(token, now.plus(wait)).await?;
            Ok(StatusCode::OK.into_response())
        }
        // Section 5.3: what was not asked for is not confirmed; nothing is unsubscribed from but by silence.
        _ => {
            HubCalled { result: "not_asked", hub, topic }.emit();
            Ok(StatusCode::NOT_FOUND.into_response())
        }
    }
}

/// Something is new, if it is the hub that says so. Section 7.1: a wrong signature is answered as a right one.
async fn hear(state: &CallbackState, subscription: &Subscription, request: Request) -> Result<Response, StoreError> {
    let headers = request.headers().clone();
    let Ok(body) = to_bytes(request.into_body(), state.settings.max_body_bytes).await else {
        return Ok(StatusCode::PAYLOAD_TOO_LARGE.into_response());
    };
    let Subscription { feed, hub, topic, .. } = subscription;
    let result = if is_signed(&headers, &body, &subscription.secret) {
        state.store.hear_feed(feed, Timestamp::now(), state.apart).await?;
        "heard"
    } else {
        "forged"
    };
    HubCalled { result, hub, topic }.emit();
    Ok(StatusCode::ACCEPTED.into_response())
}

fn is_signed(headers: &HeaderMap, body: &Bytes, secret: &str) -> bool {
    headers.get("x-hub-signature").and_then(|v| v.to_str().ok()).is_some_and(|field| signs(field, body, secret))
}

/// The hub tries again later (section 7).
fn away(error: &StoreError) -> Response {
    tracing::warn!(%error, "a hub's call could not be looked up");
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}
