//! What a server's answer means for the page, before its body is read.

use super::refusal::Refusal;
use crate::extract::bot_wall;
use article::{CanonicalUrl, Timestamp, WithdrawalCause};
use web::Response;

/// What an answer is.
#[derive(Debug)]
pub(super) enum Answer {
    /// A page to be read.
    Page,
    /// The article is gone: withdrawn if it was known, else nothing.
    Gone(WithdrawalCause, String),
}

/// Reads status and final address. 429 and 503 are the caller's to slow the host down for.
pub(super) fn classify(response: &Response, permalink: &CanonicalUrl) -> Result<Answer, Refusal> {
    let status = response.status;
    match status {
        404 => Ok(Answer::Gone(WithdrawalCause::NotFound, "404 Not Found".to_owned())),
        410 => Ok(Answer::Gone(WithdrawalCause::Gone, "410 Gone".to_owned())),
        // RFC 7725.
        451 => Ok(Answer::Gone(WithdrawalCause::Legal, "451 Unavailable For Legal Reasons".to_owned())),
        _ if response.not_modified => Err(Refusal::Unchanged),
        200..=299 if redirected_home(response, permalink) => {
            Ok(Answer::Gone(WithdrawalCause::RedirectedHome, format!("a redirect to {}", response.url.path())))
        }
        200..=299 => Ok(Answer::Page),
        401..=403 => Err(wall(response).unwrap_or(Refusal::ClientError { status })),
        // RFC 9110 sections 15.5.9 and RFC 8470: the same request may do later.
        408 | 425 => Err(Refusal::ServerError { status }),
        500.. => Err(wall(response).unwrap_or(Refusal::ServerError { status })),
        _ => Err(Refusal::ClientError { status }),
    }
}

/// Whether the host asks to be left alone.
pub(super) fn asks_for_rest(response: &Response) -> bool {
    matches!(response.status, 429 | 503)
}

/// When a host that asks to be left alone may be asked again, for a message that is not to come sooner.
pub(super) fn rest(response: &Response, until: Timestamp) -> Refusal {
    Refusal::SlowDown { status: response.status, until }
}

/// An error page that is a challenge.
fn wall(response: &Response) -> Option<Refusal> {
    bot_wall(&response.body, response.headers.get("content-type")).map(Refusal::Extract)
}

/// Whether an article's address was led to a front page: the way many publishers take articles down.
fn redirected_home(response: &Response, permalink: &CanonicalUrl) -> bool {
    let is_front = |path: &str| {
        let segments: Vec<&str> = path.split('/').filter(|s| !s.is_empty()).collect();
        match segments.as_slice() {
            [] => true,
            // `/en/`, `/de-at`, `/index.html`.
            [one] => one.starts_with("index.") || one.len() == 2 || (one.len() == 5 && one.as_bytes()[2] == b'-'),
            _ => false,
        }
    };
    !response.redirects.is_empty()
        && response.url.query().is_none()
        && is_front(response.url.path())
        // `/?p=100135` is an article: its number is its identity.
        && (permalink.as_str().contains('?') || !is_front(permalink.path()))
}
