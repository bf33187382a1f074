//! Which entries were seen in any feed, so that each costs one page fetch.

use crate::dialect::{Tx, placeholders, value_rows};
use crate::row::Reader;
use crate::{Store, StoreError};
use article::{ArticleId, Timestamp};
use sqlx::AssertSqlSafe;
use std::collections::{BTreeMap, HashMap};

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

/// Entries a statement asks for or writes: well under both databases' limits on parameters.
const CHUNK: usize = 400;

impl Store {
    /// What each of these entries is, in the same order.
    pub async fn entry_statuses(&self, entries: &[EntryKey]) -> Result<Vec<EntryStatus>, StoreError> {
        let mut known: HashMap<String, Option<Timestamp>> = HashMap::with_capacity(entries.len());
        for chunk in entries.chunks(CHUNK) {
            let sql =
                format!("SELECT article, updated FROM entries WHERE article IN ({})", placeholders(1, chunk.len()));
            let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
            for entry in chunk {
                query = query.bind(entry.article.to_string());
            }
            for row in query.fetch_all(&self.db.read).await? {
                known.insert(row.text("article")?, row.maybe_time("updated")?);
            }
        }
        Ok(entries
            .iter()
            .map(|entry| match (known.get(&entry.article.to_string()), entry.updated) {
                (None, _) => EntryStatus::New,
                (Some(Some(before)), Some(now)) if now > *before => EntryStatus::Updated,
                // No date before: one that appears now need not mean that anything changed.
                (Some(_), _) => EntryStatus::Seen,
            })
            .collect())
    }

    /// Forgets entries that no feed has listed since `before`. Returns how many.
    pub async fn prune_entries(&self, before: Timestamp) -> Result<u64, StoreError> {
        let done = sqlx::query("DELETE FROM entries WHERE listed_at < $1")
            .bind(before.millis())
            .execute(&self.db.write)
            .await?;
        Ok(done.rows_affected())
    }
}

/// Marks entries as seen; dates of change only move forward.
pub(crate) async fn mark_listed(tx: &mut Tx, seen: &[EntryKey], at: Timestamp) -> Result<(), StoreError> {
    // Once each (a feed may list an entry twice), and in one order for all transactions.
    let mut newest: BTreeMap<String, Option<Timestamp>> = BTreeMap::new();
    for entry in seen {
        let updated = newest.entry(entry.article.to_string()).or_default();
        *updated = (*updated).max(entry.updated);
    }
    let rows: Vec<_> = newest.into_iter().collect();
    for chunk in rows.chunks(CHUNK) {
        let sql = format!(
            "INSERT INTO entries (article, updated, listed_at) VALUES {}
             ON CONFLICT (article) DO UPDATE SET
                updated = CASE WHEN entries.updated IS NULL OR excluded.updated > entries.updated
                    THEN COALESCE(excluded.updated, entries.updated) ELSE entries.updated END,
                listed_at = CASE WHEN excluded.listed_at > entries.listed_at
                    THEN excluded.listed_at ELSE entries.listed_at END",
            value_rows(chunk.len(), 3)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
        for (article, updated) in chunk {
            query = query.bind(article).bind(updated.map(Timestamp::millis)).bind(at.millis());
        }
        query.execute(&mut **tx).await?;
    }
    Ok(())
}
