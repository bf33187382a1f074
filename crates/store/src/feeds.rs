//! What is known of each feed, and which entries were seen.

use crate::dialect::{Tx, placeholders};
use crate::row::{Reader, big, read_all};
use crate::{EntryKey, Store, StoreError};
use article::{FeedId, Section, SourceId, Timestamp};
use serde::Serialize;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};
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

/// A feed's columns with its first source by name, paused ones last; `live` leaves those out.
fn feed_columns(live: bool) -> String {
    let only = if live { " AND s.paused = 0" } else { "" };
    let first = |column: &str| {
        format!(
            "(SELECT {column} FROM source_feeds l JOIN sources s ON s.id = l.source
              WHERE l.feed = f.id{only} ORDER BY s.paused, s.name, s.id LIMIT 1)"
        )
    };
    format!(
        "f.*, COALESCE(f.moved_to, f.url) AS address, {} AS source, {} AS section",
        first("s.id"),
        first("l.section")
    )
}

impl Store {
    /// Leases up to `limit` feeds that are due at `now` and not leased; paused sources' and retired feeds
    /// are left out. Two callers never get the same feed (`FOR UPDATE SKIP LOCKED` on PostgreSQL). The lease
    /// ends with [`Store::finish_poll`] or after `lease`.
    ///
    /// The longest due come first; of those due at the same time the order is that of their ids, which are
    /// hashes, so that feeds of one host added together are spread among the others.
    pub async fn claim_due_feeds(
        &self,
        now: Timestamp,
        limit: u32,
        lease: Duration,
    ) -> Result<Vec<DueFeed>, StoreError> {
        let mut tx = self.db.begin().await?;
        let sql = format!(
            "SELECT f.id FROM feeds f
             WHERE f.retired = 0 AND f.next_due <= $1 AND f.lease_until <= $1 AND EXISTS
                (SELECT 1 FROM source_feeds l JOIN sources s ON s.id = l.source WHERE l.feed = f.id AND s.paused = 0)
             ORDER BY f.next_due, f.id LIMIT $2{}",
            self.db.skip_locked()
        );
        let rows =
            sqlx::query(AssertSqlSafe(sql)).bind(now.millis()).bind(i64::from(limit)).fetch_all(&mut *tx).await?;
        let ids: Vec<String> = rows.iter().map(|r| r.text("id")).collect::<Result<_, _>>()?;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        set_lease(&mut tx, &ids, now.plus(lease)).await?;
        let sql = format!(
            "SELECT {} FROM feeds f WHERE f.id IN ({}) ORDER BY f.next_due, f.id",
            feed_columns(true),
            placeholders(1, ids.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
        for id in &ids {
            query = query.bind(id);
        }
        let rows = query.fetch_all(&mut *tx).await?;
        // A source paused between the two statements leaves a leased feed without a source: its lease just ends.
        let live: Vec<&AnyRow> = rows.iter().filter(|r| matches!(r.maybe_text("source"), Ok(Some(_)))).collect();
        let due = live.into_iter().map(read_due).collect::<Result<_, _>>()?;
        tx.commit().await?;
        Ok(due)
    }

    /// Gives leases back whose message could not be published: the feeds are due again at once.
    pub async fn release_feeds(&self, feeds: &[FeedId]) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        let ids: Vec<String> = feeds.iter().map(FeedId::to_string).collect();
        set_lease(&mut tx, &ids, Timestamp(0)).await?;
        tx.commit().await?;
        Ok(())
    }

    /// One feed's state.
    pub async fn feed_state(&self, feed: &FeedId) -> Result<Option<FeedState>, StoreError> {
        let sql = format!("SELECT {} FROM feeds f WHERE f.id = $1", feed_columns(false));
        let row = sqlx::query(AssertSqlSafe(sql)).bind(feed.to_string()).fetch_optional(&self.db.read).await?;
        row.as_ref().map(read_state).transpose()
    }

    /// Every feed's state, by id.
    pub(crate) async fn feed_states(&self) -> Result<Vec<FeedState>, StoreError> {
        let sql = format!("SELECT {} FROM feeds f ORDER BY f.id", feed_columns(false));
        read_all(&sqlx::query(AssertSqlSafe(sql)).fetch_all(&self.db.read).await?, read_state)
    }

    /// Records a finished poll. Idempotent; returns false if a later poll has finished already.
    pub async fn finish_poll(&self, record: &PollRecord) -> Result<bool, StoreError> {
        let mut tx = self.db.begin().await?;
        let sql = format!("SELECT finished_due FROM feeds WHERE id = $1{}", self.db.for_update());
        let row = sqlx::query(AssertSqlSafe(sql)).bind(record.feed.to_string()).fetch_optional(&mut *tx).await?;
        // Removed meanwhile: what it listed is still worth knowing, should it come back or another list it.
        let Some(row) = row else {
            crate::entries::mark_listed(&mut tx, &record.seen, record.at).await?;
            tx.commit().await?;
            return Ok(true);
        };
        let finished: Option<i64> = row.try_get("finished_due")?;
        if finished.is_some_and(|f| f > record.due.millis()) {
            return Ok(false);
        }
        let again = finished == Some(record.due.millis());
        write_poll(&mut tx, record, again).await?;
        crate::entries::mark_listed(&mut tx, &record.seen, record.at).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Makes a feed due at once, also one that its publisher retired. Returns whether it was there.
    pub async fn poll_now(&self, feed: &FeedId) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "UPDATE feeds SET retired = 0, next_due = CASE WHEN next_due < $2 THEN next_due ELSE $2 END WHERE id = $1",
        )
        .bind(feed.to_string())
        .bind(Timestamp::now().millis())
        .execute(&self.db.write)
        .await?;
        Ok(done.rows_affected() > 0)
    }
}

