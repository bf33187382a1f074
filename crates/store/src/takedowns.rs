//! Takedowns and the tombstones that make them last.

use crate::{Store, StoreError};
use article::{ArticleId, Timestamp};
use serde::{Deserialize, Serialize};

/// Where a takedown stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TakedownState {
    /// Asked for, not yet carried out.
    Requested,
    /// Carried out: a tombstone stands.
    Executed,
}

/// An owner's request.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Takedown {
    /// Its number.
    pub id: i64,
    /// The address it names, canonicalised.
    pub url: String,
    /// Who asks.
    pub requested_by: String,
    /// Why, in their words.
    pub reason: String,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When it must be carried out: 24 hours later.
    pub due_at: Timestamp,
    /// Where it stands.
    pub state: TakedownState,
    /// When it was carried out.
    pub executed_at: Option<Timestamp>,
    /// The articles it took off.
    pub articles: Vec<ArticleId>,
}

impl Store {
    /// Records a request. The same address asked for twice keeps the first request.
    pub async fn add_takedown(
        &self,
        url: &str,
        requested_by: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<Takedown, StoreError> {
        unimplemented!("{url} {requested_by} {reason} {now}")
    }

    /// All requests, open ones first, then newest first.
    pub async fn takedowns(&self) -> Result<Vec<Takedown>, StoreError> {
        unimplemented!()
    }

    /// Carries out the request for `url`, recording one if there is none: in one transaction the tombstone
    /// stands (by article id, for the address and every alias known), the article's text, revisions,
    /// captures and search entry are gone, and its story elects another face or is gone. Idempotent.
    /// Works for an address never seen: it will not come.
    pub async fn execute_takedown(&self, url: &str, actor: &str, now: Timestamp) -> Result<Takedown, StoreError> {
        unimplemented!("{url} {actor} {now}")
    }

    /// Lifts a tombstone. Only an operator does. Returns whether one stood.
    pub async fn lift_takedown(&self, url: &str, actor: &str, now: Timestamp) -> Result<bool, StoreError> {
        unimplemented!("{url} {actor} {now}")
    }

    /// Which of these articles have a tombstone.
    pub async fn tombstoned(&self, ids: &[ArticleId]) -> Result<Vec<ArticleId>, StoreError> {
        unimplemented!("{ids:?}")
    }
}
