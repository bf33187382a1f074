//! What a poll's failure means.

use article::Timestamp;
use queue::{DeadReason, DropReason, Outcome, RetryReason, Then};
use store::StoreError;
use web::{Away, SlotRefusal};

/// Why a poll ends without entries.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The feed was removed, or its source paused.
    SourceAway,
    /// Its publisher retired it.
    Retired,
    /// This poll, or a later one, has finished already.
    Stale { finished: Timestamp },
    /// The host's next slot is too far to wait for.
    HostBusy { free_at: Timestamp },
    /// The feed leads to a host whose robots.txt can't be had now.
    RobotsUnknown { host: String, why: String, retry_at: Timestamp },
    /// The host slots' Redis is away.
    SlotsAway(Away),
    /// The store refused or is away.
    Store(StoreError),
    /// The feed could not be had or read. Its state says so once `then` has run.
    Broken { detail: String, then: Then },
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Refusal::Store(error)
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

/// The one place where a refusal becomes a decision. No wildcard arm: a new way to fail does not compile until
/// someone has decided what it means.
impl From<Refusal> for Outcome {
    fn from(refusal: Refusal) -> Outcome {
        match refusal {
            // Decisions. Nobody needs waking.
            Refusal::SourceAway => {
                Outcome::drop(DropReason::SourceAway, "the feed was removed or its source is paused")
            }
            Refusal::Retired => Outcome::drop(DropReason::SourceAway, "its publisher retired the feed (410)"),
            Refusal::Stale { finished } => {
                Outcome::drop(DropReason::Stale, format_args!("the poll due at {finished} has finished already"))
            }
            // The next poll is the retry: the feed's state holds the error and when that is.
            Refusal::Broken { detail, then } => {
                Outcome::Drop { reason: DropReason::FeedBroken, detail, then: Some(then) }
            }

            // Waiting is not failing.
            Refusal::HostBusy { free_at } => {
                Outcome::retry_at(RetryReason::HostBusy, free_at, format_args!("the host is busy until {free_at}"))
            }
            Refusal::RobotsUnknown { host, why, retry_at } => Outcome::retry_at(
                RetryReason::RobotsUnknown,
                retry_at,
                format_args!("robots.txt of {host}, to which the feed leads, can't be had: {why}"),
            ),
            Refusal::SlotsAway(why) => Outcome::retry(RetryReason::DependencyAway, why),
            Refusal::Store(error) => match error {
                StoreError::Away(_) => Outcome::retry(RetryReason::DependencyAway, error),
                StoreError::Conflict(_) => Outcome::retry(RetryReason::Conflict, error),
                StoreError::NewerSchema { .. } => Outcome::retry(RetryReason::DependencyAway, error),
                StoreError::Settings(_) | StoreError::Address(_) | StoreError::Broken(_) => {
                    Outcome::dead(DeadReason::Internal, error)
                }
            },
        }
    }
}
