//! What do we remember? Sources and their feed state, articles and revisions, stories, the dead letters'
//! ledger, captures, takedowns and tombstones, audit, and for a while each decision.
//!
//! One [`Store`] over PostgreSQL or SQLite, chosen by URL: the SQL is written once, in the part that both
//! speak, and what differs is in one place ([`dialect`]). The same contract test runs over both. This crate
//! knows no queue, no web and no site; the rules it applies inside a transaction (who leads a story, what
//! is older) are `article`'s.
#![forbid(unsafe_code)]

mod articles;
mod audit;
mod captures;
mod decisions;
mod dialect;
mod error;
mod feeds;
mod ledger;
mod schema;
mod settings;
mod sources;
mod stories;
mod takedowns;

pub use articles::{ArticleState, StoredArticle, StoredRevision};
pub use audit::AuditEntry;
pub use captures::Capture;
pub use decisions::DecisionRow;
pub use error::StoreError;
pub use feeds::{DueFeed, EntryKey, EntryStatus, FeedHealth, FeedState, PollRecord};
pub use ledger::{DeadFilter, DeadGroup, DeadLetter, LedgerRow, LedgerState, ReplayTally};
pub use settings::StoreSettings;
pub use stories::{Applied, CardFilter, Change, Member, PublishPolicy, StoryCard, StoryLookup, StoryView, Totals};
pub use takedowns::{Takedown, TakedownState};

/// The store. Cheap to clone; every method is safe from many tasks and many processes at once.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) db: dialect::Db,
}
