//! What became of a message at each stage, kept for a bounded time, for `explain`.

use crate::{Store, StoreError};
use article::Timestamp;
use serde::{Deserialize, Serialize};

/// A decision of a stage.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct DecisionRow {
    /// When.
    pub at: Timestamp,
    /// Stage's name.
    pub stage: String,
    /// Which message.
    pub message_id: String,
    /// Article it is about, if known: its id's text.
    pub article: Option<String>,
    /// Address it is about.
    pub url: Option<String>,
    /// Source it is about.
    pub source: Option<String>,
    /// `done`, `drop`, `retry`, `dead`.
    pub outcome: String,
    /// Reason's name; empty for done.
    pub reason: String,
    /// Which attempt.
    pub attempt: u32,
    /// Evidence and error chain, for people.
    pub detail: String,
}

impl Store {
    /// Writes decisions, in one transaction.
    pub async fn record_decisions(&self, rows: &[DecisionRow]) -> Result<(), StoreError> {
        unimplemented!("{rows:?}")
    }

    /// Decisions about an address, article id or message id, in time order.
    pub async fn decisions(&self, key: &str) -> Result<Vec<DecisionRow>, StoreError> {
        unimplemented!("{key}")
    }

    /// The newest decisions, newest first.
    pub async fn recent_decisions(&self, limit: u32) -> Result<Vec<DecisionRow>, StoreError> {
        unimplemented!("{limit}")
    }

    /// Forgets decisions made before `before`. Returns how many.
    pub async fn prune_decisions(&self, before: Timestamp) -> Result<u64, StoreError> {
        unimplemented!("{before}")
    }
}
