//! How publishing fails, and what each failure means.

use queue::{DeadReason, DropReason, Outcome, RetryReason};
use store::StoreError;

/// Why an arrival did not reach the site.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Its owner had it taken down: a tombstone stands against it.
    #[error("a takedown stands against {url}")]
    TakenDown {
        /// The article's address.
        url: String,
    },
    /// The store did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The one place where a failure becomes a decision. No wildcard arm: a new way to fail does not compile
/// until someone has decided what it means.
impl From<Refusal> for Outcome {
    fn from(refusal: Refusal) -> Outcome {
        match &refusal {
            Refusal::TakenDown { .. } => Outcome::drop(DropReason::TakenDown, refusal),
            Refusal::Store(error) => match error {
                // Nothing is wrong with the message: the worker stops consuming and probes.
                StoreError::Away(_) => Outcome::retry(RetryReason::DependencyAway, refusal),
                // A newer release has migrated the store; a worker of that release will take the message.
                StoreError::NewerSchema { .. } => Outcome::retry(RetryReason::DependencyAway, refusal),
                StoreError::Conflict(_) => Outcome::retry(RetryReason::Conflict, refusal),
                StoreError::Address(_) | StoreError::Settings(_) | StoreError::Broken(_) => {
                    Outcome::dead(DeadReason::Internal, refusal)
                }
            },
        }
    }
}
