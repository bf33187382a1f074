//! What a round of the schedule, of revisits and of judging anew has in common: a batch is sent within a time, and
//! whatever fails is told and tried again by the next round.

use crate::retriever::Refusal;
use queue::{Outgoing, Queue, QueueError};
use std::time::Duration;
use store::StoreError;

/// Why a round failed. The next one tries again.
#[derive(Debug, thiserror::Error)]
pub enum RoundError {
    /// The store refused or is away.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The queue can't be asked how full it is.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// The messages were not confirmed; what was leased for them was given back.
    #[error("the queue did not take {what}: {error}")]
    Refused {
        /// What was sent.
        what: &'static str,
        /// Why it was not taken.
        error: QueueError,
    },
    /// Nor within the time-out.
    #[error("the queue did not confirm {what} within {limit:?}")]
    Unconfirmed {
        /// What was sent.
        what: &'static str,
        /// How long was waited.
        limit: Duration,
    },
    /// Hosts can't be asked.
    #[error("no host can be asked: {0}")]
    Hosts(Refusal),
}

impl RoundError {
    /// What is away, as the metrics name it.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Store(_) => "store_away",
            Self::Queue(_) | Self::Refused { .. } | Self::Unconfirmed { .. } => "queue_away",
            Self::Hosts(_) => "slots_away",
        }
    }
}

/// Publishes a round's messages and waits for their confirms, at most for `limit`. `what` names them in errors.
pub(crate) async fn send(
    queue: &Queue,
    what: &'static str,
    messages: Vec<Outgoing>,
    limit: Duration,
) -> Result<(), RoundError> {
    match tokio::time::timeout(limit, queue.publish(messages)).await {
        Ok(published) => published.map_err(|error| RoundError::Refused { what, error }),
        Err(_) => Err(RoundError::Unconfirmed { what, limit }),
    }
}
