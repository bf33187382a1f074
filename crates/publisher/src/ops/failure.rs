//! What the operator's page answers when it can't do what was asked. Operators are told causes.

use super::frame::Frame;
use super::session::Operator;
use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use store::StoreError;

/// A request that ends without its page.
#[derive(Debug, thiserror::Error)]
pub(super) enum OpsFailure {
    #[error("There is nothing at this address.")]
    NotFound,
    #[error("Your token may look, not act.")]
    MayNotAct,
    #[error("This form is too old, or does not come from this page. Go back, reload, and try again.")]
    StrangeForm,
    #[error("“{value}” can’t be read as {field}: nothing was done.")]
    Unreadable { field: &'static str, value: String },
    #[error("The store did not answer as it should: {0}.")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Action(String),
    #[error("The page could not be printed: {0}.")]
    Template(#[from] askama::Error),
}

impl OpsFailure {
    fn status(&self) -> StatusCode {
        match self {
            OpsFailure::NotFound => StatusCode::NOT_FOUND,
            OpsFailure::MayNotAct | OpsFailure::StrangeForm => StatusCode::FORBIDDEN,
            OpsFailure::Unreadable { .. } | OpsFailure::Store(StoreError::Address(_)) => StatusCode::BAD_REQUEST,
            OpsFailure::Store(StoreError::Away(_) | StoreError::Conflict(_)) => StatusCode::SERVICE_UNAVAILABLE,
            OpsFailure::Store(StoreError::NewerSchema { .. } | StoreError::Settings(_) | StoreError::Broken(_))
            | OpsFailure::Template(_) => StatusCode::INTERNAL_SERVER_ERROR,
            OpsFailure::Action(_) => StatusCode::BAD_GATEWAY,
        }
    }
}

#[derive(Template)]
#[template(path = "ops/failure.html")]
struct FailurePage<'a> {
    frame: Frame<'a>,
    sentence: String,
}

impl IntoResponse for OpsFailure {
    fn into_response(self) -> Response {
        let stranger = Operator { actor: String::new(), role: Default::default(), form_key: None };
        let page = FailurePage { frame: Frame::new(&stranger, ""), sentence: self.to_string() };
        let text = page.render().unwrap_or_else(|_| self.to_string());
        (self.status(), Html(text)).into_response()
    }
}
