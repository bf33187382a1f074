//! How carrying a notice fails, and what each failure means.

use article::Timestamp;
use queue::{DeadReason, DropReason, Outcome, RetryReason};
use web::{Fault, FetchError};

/// Why a notice did not arrive.
#[derive(Debug, thiserror::Error)]
pub enum Undelivered {
    /// The settings name no such webhook any more.
    #[error("no webhook “{target}” is set")]
    NoTarget {
        /// Its name.
        target: String,
    },
    /// The webhook's address isn't one.
    #[error("the webhook’s address is none: {why}")]
    BadAddress {
        /// What is wrong with it.
        why: String,
    },
    /// 410: the target wants no more.
    #[error("the target answered 410: it wants no more notices")]
    Unsubscribed,
    /// 429, or 503 with a time.
    #[error("the target answered {status} and asks for patience")]
    SlowDown {
        /// HTTP status.
        status: u16,
        /// Until when.
        until: Option<Timestamp>,
    },
    /// 5xx, 408 or 425.
    #[error("the target answered {status}")]
    Failing {
        /// HTTP status.
        status: u16,
    },
    /// Any other answer: redirects are not followed, what is refused once is refused again.
    #[error("the target answered {status}: it does not take this notice")]
    Refused {
        /// HTTP status.
        status: u16,
    },
    /// No answer came.
    #[error(transparent)]
    Fetch(#[from] FetchError),
}

/// The one place where a failure becomes a decision. No wildcard arm.
impl From<Undelivered> for Outcome {
    fn from(refusal: Undelivered) -> Outcome {
        match &refusal {
            Undelivered::NoTarget { .. } | Undelivered::Unsubscribed => Outcome::drop(DropReason::NoTarget, refusal),
            Undelivered::SlowDown { until: Some(until), .. } => {
                Outcome::retry_at(RetryReason::RateLimited, *until, refusal)
            }
            Undelivered::SlowDown { until: None, .. } => Outcome::retry(RetryReason::RateLimited, refusal),
            Undelivered::Failing { .. } => Outcome::retry(RetryReason::ServerError, refusal),
            Undelivered::Refused { .. } | Undelivered::BadAddress { .. } => {
                Outcome::dead(DeadReason::ClientError, refusal)
            }
            Undelivered::Fetch(FetchError::Forbidden { .. }) => Outcome::dead(DeadReason::ForbiddenAddress, refusal),
            Undelivered::Fetch(FetchError::Timeout { .. }) => Outcome::retry(RetryReason::TimedOut, refusal),
            Undelivered::Fetch(FetchError::CutOff { .. }) => Outcome::retry(RetryReason::CutOff, refusal),
            Undelivered::Fetch(error) => match error.fault() {
                Fault::Passing => Outcome::retry(RetryReason::Unreachable, refusal),
                Fault::Address | Fault::Hostile => Outcome::dead(DeadReason::ClientError, refusal),
            },
        }
    }
}
