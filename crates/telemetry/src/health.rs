//! `/healthz`, `/readyz` and `/metrics`, the same on every role.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What this process needs and whether it has it. Cloned into whoever watches a part.
#[derive(Clone, Default, Debug)]
pub struct Health {
    parts: Arc<Mutex<BTreeMap<String, Result<(), String>>>>,
}

/// The part that a process lacks until it has everything else.
const START: &str = "start";

impl Health {
    /// Nothing known yet: ready.
    pub fn new() -> Self {
        Self::default()
    }

    /// The process is to be ready only once [`Health::started`] was said: a part that nobody has asked for yet
    /// is not known to be away.
    pub fn starting(&self) {
        self.lock().insert(START.to_owned(), Err("not everything is opened yet".to_owned()));
    }

    /// Everything is opened and works, but for what says otherwise itself.
    pub fn started(&self) {
        self.lock().remove(START);
    }

    /// `part` (`queue`, `store`, `index`, …) is there and works.
    pub fn up(&self, part: &str) {
        self.set(part, Ok(()));
    }

    /// `part` is away, and `why` in words an operator can act on.
    pub fn down(&self, part: &str, why: impl Into<String>) {
        self.set(part, Err(why.into()));
    }

    /// Whether all parts are up.
    pub fn is_ready(&self) -> bool {
        self.lock().values().all(Result::is_ok)
    }

    /// Each part with `ok` or why it is away.
    pub fn report(&self) -> BTreeMap<String, String> {
        self.lock().iter().map(|(k, v)| (k.clone(), v.clone().err().unwrap_or_else(|| "ok".to_owned()))).collect()
    }

    fn set(&self, part: &str, state: Result<(), String>) {
        let before = self.lock().insert(part.to_owned(), state.clone());
        if before.as_ref() != Some(&state) {
            match (&state, before) {
                (Err(why), _) => tracing::warn!(part, why, "not ready"),
                (Ok(()), Some(Err(_))) => tracing::info!(part, "ready again"),
                (Ok(()), _) => tracing::debug!(part, "ready"),
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Result<(), String>>> {
        // A panic while the map was held leaves a map that is still whole.
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The pages. `/healthz` answers as long as the process runs; `/readyz` is 503 while a part is away and
/// names it.
pub fn router(health: Health) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(health)
}

async fn readyz(State(health): State<Health>) -> Response {
    let status = if health.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(health.report())).into_response()
}

async fn metrics() -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], crate::metrics::render()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_part_away_makes_the_process_unready_and_is_named() {
        let health = Health::new();
        health.up("queue");
        assert!(health.is_ready());
        health.down("store", "connection refused");
        assert!(!health.is_ready());
        assert_eq!(health.report()["store"], "connection refused");
        health.up("store");
        assert!(health.is_ready());
    }

    #[test]
    fn a_process_that_is_starting_is_not_ready_whatever_it_has_already() {
        let health = Health::new();
        health.starting();
        health.up("store");
        assert!(!health.is_ready());
        assert!(health.report().contains_key("start"));
        health.started();
        assert!(health.is_ready());
    }
}
