//! Why the site can't show what was asked for. Readers get a status and a plain page; causes go to the log.

use super::SiteState;
use super::frame::Frame;
use super::settings::SiteSettings;
use article::Timestamp;
use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use store::StoreError;
use telemetry::events::publish::SiteFailed;

/// A request that ends without its page.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Nothing ever was at this address.
    #[error("nothing is here")]
    NotFound,
    /// A story that was withdrawn or taken down.
    #[error("it was removed")]
    Gone,
    /// The store refused or is away.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A bug of ours.
    #[error("a page could not be printed: {0}")]
    Template(String),
    /// Took longer than the settings allow.
    #[error("the answer took too long")]
    TooSlow,
    /// As many requests as the settings allow are being answered.
    #[error("too many requests at once")]
    TooBusy,
}

impl Failure {
    /// Status and, for what is our fault, the cause's name in the metrics.
    fn judge(&self) -> (StatusCode, Option<&'static str>) {
        match self {
            Failure::NotFound => (StatusCode::NOT_FOUND, None),
            Failure::Gone => (StatusCode::GONE, None),
            Failure::Store(StoreError::Away(_) | StoreError::Conflict(_)) => {
                (StatusCode::SERVICE_UNAVAILABLE, Some("store_away"))
            }
            Failure::Store(
                StoreError::NewerSchema { .. }
                | StoreError::Address(_)
                | StoreError::Settings(_)
                | StoreError::Broken(_),
            ) => (StatusCode::INTERNAL_SERVER_ERROR, Some("store_broken")),
            Failure::Template(_) => (StatusCode::INTERNAL_SERVER_ERROR, Some("template")),
            Failure::TooSlow => (StatusCode::SERVICE_UNAVAILABLE, Some("too_slow")),
            Failure::TooBusy => (StatusCode::SERVICE_UNAVAILABLE, Some("too_busy")),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, cause) = self.judge();
        if let Some(cause) = cause {
            SiteFailed { cause, detail: &self.to_string() }.emit();
        }
        let mut response = status.into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
        }
        response
    }
}

pub(super) async fn not_found() -> Failure {
    Failure::NotFound
}

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage<'a> {
    frame: Frame<'a>,
    title: &'static str,
    sentence: &'static str,
    /// Whether its removal page can be of use.
    removed: bool,
}

/// Gives an answer without a page the site's own page for its status. Headers (`Allow`, `Retry-After`) stay.
pub(super) fn dress(response: Response, state: &SiteState) -> Response {
    let status = response.status();
    let page = page(status, &state.settings);
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    parts.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Response::from_parts(parts, page.into())
}

fn page(status: StatusCode, settings: &SiteSettings) -> String {
    let (title, sentence) = match status {
        StatusCode::NOT_FOUND => {
            ("Nothing is here", "There is no page at this address, and as far as we know there never was.")
        }
        StatusCode::GONE => (
            "This story is no longer here",
            "Its publisher withdrew it, or its owner asked for its removal. Nothing of it is kept here.",
        ),
        StatusCode::METHOD_NOT_ALLOWED => ("That can’t be done here", "This page can only be read."),
        StatusCode::SERVICE_UNAVAILABLE => {
            ("One moment, please", "The news can’t be read just now. Please try again in a few seconds.")
        }
        s if s.is_client_error() => ("That address can’t be read", "Something in the address is not as it should be."),
        _ => ("Something went wrong", "It is our fault, and it has been noted. Please try again later."),
    };
    let frame = Frame::new(settings, Timestamp::now());
    FailurePage { frame, title, sentence, removed: status == StatusCode::GONE }
        .render()
        .unwrap_or_else(|_| format!("<!doctype html><title>{title}</title><p>{sentence}"))
}
