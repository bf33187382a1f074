//! Reading the ledger. Bodies lie in a table of their own, so counting and grouping read none of them.

use super::filter::{Condition, limit};
use super::{DeadFilter, DeadGroup, DeadLetter, LedgerRow, LedgerState, ReplayTally};
use crate::dialect::placeholders;
use crate::row::{Reader, read_all};
use crate::{Store, StoreError};
use article::Timestamp;
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;
use std::collections::HashMap;

/// Most rows given where the filter sets no limit: bodies come with them. More are paged for.
const MOST_ROWS: u32 = 1_000;

/// Most groups given where the filter sets no limit: more than anybody reads.
const MOST_GROUPS: u32 = 1_000;

impl Store {
    /// Rows that match, oldest death first; without a limit the first 1,000, more by [`DeadFilter::after`].
    pub async fn dead_letters(&self, filter: &DeadFilter) -> Result<Vec<LedgerRow>, StoreError> {
        let sql = format!(
            "SELECT r.*, b.headers, b.body
             FROM (SELECT * FROM ledger l WHERE {{where}} ORDER BY l.died_at, l.id LIMIT {}) r
             JOIN ledger_bodies b ON b.id = r.id ORDER BY r.died_at, r.id",
            filter.limit.unwrap_or(MOST_ROWS)
        );
        let rows = Condition::of(&self.db, filter).await?.query(&sql).fetch_all(&self.db.read).await?;
        read_all(&rows, read_row)
    }

    /// One row, in whatever state.
    pub async fn dead_letter(&self, id: i64) -> Result<Option<LedgerRow>, StoreError> {
        let row = sqlx::query(
            "SELECT l.*, b.headers, b.body FROM ledger l JOIN ledger_bodies b ON b.id = l.id WHERE l.id = $1",
        )
        .bind(id)
        .fetch_optional(&self.db.read)
        .await?;
        row.as_ref().map(read_row).transpose()
    }

    /// Whether a row is a death of this message. Reads no letter: asked for each replay's outcome.
    pub async fn is_death_of(&self, id: i64, message_id: &str) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT 1 FROM ledger WHERE id = $1 AND message_id = $2")
            .bind(id)
            .bind(message_id)
            .fetch_optional(&self.db.read)
            .await?;
        Ok(row.is_some())
    }

    /// Every row of a message, oldest death first: the history of its deaths and replays.
    pub async fn deaths_of(&self, message_id: &str) -> Result<Vec<LedgerRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT l.*, b.headers, b.body FROM ledger l JOIN ledger_bodies b ON b.id = l.id
             WHERE l.message_id = $1 ORDER BY l.died_at, l.id",
        )
        .bind(message_id)
        .fetch_all(&self.db.read)
        .await?;
        read_all(&rows, read_row)
    }

    /// When each of these messages was first published: on the journey before its first death, whatever its replays
    /// say. Messages without a row are left out.
    pub async fn first_journeys(&self, message_ids: &[&str]) -> Result<HashMap<String, Timestamp>, StoreError> {
        let mut first = HashMap::with_capacity(message_ids.len());
        for chunk in message_ids.chunks(500) {
            let sql = format!(
                "SELECT message_id, MIN(first_seen) AS first_seen FROM ledger WHERE message_id IN ({})
                 GROUP BY message_id",
                placeholders(1, chunk.len())
            );
            let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
            for id in chunk {
                query = query.bind((*id).to_owned());
            }
            for row in query.fetch_all(&self.db.read).await? {
                first.insert(row.text("message_id")?, row.time("first_seen")?);
            }
        }
        Ok(first)
    }

    /// How many rows match.
    pub async fn dead_count(&self, filter: &DeadFilter) -> Result<u64, StoreError> {
        let sql =
            format!("SELECT COUNT(*) AS n FROM (SELECT l.id FROM ledger l WHERE {{where}}{}) AS rows", limit(filter));
        Condition::of(&self.db, filter).await?.query(&sql).fetch_one(&self.db.read).await?.count("n")
    }

    /// Rows that match, grouped, largest group first; the filter's limit (1,000 without one) is on groups.
    pub async fn dead_groups(&self, filter: &DeadFilter) -> Result<Vec<DeadGroup>, StoreError> {
        // The last death's release, in one pass on both databases: times have 13 digits until the year 2286.
        let sql = format!(
            "SELECT l.reason, l.stage, COALESCE(l.host, l.source, '') AS about, COUNT(*) AS n,
                MIN(l.died_at) AS first_death, MAX(l.died_at) AS last_death,
                MAX(CAST(l.died_at AS TEXT) || ' ' || l.release) AS last_release
             FROM ledger l WHERE {{where}}
             GROUP BY l.reason, l.stage, COALESCE(l.host, l.source, '')
             ORDER BY n DESC, l.reason, l.stage, about LIMIT {}",
            filter.limit.unwrap_or(MOST_GROUPS)
        );
        let rows = Condition::of(&self.db, filter).await?.query(&sql).fetch_all(&self.db.read).await?;
        read_all(&rows, |row| {
            let release = row.text("last_release")?;
            Ok(DeadGroup {
                reason: row.text("reason")?,
                stage: row.text("stage")?,
                about: row.text("about")?,
                count: row.count("n")?,
                first_seen: row.time("first_death")?,
                last_seen: row.time("last_death")?,
                release: release.split_once(' ').map_or(String::new(), |(_, r)| r.to_owned()),
            })
        })
    }

    /// What became of these rows. A row that was removed meanwhile counts nowhere.
    pub async fn replay_tally(&self, ids: &[i64]) -> Result<ReplayTally, StoreError> {
        let mut tally = ReplayTally::default();
        for chunk in ids.chunks(5_000) {
            let list: Vec<String> = chunk.iter().map(i64::to_string).collect();
            let sql =
                format!("SELECT state, COUNT(*) AS n FROM ledger WHERE id IN ({}) GROUP BY state", list.join(", "));
            for row in sqlx::query(AssertSqlSafe(sql)).persistent(false).fetch_all(&self.db.read).await? {
                let n = row.count("n")?;
                match row.name("state", LedgerState::from_name)? {
                    LedgerState::Passed => tally.passed += n,
                    // Published, its mark not yet made: under way as well.
                    LedgerState::Replaying | LedgerState::Dead => tally.under_way += n,
                    LedgerState::DeadAgain => tally.dead_again += n,
                    LedgerState::Dropped => tally.dropped += n,
                }
            }
        }
        Ok(tally)
    }
}

fn read_row(row: &AnyRow) -> Result<LedgerRow, StoreError> {
    Ok(LedgerRow {
        id: row.int("id")?,
        letter: DeadLetter {
            message_id: row.text("message_id")?,
            stage: row.text("stage")?,
            deaths: row.small("deaths")?,
            reason: row.text("reason")?,
            detail: row.text("detail")?,
            origin: row.text("origin")?,
            attempts: row.small("attempts")?,
            first_seen: row.time("first_seen")?,
            died_at: row.time("died_at")?,
            host: row.maybe_text("host")?,
            source: row.maybe_text("source")?,
            article: row.maybe_id("article")?,
            release: row.text("release")?,
            traceparent: row.maybe_text("traceparent")?,
            kind: row.text("kind")?,
            schema: row.small("schema_version")?,
            headers: row.bytes("headers")?,
            body: row.bytes("body")?,
        },
        state: row.name("state", LedgerState::from_name)?,
        outcome: row.maybe_text("outcome")?,
        changed_at: row.time("changed_at")?,
    })
}
