//! What is known of each feed, and which entries were seen.

use crate::{Store, StoreError};
use article::{ArticleId, FeedId, Section, SourceId, Timestamp};
use serde::Serialize;
use std::time::Duration;

/// A feed whose poll is due, leased to the caller.
#[derive(Clone, PartialEq, Debug)]
pub struct DueFeed {
    /// Which.
    pub feed: FeedId,
    /// Its address.
    pub url: String,
    /// The source it belongs to; the first by name if several share it.
    pub source: SourceId,
    /// When it was due.
    pub due: Timestamp,
}

/// What is remembered of a feed between polls.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct FeedState {
    /// Which.
    pub feed: FeedId,
    /// Its address.
    pub url: String,
    /// The source it belongs to; the first by name if several share it.
    pub source: SourceId,
    /// Its section, if the whole feed is of one.
    pub section: Option<Section>,
    /// Validator for `If-None-Match`.
    pub etag: Option<String>,
    /// Validator for `If-Modified-Since`, as the server wrote it.
    pub last_modified: Option<String>,
    /// When it is due next.
    pub next_due: Timestamp,
    /// `due` of the last finished poll.
    pub finished_due: Option<Timestamp>,
    /// When a poll last finished, well or not.
    pub last_polled: Option<Timestamp>,
    /// When a poll last succeeded.
    pub last_success: Option<Timestamp>,
    /// When a poll last found a new entry.
    pub last_new_entry: Option<Timestamp>,
    /// HTTP status of the last poll.
    pub last_status: Option<u16>,
    /// What was wrong with the last poll, if anything.
    pub last_error: Option<String>,
    /// Failed polls in a row.
    pub failures: u32,
    /// Seconds between polls that its rhythm suggests.
    pub interval_secs: u64,
    /// Retired by its publisher (410): polled no more.
    pub retired: bool,
}

/// An entry as the feed lists it now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EntryKey {
    /// The permalink's article.
    pub article: ArticleId,
    /// The entry's date of change, if it has one.
    pub updated: Option<Timestamp>,
}

/// Whether an entry costs a page fetch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EntryStatus {
    /// Never seen, in this feed or another.
    New,
    /// Seen, and its date of change has moved on since.
    Updated,
    /// Seen.
    Seen,
}

/// What a finished poll leaves behind. Written once its pages are confirmed, and nowhere else.
#[derive(Clone, PartialEq, Debug)]
pub struct PollRecord {
    /// Which feed.
    pub feed: FeedId,
    /// The poll's own `due`; a record of an older poll than the last finished one changes nothing.
    pub due: Timestamp,
    /// When it finished.
    pub at: Timestamp,
    /// When it is due next.
    pub next_due: Timestamp,
    /// Seconds between polls that its rhythm suggests.
    pub interval_secs: u64,
    /// HTTP status.
    pub status: Option<u16>,
    /// What was wrong; `None` after success. An error keeps the old validators and counts as a failure.
    pub error: Option<String>,
    /// New validator.
    pub etag: Option<String>,
    /// New validator.
    pub last_modified: Option<String>,
    /// The feed moved for good (301, 308): its new address.
    pub moved_to: Option<String>,
    /// 410: poll no more.
    pub retired: bool,
    /// Entries the feed lists now, each marked as seen.
    pub seen: Vec<EntryKey>,
    /// How many of them were new.
    pub new_entries: u32,
}

/// A feed as the operator sees it.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct FeedHealth {
    /// Its source's name for readers.
    pub source_name: String,
    /// Whether its source is paused.
    pub paused: bool,
    /// Its state.
    pub state: FeedState,
    /// Articles of its source in the last seven days.
    pub articles_week: u64,
    /// When its source's last article was seen.
    pub last_article: Option<Timestamp>,
}

impl Store {
    /// Leases up to `limit` feeds that are due at `now` and not leased; paused sources' and retired feeds
    /// are left out. Two callers never get the same feed (`FOR UPDATE SKIP LOCKED` on PostgreSQL). The lease
    /// ends with [`Store::finish_poll`] or after `lease`.
    pub async fn claim_due_feeds(
        &self,
        now: Timestamp,
        limit: u32,
        lease: Duration,
    ) -> Result<Vec<DueFeed>, StoreError> {
        unimplemented!("{now} {limit} {lease:?}")
    }

    /// Gives leases back whose message could not be published: the feeds are due again at once.
    pub async fn release_feeds(&self, feeds: &[FeedId]) -> Result<(), StoreError> {
        unimplemented!("{feeds:?}")
    }

    /// One feed's state.
    pub async fn feed_state(&self, feed: &FeedId) -> Result<Option<FeedState>, StoreError> {
        unimplemented!("{feed}")
    }

    /// What each of these entries is, in the same order.
    pub async fn entry_statuses(&self, entries: &[EntryKey]) -> Result<Vec<EntryStatus>, StoreError> {
        unimplemented!("{entries:?}")
    }

    /// Records a finished poll. Idempotent; returns false if a later poll has finished already.
    pub async fn finish_poll(&self, record: &PollRecord) -> Result<bool, StoreError> {
        unimplemented!("{record:?}")
    }

    /// Makes a feed due at once. Returns whether it was there.
    pub async fn poll_now(&self, feed: &FeedId) -> Result<bool, StoreError> {
        unimplemented!("{feed}")
    }

    /// Every feed with its state, worst first: failing longest, then silent longest.
    pub async fn feed_health(&self, now: Timestamp) -> Result<Vec<FeedHealth>, StoreError> {
        unimplemented!("{now}")
    }

    /// Forgets entries that no feed has listed since `before`. Returns how many.
    pub async fn prune_entries(&self, before: Timestamp) -> Result<u64, StoreError> {
        unimplemented!("{before}")
    }
}
