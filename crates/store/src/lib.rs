//! What do we remember? Sources and their feed state, articles and revisions, stories, the dead letters'
//! ledger, captures, takedowns and tombstones, audit, and for a while each decision.
//!
//! One [`Store`] over PostgreSQL or SQLite, chosen by URL: the SQL is written once, in the part that both
//! speak, and what differs is in one place (`dialect`). The same contract test runs over both. This crate
//! knows no queue, no web and no site; the rules it applies inside a transaction (who leads a story, what
//! is older) are `article`'s.
#![forbid(unsafe_code)]

mod apply;
mod archives;
mod articles;
mod audit;
mod captures;
mod cards;
mod carried;
#[cfg(any(test, feature = "contract"))]
pub mod contract;
mod decisions;
mod dialect;
mod entries;
mod error;
mod feeds;
mod health;
mod keep;
mod ledger;
mod prune;
mod revisits;
mod row;
mod schema;
mod search;
mod settings;
mod sources;
mod stories;
mod subscriptions;
mod takedowns;
#[cfg(test)]
mod tests;
mod traffic;

pub use articles::{ArticleState, StoredArticle, StoredRevision};
pub use audit::AuditEntry;
pub use captures::{Capture, CaptureHead};
pub use cards::{CardFilter, ListedAfter, StoryCard, Totals};
pub use carried::Pass;
pub use decisions::DecisionRow;
pub use entries::{EntryKey, EntryStatus};
pub use error::StoreError;
pub use feeds::{DueFeed, FeedState, PollRecord};
pub use health::FeedHealth;
pub use ledger::{DeadFilter, DeadGroup, DeadLetter, LedgerRow, LedgerState, ReplayTally, TAKEN_DOWN};
pub use revisits::{DueRevisit, Validators, Watched};
pub use settings::StoreSettings;
pub use stories::{Applied, Change, Member, PublishPolicy, StoryLookup, StoryView};
pub use subscriptions::Subscription;
pub use takedowns::{Takedown, TakedownState, Tombstones};
pub use traffic::{Dropped, SourceDay, StageTraffic};

/// The store. Cheap to clone; every method is safe from many tasks and many processes at once.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) db: dialect::Db,
}

impl Store {
    /// Connects, and makes the schema what this binary knows. Several processes may do so at once.
    /// [`StoreError::Away`] means to wait and try again; [`StoreError::NewerSchema`] and
    /// [`StoreError::Settings`] need a person.
    pub async fn open(settings: &StoreSettings) -> Result<Self, StoreError> {
        let db = dialect::Db::connect(settings).await?;
        schema::migrate(&db).await?;
        Ok(Self { db })
    }

    /// Whether the store answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1 AS one").fetch_one(&self.db.read).await?;
        Ok(())
    }

    /// Closes every connection; calls after it are answered with [`StoreError::Away`].
    pub async fn close(&self) {
        self.db.read.close().await;
        self.db.write.close().await;
    }
}
