//! Writing the ledger.

use super::filter::{Condition, limit};
use super::{DeadFilter, DeadLetter, LedgerState, TAKEN_DOWN};
use crate::dialect::Tx;
use crate::row::{Reader, big};
use crate::{Store, StoreError};
use article::{ArticleId, Timestamp, clean};
use sqlx::AssertSqlSafe;

impl Store {
    /// Takes dead letters in, in one transaction. A letter that is there already (message, stage, deaths)
    /// changes nothing. Returns how many were new.
    ///
    /// A letter that died after a replay closes the row of its earlier death at that stage: dead again. Of a letter
    /// whose article was taken down no body is kept.
    pub async fn bury(&self, letters: &[DeadLetter]) -> Result<u64, StoreError> {
        let mut tx = self.db.begin().await?;
        // A takedown of one of them waits until its letter is there to be erased, or was waited for.
        let articles = letters.iter().filter_map(|l| l.article.as_ref()).map(ToString::to_string).collect();
        self.db.lock_names(&mut tx, &articles).await?;
        let mut new = 0;
        for letter in letters {
            if insert(&mut tx, letter).await? {
                new += 1;
                close_earlier(&mut tx, letter).await?;
            }
        }
        tx.commit().await?;
        Ok(new)
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
        let done = sqlx::query(
            "UPDATE ledger SET state = $2, outcome = $3, changed_at = $4
             WHERE id = $1 AND state IN ('dead', 'replaying') AND state <> $2",
        )
        .bind(id)
        .bind(state.as_str())
        .bind(outcome.map(clean))
        .bind(now.millis())
        .execute(&self.db.write)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Marks rows as sent again, in one statement. Returns how many it changed.
    ///
    /// A row that another transaction holds is left to it and not waited for. It may hold several: two that wait for
    /// each other's rows would be a deadlock. And what it writes is the row's outcome, which would stay anyway.
    pub async fn mark_replaying(&self, ids: &[i64], now: Timestamp) -> Result<u64, StoreError> {
        let mut marked = 0;
        for chunk in ids.chunks(500) {
            let list: Vec<String> = chunk.iter().map(i64::to_string).collect();
            let sql = format!(
                "UPDATE ledger SET state = $1, outcome = NULL, changed_at = $2
                 WHERE id IN (SELECT id FROM ledger WHERE id IN ({}) AND state = $3{})",
                list.join(", "),
                self.db.skip_locked()
            );
            let done = sqlx::query(AssertSqlSafe(sql))
                .persistent(false)
                .bind(LedgerState::Replaying.as_str())
                .bind(now.millis())
                .bind(LedgerState::Dead.as_str())
                .execute(&self.db.write)
                .await?;
            marked += done.rows_affected();
        }
        Ok(marked)
    }

    /// Removes rows that match. Returns how many.
    pub async fn purge_dead(&self, filter: &DeadFilter) -> Result<u64, StoreError> {
        let condition = Condition::of(&self.db, filter).await?;
        let mut tx = self.db.begin().await?;
        let sql = format!(
            "DELETE FROM ledger WHERE id IN (SELECT l.id FROM ledger l WHERE {{where}} ORDER BY l.died_at, l.id{})",
            limit(filter)
        );
        let done = condition.query(&sql).execute(&mut *tx).await?;
        drop_bodies(&mut tx).await?;
        tx.commit().await?;
        Ok(done.rows_affected())
    }

    /// Forgets letters that died before `before`, and the oldest while there are more than `max_rows`.
    /// Returns how many.
    pub async fn prune_ledger(&self, before: Timestamp, max_rows: u64) -> Result<u64, StoreError> {
        let mut tx = self.db.begin().await?;
        let old = sqlx::query("DELETE FROM ledger WHERE died_at < $1").bind(before.millis()).execute(&mut *tx).await?;
        let count = sqlx::query("SELECT COUNT(*) AS n FROM ledger").fetch_one(&mut *tx).await?.count("n")?;
        let many = sqlx::query("DELETE FROM ledger WHERE id IN (SELECT id FROM ledger ORDER BY died_at, id LIMIT $1)")
            .bind(big(count.saturating_sub(max_rows)))
            .execute(&mut *tx)
            .await?;
        let gone = old.rows_affected() + many.rows_affected();
        if gone > 0 {
            drop_bodies(&mut tx).await?;
        }
        tx.commit().await?;
        Ok(gone)
    }
}

/// Erases the bodies of an article's letters: the rows stay, and say why.
pub(crate) async fn erase_text(tx: &mut Tx, article: &ArticleId) -> Result<(), StoreError> {
    sqlx::query("UPDATE ledger_bodies SET body = $2 WHERE id IN (SELECT id FROM ledger WHERE article = $1)")
        .bind(article.to_string())
        .bind(Vec::<u8>::new())
        .execute(&mut **tx)
        .await?;
    sqlx::query("UPDATE ledger SET outcome = $2 WHERE article = $1 AND outcome IS NULL")
        .bind(article.to_string())
        .bind(TAKEN_DOWN)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Whether the letter would bring what was taken down.
async fn is_taken_down(tx: &mut Tx, letter: &DeadLetter) -> Result<bool, StoreError> {
    let Some(article) = &letter.article else { return Ok(false) };
    let row = sqlx::query("SELECT 1 FROM tombstones WHERE article = $1")
        .bind(article.to_string())
        .fetch_optional(&mut **tx)
        .await?;
    Ok(row.is_some())
}

async fn insert(tx: &mut Tx, letter: &DeadLetter) -> Result<bool, StoreError> {
    let erased = is_taken_down(tx, letter).await?;
    let row = sqlx::query(
        "INSERT INTO ledger (message_id, stage, deaths, reason, detail, origin, attempts, first_seen, died_at, host,
            source, release, traceparent, kind, schema_version, state, changed_at, article, outcome)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $9, $17, $18)
         ON CONFLICT (message_id, stage, deaths) DO NOTHING RETURNING id",
    )
    // Texts come from a broken message's headers: what databases refuse in a text must not stop it here.
    .bind(clean(&letter.message_id))
    .bind(clean(&letter.stage))
    .bind(i64::from(letter.deaths))
    .bind(clean(&letter.reason))
    .bind(clean(&letter.detail))
    .bind(clean(&letter.origin))
    .bind(i64::from(letter.attempts))
    .bind(letter.first_seen.millis())
    .bind(letter.died_at.millis())
    .bind(letter.host.as_deref().map(clean))
    .bind(letter.source.as_deref().map(clean))
    .bind(clean(&letter.release))
    .bind(letter.traceparent.as_deref().map(clean))
    .bind(clean(&letter.kind))
    .bind(i64::from(letter.schema))
    .bind(LedgerState::Dead.as_str())
    .bind(letter.article.as_ref().map(ToString::to_string))
    .bind(erased.then_some(TAKEN_DOWN))
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(false) };
    sqlx::query("INSERT INTO ledger_bodies (id, headers, body) VALUES ($1, $2, $3)")
        .bind(row.int("id")?)
        .bind(letter.headers.clone())
        .bind(if erased { Vec::new() } else { letter.body.clone() })
        .execute(&mut **tx)
        .await?;
    Ok(true)
}

async fn close_earlier(tx: &mut Tx, letter: &DeadLetter) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE ledger SET state = $5, outcome = $4, changed_at = $6
         WHERE message_id = $1 AND stage = $2 AND deaths < $3 AND state IN ('dead', 'replaying')",
    )
    .bind(clean(&letter.message_id))
    .bind(clean(&letter.stage))
    .bind(i64::from(letter.deaths))
    .bind(clean(&letter.reason))
    .bind(LedgerState::DeadAgain.as_str())
    .bind(letter.died_at.millis())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn drop_bodies(tx: &mut Tx) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM ledger_bodies WHERE NOT EXISTS (SELECT 1 FROM ledger l WHERE l.id = ledger_bodies.id)")
        .execute(&mut **tx)
        .await?;
    Ok(())
}
