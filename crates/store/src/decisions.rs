//! What became of a message at each stage, kept for a bounded time, for `explain`.

use crate::dialect::value_rows;
use crate::row::{Reader, read_all};
use crate::{Store, StoreError};
use article::{ArticleId, CanonicalUrl, Timestamp, clean};
use serde::{Deserialize, Serialize};
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

/// Most decisions shown of one article or message: a message has at most some tens, an article some hundreds.
const MOST: i64 = 2_000;

/// Rows a statement writes: ten columns each, well under SQLite's 32,766 parameters.
const CHUNK: usize = 200;

/// A decision of a stage.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct DecisionRow {
    /// When.
    pub at: Timestamp,
    /// Stage's name.
    pub stage: String,
    /// Which message.
    pub message_id: String,
    /// Article it is about, if known: its id's text.
    pub article: Option<String>,
    /// Address it is about.
    pub url: Option<String>,
    /// Source it is about.
    pub source: Option<String>,
    /// `done`, `drop`, `retry`, `dead`.
    pub outcome: String,
    /// Reason's name; empty for done.
    pub reason: String,
    /// Which attempt.
    pub attempt: u32,
    /// Evidence and error chain, for people.
    pub detail: String,
}

impl Store {
    /// Writes decisions, in one transaction.
    pub async fn record_decisions(&self, rows: &[DecisionRow]) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        for chunk in rows.chunks(CHUNK) {
            let sql = format!(
                "INSERT INTO decisions (at, stage, message_id, article, url, source, outcome, reason, attempt, detail)
                 VALUES {}",
                value_rows(chunk.len(), 10)
            );
            let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
            for row in chunk {
                query = query
                    .bind(row.at.millis())
                    .bind(clean(&row.stage))
                    .bind(clean(&row.message_id))
                    .bind(row.article.as_deref().map(clean))
                    .bind(row.url.as_deref().map(clean))
                    .bind(row.source.as_deref().map(clean))
                    .bind(clean(&row.outcome))
                    .bind(clean(&row.reason))
                    .bind(i64::from(row.attempt))
                    .bind(clean(&row.detail));
            }
            query.execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Decisions about an address, article id or message id, in time order. An address also finds what was
    /// decided about the article it names, under whatever address that was: its page was fetched under the
    /// permalink, which for the store is an alias.
    pub async fn decisions(&self, key: &str) -> Result<Vec<DecisionRow>, StoreError> {
        let canonical = CanonicalUrl::parse(key).ok();
        let article = match &canonical {
            Some(url) => match self.article_by_url(key).await? {
                Some(found) => found.article.id.to_string(),
                None => ArticleId::of(url).to_string(),
            },
            None => key.to_owned(),
        };
        let rows = sqlx::query(
            "SELECT at, stage, message_id, article, url, source, outcome, reason, attempt, detail FROM decisions
             WHERE id IN (SELECT id FROM decisions WHERE article = $1 UNION SELECT id FROM decisions WHERE url = $2
                UNION SELECT id FROM decisions WHERE url = $3 UNION SELECT id FROM decisions WHERE message_id = $2
                UNION SELECT id FROM decisions WHERE url IN
                    (SELECT url FROM aliases WHERE article = $1 UNION SELECT url FROM articles WHERE id = $1))
             ORDER BY at, id LIMIT $4",
        )
        .bind(article)
        .bind(key)
        .bind(canonical.map_or_else(|| key.to_owned(), String::from))
        .bind(MOST)
        .fetch_all(&self.db.read)
        .await?;
        read_all(&rows, read_decision)
    }

    /// The newest decisions, newest first.
    pub async fn recent_decisions(&self, limit: u32) -> Result<Vec<DecisionRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT at, stage, message_id, article, url, source, outcome, reason, attempt, detail FROM decisions
             ORDER BY at DESC, id DESC LIMIT $1",
        )
        .bind(i64::from(limit))
        .fetch_all(&self.db.read)
        .await?;
        read_all(&rows, read_decision)
    }

    /// Forgets decisions made before `before`. Returns how many.
    pub async fn prune_decisions(&self, before: Timestamp) -> Result<u64, StoreError> {
        let done =
            sqlx::query("DELETE FROM decisions WHERE at < $1").bind(before.millis()).execute(&self.db.write).await?;
        Ok(done.rows_affected())
    }
}

fn read_decision(row: &AnyRow) -> Result<DecisionRow, StoreError> {
    Ok(DecisionRow {
        at: row.time("at")?,
        stage: row.text("stage")?,
        message_id: row.text("message_id")?,
        article: row.maybe_text("article")?,
        url: row.maybe_text("url")?,
        source: row.maybe_text("source")?,
        outcome: row.text("outcome")?,
        reason: row.text("reason")?,
        attempt: row.small("attempt")?,
        detail: row.text("detail")?,
    })
}
