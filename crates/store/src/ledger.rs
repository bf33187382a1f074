//! The dead letters' ledger: what died, why, and what became of it since.

use crate::{Store, StoreError};
use article::Timestamp;
use serde::{Deserialize, Serialize};

/// A dead letter as the registrar hands it in. Body and headers are bytes, so that nothing in them can stop it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Which message.
    pub message_id: String,
    /// Where it died: a stage's name.
    pub stage: String,
    /// How often it had been replayed when it died: with the two above the row's identity.
    pub deaths: u32,
    /// Reason's name.
    pub reason: String,
    /// Last error chain.
    pub detail: String,
    /// The queue it came from.
    pub origin: String,
    /// Attempts it had.
    pub attempts: u32,
    /// When it was first published.
    pub first_seen: Timestamp,
    /// When it died.
    pub died_at: Timestamp,
    /// Host it is about.
    pub host: Option<String>,
    /// Source it is about.
    pub source: Option<String>,
    /// The release that failed.
    pub release: String,
    /// W3C Trace Context.
    pub traceparent: Option<String>,
    /// Message type's name.
    pub kind: String,
    /// Message type's version.
    pub schema: u16,
    /// Headers as received, JSON.
    pub headers: Vec<u8>,
    /// Body as received.
    pub body: Vec<u8>,
}

/// Where a ledger row stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LedgerState {
    /// Dead, not replayed.
    Dead,
    /// Published again; its outcome is not known yet.
    Replaying,
    /// Replayed and passed.
    Passed,
    /// Replayed and dead again, as another row.
    DeadAgain,
    /// Not replayed, or dropped at its stage, with a reason: too old, taken down.
    Dropped,
}

/// A row of the ledger.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct LedgerRow {
    /// Its number.
    pub id: i64,
    /// What died.
    pub letter: DeadLetter,
    /// Where it stands.
    pub state: LedgerState,
    /// Reason of the state, if it has one.
    pub outcome: Option<String>,
    /// When the state last changed.
    pub changed_at: Timestamp,
}

/// Which rows. All given parts must hold.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct DeadFilter {
    /// Belt queue it came from, by name.
    pub queue: Option<String>,
    /// Reason's name.
    pub reason: Option<String>,
    /// Stage's name.
    pub stage: Option<String>,
    /// Host.
    pub host: Option<String>,
    /// Source.
    pub source: Option<String>,
    /// Died before.
    pub older_than: Option<Timestamp>,
    /// Died after.
    pub newer_than: Option<Timestamp>,
    /// Release that failed.
    pub release: Option<String>,
    /// Row numbers; empty means any.
    #[serde(default)]
    pub ids: Vec<i64>,
    /// State; `None` means [`LedgerState::Dead`] only.
    pub state: Option<LedgerState>,
    /// At most this many, oldest death first.
    pub limit: Option<u32>,
    /// Only rows after this number: for paging.
    pub after: Option<i64>,
}

/// Dead letters of one kind.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct DeadGroup {
    /// Reason's name.
    pub reason: String,
    /// Stage's name.
    pub stage: String,
    /// Host or, without one, source.
    pub about: String,
    /// How many.
    pub count: u64,
    /// First death.
    pub first_seen: Timestamp,
    /// Last death.
    pub last_seen: Timestamp,
    /// Newest release that failed.
    pub release: String,
}

/// What became of a set of replayed rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct ReplayTally {
    /// Passed.
    pub passed: u64,
    /// Outcome not known yet.
    pub under_way: u64,
    /// Dead again.
    pub dead_again: u64,
    /// Dropped, with a reason.
    pub dropped: u64,
}

impl Store {
    /// Takes dead letters in, in one transaction. A letter that is there already (message, stage, deaths)
    /// changes nothing. Returns how many were new.
    pub async fn bury(&self, letters: &[DeadLetter]) -> Result<u64, StoreError> {
        unimplemented!("{letters:?}")
    }

    /// Rows that match, oldest death first.
    pub async fn dead_letters(&self, filter: &DeadFilter) -> Result<Vec<LedgerRow>, StoreError> {
        unimplemented!("{filter:?}")
    }

    /// How many rows match.
    pub async fn dead_count(&self, filter: &DeadFilter) -> Result<u64, StoreError> {
        unimplemented!("{filter:?}")
    }

    /// Rows that match, grouped, largest group first.
    pub async fn dead_groups(&self, filter: &DeadFilter) -> Result<Vec<DeadGroup>, StoreError> {
        unimplemented!("{filter:?}")
    }

    /// Sets a row's state after its replay was confirmed, or its outcome became known. A row whose outcome
    /// is known (passed, dead again, dropped) keeps it. Returns whether it changed.
    pub async fn set_ledger_state(
        &self,
        id: i64,
        state: LedgerState,
        outcome: Option<&str>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        unimplemented!("{id} {state:?} {outcome:?} {now}")
    }

    /// What became of these rows.
    pub async fn replay_tally(&self, ids: &[i64]) -> Result<ReplayTally, StoreError> {
        unimplemented!("{ids:?}")
    }

    /// Removes rows that match. Returns how many.
    pub async fn purge_dead(&self, filter: &DeadFilter) -> Result<u64, StoreError> {
        unimplemented!("{filter:?}")
    }
}
