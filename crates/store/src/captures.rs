//! Bytes as fetched, for a while: so that a parser's fix needs no new fetch.

use crate::row::{Reader, big, read_all, to_json};
use crate::{Store, StoreError};
use article::{ArticleId, Timestamp};
use serde::{Deserialize, Serialize};
use std::io::Read;

/// zstd's own default: a page shrinks to about a fifth in a millisecond or two.
const LEVEL: i32 = 3;

/// Largest body read back, in bytes: far above any limit on what is fetched, so that a damaged row can't
/// fill the memory.
const LARGEST: u64 = 256 * 1024 * 1024;

/// A response as it came.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Capture {
    /// The article it is of; for a page that failed in extraction, of its permalink; for a further page of an article
    /// that of its own address.
    pub article: ArticleId,
    /// The article that it is a further page of: it is erased with it.
    pub part_of: Option<ArticleId>,
    /// Address after redirects.
    pub url: String,
    /// HTTP status.
    pub status: u16,
    /// Headers, in order.
    pub headers: Vec<(String, String)>,
    /// Body, decompressed.
    pub body: Vec<u8>,
    /// When the response came.
    pub observed_at: Timestamp,
}

/// Which capture it is, without what is in it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CaptureHead {
    /// The article it is of.
    pub article: ArticleId,
    /// The article that it is a further page of.
    pub part_of: Option<ArticleId>,
    /// Address after redirects.
    pub url: String,
    /// When the response came.
    pub observed_at: Timestamp,
}

impl Store {
    /// Keeps a capture (body compressed with zstd). Of two of the same article the newer stays; of one that
    /// was taken down, or is a page of one that was, none.
    pub async fn put_capture(&self, capture: &Capture) -> Result<(), StoreError> {
        let body = zstd::encode_all(capture.body.as_slice(), LEVEL)
            .map_err(|e| StoreError::Broken(format!("a capture can't be compressed: {e}")))?;
        let size = big(body.len() as u64);
        let mut tx = self.db.begin().await?;
        let part_of = capture.part_of.as_ref().map(ArticleId::to_string);
        let names = [capture.article.to_string()].into_iter().chain(part_of.clone()).collect();
        self.db.lock_names(&mut tx, &names).await?;
        let stone = sqlx::query("SELECT 1 AS one FROM tombstones WHERE article = $1 OR article = $2")
            .bind(capture.article.to_string())
            .bind(part_of.as_deref())
            .fetch_optional(&mut *tx)
            .await?;
        if stone.is_some() {
            return Ok(());
        }
        sqlx::query(
            "INSERT INTO captures (article, url, status, headers, body, size, observed_at, part_of)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (article) DO UPDATE SET url = excluded.url, status = excluded.status,
                headers = excluded.headers, body = excluded.body, size = excluded.size,
                observed_at = excluded.observed_at, part_of = excluded.part_of
             WHERE excluded.observed_at >= captures.observed_at",
        )
        .bind(capture.article.to_string())
        .bind(article::clean(&capture.url))
        .bind(i64::from(capture.status))
        .bind(to_json(&capture.headers)?)
        .bind(body)
        .bind(size)
        .bind(capture.observed_at.millis())
        .bind(part_of)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// The capture of an article, if it is still there.
    pub async fn capture(&self, article: &ArticleId) -> Result<Option<Capture>, StoreError> {
        let row = sqlx::query(
            "SELECT article, part_of, url, status, headers, body, observed_at FROM captures WHERE article = $1",
        )
        .bind(article.to_string())
        .fetch_optional(&self.db.read)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let mut body = Vec::new();
        zstd::Decoder::new(row.bytes("body")?.as_slice())
            .and_then(|decoder| decoder.take(LARGEST).read_to_end(&mut body))
            .map_err(|e| StoreError::damaged("body", e))?;
        Ok(Some(Capture {
            article: row.id("article")?,
            part_of: row.maybe_id("part_of")?,
            url: row.text("url")?,
            status: row.small("status")?,
            headers: row.json("headers")?,
            body,
            observed_at: row.time("observed_at")?,
        }))
    }

    /// Captures of responses that came at `since` or later, oldest first: those after `after`, at most `limit`.
    pub async fn captures_after(
        &self,
        since: Timestamp,
        after: Option<&CaptureHead>,
        limit: u32,
    ) -> Result<Vec<CaptureHead>, StoreError> {
        let rows = sqlx::query(
            "SELECT article, part_of, url, observed_at FROM captures
             WHERE observed_at >= $1 AND (observed_at > $2 OR (observed_at = $2 AND article > $3))
             ORDER BY observed_at, article LIMIT $4",
        )
        .bind(since.millis())
        .bind(after.map_or(i64::MIN, |head| head.observed_at.millis()))
        .bind(after.map(|head| head.article.to_string()).unwrap_or_default())
        .bind(i64::from(limit))
        .fetch_all(&self.db.read)
        .await?;
        read_all(&rows, |row| {
            Ok(CaptureHead {
                article: row.id("article")?,
                part_of: row.maybe_id("part_of")?,
                url: row.text("url")?,
                observed_at: row.time("observed_at")?,
            })
        })
    }

    /// Forgets captures older than `before`, and the oldest while all together are larger than `max_bytes`
    /// (as stored, compressed). Returns how many.
    pub async fn prune_captures(&self, before: Timestamp, max_bytes: u64) -> Result<u64, StoreError> {
        let old = sqlx::query("DELETE FROM captures WHERE observed_at < $1")
            .bind(before.millis())
            .execute(&self.db.write)
            .await?;
        let large = sqlx::query(
            "DELETE FROM captures WHERE article IN (SELECT article FROM
                (SELECT article, SUM(size) OVER (ORDER BY observed_at DESC, article) AS total FROM captures) AS sizes
             WHERE total > $1)",
        )
        .bind(big(max_bytes))
        .execute(&self.db.write)
        .await?;
        Ok(old.rows_affected() + large.rows_affected())
    }
}
