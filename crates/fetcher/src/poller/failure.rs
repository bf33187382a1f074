//! Ways a poll fails. Each becomes part of the feed's state, where the operator reads it.

use super::PollerSettings;
use super::rhythm::backoff;
use crate::feed::FeedError;
use article::Timestamp;
use queue::Poll;
use std::time::Duration;
use store::{FeedState, PollRecord};
use web::FetchError;

/// Why a poll brought no feed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The feed's address is none.
    #[error("“{url}” is not an address: {why}; correct the source's feed")]
    BadAddress { url: String, why: String },
    /// No response.
    #[error("{}{}", .0, fetch_advice(.0))]
    Fetch(#[from] FetchError),
    /// The feed leads to a host that doesn't want to be asked.
    #[error("the feed leads to {host}, whose robots.txt forbids it; name the feed's own address if it has another")]
    Robots { host: String },
    /// 410: its publisher took it down for good.
    #[error("the feed is gone (410): it is not polled any more; `wireroom sources check` finds its successor")]
    Gone,
    /// 429 or 503, or another status that names a time.
    #[error("the host asks to be left alone ({status}) until {until}")]
    SlowDown { status: u16, until: Timestamp },
    /// Another status.
    #[error("the feed answers {status}{}", advice(*status))]
    Status { status: u16 },
    /// A response that is no feed.
    #[error("{error}")]
    Feed { status: u16, error: FeedError },
}

fn fetch_advice(error: &FetchError) -> &'static str {
    match error {
        FetchError::TooLarge { .. } => "; raise poller.max_bytes if the feed is meant to be so large",
        FetchError::Url { .. } | FetchError::Scheme { .. } | FetchError::UrlTooLong { .. } => {
            "; correct the source's feed"
        }
        FetchError::Port { .. }
        | FetchError::Forbidden { .. }
        | FetchError::Dns { .. }
        | FetchError::Connect { .. }
        | FetchError::Tls { .. }
        | FetchError::Timeout { .. }
        | FetchError::RedirectLoop { .. }
        | FetchError::TooManyRedirects { .. }
        | FetchError::BadRedirect { .. }
        | FetchError::CutOff { .. }
        | FetchError::BadHeader { .. }
        | FetchError::Encoding { .. } => "",
    }
}

fn advice(status: u16) -> &'static str {
    match status {
        401 | 403 => ": it is not open to us; ask its publisher, or remove it",
        404 => ": its address may have changed; `wireroom sources add` on the site finds the new one",
        500..=599 => ": its server has a fault of its own; it is asked again later",
        _ => "",
    }
}

impl Failure {
    /// The status that came, if one did.
    fn status(&self) -> Option<u16> {
        match self {
            Failure::BadAddress { .. } | Failure::Fetch(_) | Failure::Robots { .. } => None,
            Failure::Gone => Some(410),
            Failure::SlowDown { status, .. } | Failure::Status { status } | Failure::Feed { status, .. } => {
                Some(*status)
            }
        }
    }

    /// When to try again, and whether never.
    fn next_due(&self, state: &FeedState, now: Timestamp, settings: &PollerSettings) -> Timestamp {
        let wait = backoff(state.failures.saturating_add(1), state.last_success, now, settings);
        match self {
            // The host's word counts, not the number of failures; but a word of years is somebody's mistake.
            Failure::SlowDown { until, .. } => {
                let soonest = now.plus(Duration::from_secs(settings.min_interval_secs));
                let latest = now.plus(Duration::from_secs(settings.backoff_cap_secs));
                (*until).clamp(soonest, latest.max(soonest))
            }
            Failure::BadAddress { .. }
            | Failure::Fetch(_)
            | Failure::Robots { .. }
            | Failure::Gone
            | Failure::Status { .. }
            | Failure::Feed { .. } => now.plus(wait),
        }
    }

    /// What this failure leaves behind. The validators stay: the feed as last read is still known.
    pub(super) fn record(
        &self,
        poll: &Poll,
        state: &FeedState,
        now: Timestamp,
        settings: &PollerSettings,
    ) -> PollRecord {
        PollRecord {
            feed: poll.feed.clone(),
            due: poll.due,
            at: now,
            next_due: self.next_due(state, now, settings),
            interval_secs: state.interval_secs,
            status: self.status(),
            error: Some(self.to_string()),
            etag: None,
            last_modified: None,
            moved_to: None,
            retired: matches!(self, Failure::Gone),
            seen: Vec::new(),
            new_entries: 0,
        }
    }
}