/// `again`: this very poll was recorded before (redelivered after its record, before its ack); it counts
/// as one failure then, not two.
async fn write_poll(tx: &mut Tx, record: &PollRecord, again: bool) -> Result<(), StoreError> {
    let at = record.at.millis();
    let failed = record.error.is_some();
    // A 304 may come without validators: the old ones hold on then (RFC 9110 section 15.4.5).
    let keep = failed || record.status == Some(304);
    sqlx::query(
        "UPDATE feeds SET
            finished_due = $2, last_polled = $3, next_due = $4, interval_secs = $5, last_status = $6, last_error = $7,
            lease_until = 0,
            etag = CASE WHEN $8 = 1 THEN COALESCE($9, etag) ELSE $9 END,
            last_modified = CASE WHEN $8 = 1 THEN COALESCE($10, last_modified) ELSE $10 END,
            moved_to = COALESCE($11, moved_to),
            retired = $12,
            failures = CASE WHEN $13 = 0 THEN 0 WHEN $14 = 1 THEN failures ELSE failures + 1 END,
            last_success = CASE WHEN $13 = 0 THEN $3 ELSE last_success END,
            last_new_entry = CASE WHEN $15 > 0 THEN $3 ELSE last_new_entry END
         WHERE id = $1",
    )
    .bind(record.feed.to_string())
    .bind(record.due.millis())
    .bind(at)
    .bind(record.next_due.millis())
    .bind(big(record.interval_secs))
    .bind(record.status.map(i64::from))
    .bind(record.error.clone())
    .bind(i64::from(keep))
    .bind(record.etag.clone())
    .bind(record.last_modified.clone())
    .bind(record.moved_to.clone())
    .bind(i64::from(record.retired))
    .bind(i64::from(failed))
    .bind(i64::from(again))
    .bind(i64::from(record.new_entries))
    .execute(&mut **tx)
    .await?;
    // What a hub has told since the answer came is not in it.
    sqlx::query(
        "UPDATE feeds SET next_due = (SELECT s.heard_at FROM subscriptions s WHERE s.feed = feeds.id)
         WHERE id = $1 AND EXISTS (SELECT 1 FROM subscriptions s
            WHERE s.feed = feeds.id AND s.heard_at > $2 AND s.heard_at < feeds.next_due)",
    )
    .bind(record.feed.to_string())
    .bind(at)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn set_lease(tx: &mut Tx, ids: &[String], until: Timestamp) -> Result<(), StoreError> {
    for chunk in ids.chunks(500) {
        let sql = format!("UPDATE feeds SET lease_until = $1 WHERE id IN ({})", placeholders(2, chunk.len()));
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(false).bind(until.millis());
        for id in chunk {
            query = query.bind(id);
        }
        query.execute(&mut **tx).await?;
    }
    Ok(())
}

fn read_due(row: &AnyRow) -> Result<DueFeed, StoreError> {
    Ok(DueFeed {
        feed: row.id("id")?,
        url: row.text("address")?,
        source: row.source("source")?,
        due: row.time("next_due")?,
    })
}

fn read_state(row: &AnyRow) -> Result<FeedState, StoreError> {
    Ok(FeedState {
        feed: row.id("id")?,
        url: row.text("address")?,
        source: row.source("source")?,
        section: row.maybe_name("section", Section::from_name)?,
        etag: row.maybe_text("etag")?,
        last_modified: row.maybe_text("last_modified")?,
        next_due: row.time("next_due")?,
        finished_due: row.maybe_time("finished_due")?,
        last_polled: row.maybe_time("last_polled")?,
        last_success: row.maybe_time("last_success")?,
        last_new_entry: row.maybe_time("last_new_entry")?,
        last_status: row.maybe_int("last_status")?.and_then(|s| u16::try_from(s).ok()),
        last_error: row.maybe_text("last_error")?,
        failures: row.small("failures")?,
        interval_secs: row.count("interval_secs")?,
        retired: row.flag("retired")?,
    })
}
