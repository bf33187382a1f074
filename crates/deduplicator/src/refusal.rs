//! What keeps an article from getting its verdict, and what that means for its message.

use crate::IndexError;
use queue::{DeadReason, DropReason, Outcome, RetryReason};
use std::error::Error;
use store::StoreError;

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// A tombstone stands against the article.
    #[error("the article was taken down")]
    TakenDown,
    /// The index can't be asked.
    #[error("no verdict")]
    Index(#[from] IndexError),
    /// The store can't be asked for tombstones.
    #[error("no look at the tombstones")]
    Store(#[from] StoreError),
}

/// The one place where a failure becomes a decision. Nothing passes unchecked: with the index or the store
/// away the belt waits.
impl From<Refusal> for Outcome {
    fn from(refusal: Refusal) -> Outcome {
        let chain = chain(&refusal);
        match refusal {
            // A decision. Nobody needs waking.
            Refusal::TakenDown => Outcome::drop(DropReason::TakenDown, chain),

            // Waiting is not failing. A wrong setting, a damaged index or a newer schema is cured by whoever operates it,
            // and no article is to die of it meanwhile.
            Refusal::Index(IndexError::Away(_) | IndexError::Settings(_) | IndexError::Damaged(_))
            | Refusal::Store(StoreError::Away(_) | StoreError::Settings(_) | StoreError::NewerSchema { .. }) => {
                Outcome::retry(RetryReason::DependencyAway, chain)
            }
            Refusal::Store(StoreError::Conflict(_)) => Outcome::retry(RetryReason::Conflict, chain),

            // Ours: a person should look.
            Refusal::Store(StoreError::Broken(_) | StoreError::Address(_)) => {
                Outcome::dead(DeadReason::Internal, chain)
            }
        }
    }
}

fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
