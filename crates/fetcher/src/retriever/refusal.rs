//! What a page's failure means.

use crate::extract::ExtractError;
use article::Timestamp;
use queue::{DeadReason, DropReason, Outcome, RetryReason};
use std::time::Duration;
use store::StoreError;
use web::{Away, FetchError, RobotsRefusal, SlotRefusal};

/// Why a page ends without an article. Each transient case holds its cause: it becomes the dead letter's words.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Its owner had it taken down.
    #[error("a takedown stands against {url}")]
    TakenDown {
        /// Which address.
        url: String,
    },
    /// The source was paused or removed.
    #[error("the source {source_id} is paused or was removed")]
    SourceAway {
        /// Which.
        source_id: String,
    },
    /// Older than the window in which news is news.
    #[error("published {published}, which is more than {days} days ago")]
    TooOld {
        /// When.
        published: Timestamp,
        /// The window.
        days: u64,
    },
    /// robots.txt forbids it.
    #[error("robots.txt of {host} forbids it")]
    Disallowed {
        /// Whose.
        host: String,
    },
    /// The host asks for more time between requests than is honoured: it is polled, not crawled.
    #[error(
        "robots.txt of {host} asks for a crawl delay above what is honoured: its feeds are read, its pages are not"
    )]
    TooSlow {
        /// Whose.
        host: String,
    },
    /// robots.txt can't be had now.
    #[error("robots.txt of {host} can't be had: {why}")]
    RobotsUnknown {
        /// Whose.
        host: String,
        /// What happened.
        why: String,
        /// When it is asked for again.
        retry_at: Timestamp,
    },
    /// The host's next slot is too far to wait for.
    #[error("the host is busy until {free_at}")]
    HostBusy {
        /// When to come back.
        free_at: Timestamp,
    },
    /// Not all pages of the article are read, and others wait for this delivery's place.
    #[error("page {next} of the article and what follows is read in the next delivery")]
    Unfinished {
        /// The first that is not read.
        next: u32,
    },
    /// The host slots' Redis is away.
    #[error(transparent)]
    SlotsAway(#[from] Away),
    /// No response.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// 404, 410, 451 or a redirect to the home page, at the first visit: there is nothing to withdraw.
    #[error("there is nothing there: {what}")]
    Gone {
        /// What was answered.
        what: String,
    },
    /// 304, or the article is as it was.
    #[error("nothing changed since the last visit")]
    Unchanged,
    /// 429 or 503: the host asked to be left alone.
    #[error("the host asks to be left alone ({status}) until {until}")]
    SlowDown {
        /// Which status.
        status: u16,
        /// Till when.
        until: Timestamp,
    },
    /// Another 5xx, or 408 and 425.
    #[error("the server answers {status}")]
    ServerError {
        /// Which status.
        status: u16,
    },
    /// Another 4xx.
    #[error("the server answers {status}")]
    ClientError {
        /// Which status.
        status: u16,
    },
    /// The response is no article.
    #[error(transparent)]
    Extract(#[from] ExtractError),
    /// Text mining is reserved, and the feed gives no headline either.
    #[error("text mining is reserved ({signal}) and the feed gives no headline")]
    Reserved {
        /// The signal.
        signal: String,
    },
    /// Even without its text the article's message is too large.
    #[error("the article's message has {bytes} bytes without its text, and {limit} are allowed")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// The store refused or is away.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Extraction died of a bug of ours.
    #[error("extraction broke down: {0}")]
    Broken(String),
}

impl From<RobotsRefusal> for Refusal {
    fn from(refusal: RobotsRefusal) -> Self {
        match refusal {
            RobotsRefusal::Disallowed { host } => Refusal::Disallowed { host },
            RobotsRefusal::Unknown { host, why, retry_at } => Refusal::RobotsUnknown { host, why, retry_at },
            RobotsRefusal::Busy { free_at } => Refusal::HostBusy { free_at },
            RobotsRefusal::Away(away) => Refusal::SlotsAway(away),
            RobotsRefusal::Address(error) => Refusal::Fetch(error),
        }
    }
}

impl From<SlotRefusal> for Refusal {
    fn from(refusal: SlotRefusal) -> Self {
        match refusal {
            SlotRefusal::Busy { free_at } => Refusal::HostBusy { free_at },
            SlotRefusal::Away(away) => Refusal::SlotsAway(away),
        }
    }
}

/// What a page's wait for a robots.txt grows by with each lap.
const LAP: Duration = Duration::from_secs(300);

/// Where it ends: the ladder's longest rung holds no message longer.
const LONGEST_LAP: Duration = Duration::from_secs(3_600);

impl Refusal {
    /// The longer a page has waited for its host's robots.txt, the later it comes back: else each page of a host that is
    /// away for a day would lap through the broker some hundred times.
    pub(super) fn patient(self, waits: u32, now: Timestamp) -> Self {
        match self {
            Refusal::RobotsUnknown { host, why, retry_at } => {
                let wait = LAP.saturating_mul(waits).min(LONGEST_LAP);
                Refusal::RobotsUnknown { host, why, retry_at: retry_at.max(now.plus(wait)) }
            }
            other => other,
        }
    }
}

/// The one place where a refusal becomes a decision. No wildcard arm: a new way to fail does not compile until
/// someone has decided what it means.
impl From<Refusal> for Outcome {
    fn from(refusal: Refusal) -> Outcome {
        match &refusal {
            // Decisions. Nobody needs waking.
            Refusal::TakenDown { .. } => Outcome::drop(DropReason::TakenDown, refusal),
            Refusal::SourceAway { .. } => Outcome::drop(DropReason::SourceAway, refusal),
            Refusal::TooOld { .. } => Outcome::drop(DropReason::TooOld, refusal),
            Refusal::Disallowed { .. } | Refusal::TooSlow { .. } => Outcome::drop(DropReason::Robots, refusal),
            Refusal::Gone { .. } => Outcome::drop(DropReason::Gone, refusal),
            Refusal::Unchanged => Outcome::drop(DropReason::Unchanged, refusal),
            Refusal::Reserved { .. } => Outcome::drop(DropReason::NoArticle, refusal),

            // Waiting is not failing: these spend time from the message's budget, but no attempt.
            Refusal::HostBusy { free_at } => Outcome::retry_at(RetryReason::HostBusy, *free_at, refusal),
            Refusal::Unfinished { .. } => Outcome::retry(RetryReason::HostBusy, refusal),
            Refusal::SlowDown { until, .. } => Outcome::retry_at(RetryReason::RateLimited, *until, refusal),
            Refusal::RobotsUnknown { retry_at, .. } => {
                Outcome::retry_at(RetryReason::RobotsUnknown, *retry_at, refusal)
            }
            Refusal::SlotsAway(_) => Outcome::retry(RetryReason::DependencyAway, refusal),

            // The world may heal: the ladder chooses when, and how often.
            Refusal::ServerError { .. } => Outcome::retry(RetryReason::ServerError, refusal),

            // Ours, hostile, or a publisher's word that is not a decision: a person should look.
            Refusal::ClientError { .. } => Outcome::dead(DeadReason::ClientError, refusal),
            Refusal::TooLarge { .. } => Outcome::dead(DeadReason::TooLarge, refusal),
            Refusal::Broken(_) => Outcome::dead(DeadReason::Internal, refusal),

            Refusal::Fetch(error) => of_fetch(error),
            Refusal::Extract(error) => of_extraction(error),
            Refusal::Store(error) => of_store(error),
        }
    }
}

pub(super) fn of_fetch(error: &FetchError) -> Outcome {
    match error {
        FetchError::Url { .. }
        | FetchError::Scheme { .. }
        | FetchError::Port { .. }
        | FetchError::UrlTooLong { .. } => Outcome::drop(DropReason::BadAddress, error),
        // A name may not have spread yet, a certificate may be renewed within the hour.
        FetchError::Dns { .. } | FetchError::Connect { .. } | FetchError::Tls { .. } => {
            Outcome::retry(RetryReason::Unreachable, error)
        }
        FetchError::Timeout { .. } => Outcome::retry(RetryReason::TimedOut, error),
        // A garbled encoding is a body that did not come whole.
        FetchError::CutOff { .. } | FetchError::Encoding { .. } => Outcome::retry(RetryReason::CutOff, error),
        FetchError::Forbidden { .. } => Outcome::dead(DeadReason::ForbiddenAddress, error),
        FetchError::TooLarge { .. } => Outcome::dead(DeadReason::TooLarge, error),
        FetchError::RedirectLoop { .. } | FetchError::TooManyRedirects { .. } | FetchError::BadRedirect { .. } => {
            Outcome::dead(DeadReason::RedirectLoop, error)
        }
        FetchError::BadHeader { .. } => Outcome::dead(DeadReason::ClientError, error),
    }
}

fn of_extraction(error: &ExtractError) -> Outcome {
    use crate::extract::OtherPage;
    match error {
        ExtractError::NotHtml(_) => Outcome::drop(DropReason::NotHtml, error),
        ExtractError::Consent(_) => Outcome::drop(DropReason::Consent, error),
        ExtractError::NoArticle { kind, .. } => match kind {
            OtherPage::Video | OtherPage::Gallery | OtherPage::Audio | OtherPage::LiveBlog => {
                Outcome::drop(DropReason::NotText, error)
            }
            OtherPage::Front | OtherPage::Search => Outcome::drop(DropReason::NoArticle, error),
            // The page was there and nothing could be read from it: our reading may be at fault.
            OtherPage::Thin => Outcome::dead(DeadReason::Extraction, error),
        },
        ExtractError::NoTitle => Outcome::dead(DeadReason::Extraction, error),
        ExtractError::Charset { .. } => Outcome::dead(DeadReason::Charset, error),
        ExtractError::Blocked(_) => Outcome::dead(DeadReason::Blocked, error),
        ExtractError::Address(_) => Outcome::drop(DropReason::BadAddress, error),
    }
}

fn of_store(error: &StoreError) -> Outcome {
    match error {
        // Nothing is wrong with the message: the worker stops consuming and probes.
        StoreError::Away(_) | StoreError::NewerSchema { .. } => Outcome::retry(RetryReason::DependencyAway, error),
        StoreError::Conflict(_) => Outcome::retry(RetryReason::Conflict, error),
        StoreError::Settings(_) | StoreError::Address(_) | StoreError::Broken(_) => {
            Outcome::dead(DeadReason::Internal, error)
        }
    }
}
