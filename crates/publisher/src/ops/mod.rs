//! The operator's page: what lies on the belts, what died and why, how the sources fare, who did what. On a
//! port of its own, behind named tokens, server-rendered, without a line of script.

mod actions;
mod dead;
mod failure;
mod frame;
mod guard;
mod logs;
mod overview;
mod session;
mod settings;
mod sources;
mod takedowns;
#[cfg(test)]
mod tests;

pub use actions::{OpsActions, PreviewItem, ReplayCount, TakedownRequest};
pub use settings::{OpsSettings, OpsToken, Role, TokenError};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use failure::OpsFailure;
use session::Operator;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use store::{AuditEntry, Store};
use telemetry::events::publish::OperatorActed;

/// Longest form, in bytes: an owner's reason in a few pages.
const MAX_FORM: usize = 64 * 1024;

/// What the operator's page needs.
#[derive(Clone)]
pub struct OpsState {
    store: Store,
    settings: Arc<OpsSettings>,
    actions: Arc<dyn OpsActions>,
}

impl fmt::Debug for OpsState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpsState").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl OpsState {
    /// A page over `store`, whose buttons are carried out by `actions`.
    pub fn new(store: Store, settings: OpsSettings, actions: Arc<dyn OpsActions>) -> Self {
        Self { store, settings: Arc::new(settings), actions }
    }

    /// Lets an act happen: by whom, and from a page of ours.
    fn permit(&self, operator: &Operator, form: &Fields) -> Result<(), OpsFailure> {
        if !operator.may_act() {
            return Err(OpsFailure::MayNotAct);
        }
        if !operator.sent(form.get("key").map(String::as_str)) {
            return Err(OpsFailure::StrangeForm);
        }
        Ok(())
    }

    /// Tells telemetry what came of an act.
    fn acted<T, E: fmt::Display>(
        &self,
        operator: &Operator,
        action: &'static str,
        object: &str,
        result: &Result<T, E>,
    ) {
        OperatorActed { actor: &operator.actor, action, object, done: result.is_ok() }.emit();
    }

    /// Writes into the audit log what no other room does.
    async fn audit(&self, operator: &Operator, action: &'static str, target: &str) -> Result<(), OpsFailure> {
        let at = article::Timestamp::now();
        let (actor, action) = (operator.actor.clone(), action.to_owned());
        let entry = AuditEntry { at, actor, action, target: target.to_owned(), detail: String::new() };
        Ok(self.store.audit(&entry).await?)
    }
}

/// A form's fields, or a query's.
type Fields = HashMap<String, String>;

/// Every page of the operator's, under `/ops`.
pub fn router(state: OpsState) -> Router {
    let inside = Router::new()
        .route("/ops", get(overview::page))
        .route("/ops/dead", get(dead::list))
        .route("/ops/dead/{id}", get(dead::detail))
        .route("/ops/dead/replay", post(dead::replay))
        .route("/ops/sources", get(sources::list))
        .route("/ops/sources/pause", post(sources::pause))
        .route("/ops/sources/poll", post(sources::poll))
        .route("/ops/sources/preview", post(sources::preview))
        .route("/ops/decisions", get(logs::decisions))
        .route("/ops/takedowns", get(takedowns::list).post(takedowns::take_down))
        .route("/ops/audit", get(logs::audit))
        .layer(axum::middleware::from_fn_with_state(state.clone(), guard::only_operators));
    Router::new()
        .route("/ops/login", get(guard::login_page).post(guard::log_in))
        .route("/ops/logout", post(guard::log_out))
        .route("/assets/{file}", get(crate::site::assets::asset))
        .route("/favicon.svg", get(crate::site::assets::favicon))
        .merge(inside)
        .fallback(|| async { OpsFailure::NotFound })
        .layer(DefaultBodyLimit::max(MAX_FORM))
        .layer(axum::middleware::from_fn(guard::headers))
        .with_state(state)
}
