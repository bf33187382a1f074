//! The dead letters' ledger: what died, why, and what became of it since.

mod filter;
mod read;
mod write;

pub(crate) use write::erase_text;

use article::{ArticleId, Timestamp};
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
    /// The article that it would bring to readers, if its body could be read.
    #[serde(default)]
    pub article: Option<ArticleId>,
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
    /// Body as received; none once its article was taken down.
    pub body: Vec<u8>,
}

impl DeadLetter {
    /// Whether its body was erased because its article was taken down.
    pub fn is_erased(&self) -> bool {
        // What named an article had a body.
        self.article.is_some() && self.body.is_empty()
    }
}

/// The outcome of a row whose text was taken down before it had another; the word that a drop for it has too.
pub const TAKEN_DOWN: &str = "taken_down";

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

impl LedgerState {
    /// Every one.
    pub const ALL: [LedgerState; 5] =
        [LedgerState::Dead, LedgerState::Replaying, LedgerState::Passed, LedgerState::DeadAgain, LedgerState::Dropped];

    /// As written in the database and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            LedgerState::Dead => "dead",
            LedgerState::Replaying => "replaying",
            LedgerState::Passed => "passed",
            LedgerState::DeadAgain => "dead_again",
            LedgerState::Dropped => "dropped",
        }
    }

    /// Reads what [`LedgerState::as_str`] writes.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == name)
    }
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
    /// Belt queue it came from, by name. A belt's name stands for all its lanes and rungs.
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
    /// Only rows that come after the row of this number in that order: for paging.
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
