//! What is kept, whatever is withheld of it: all of it in order, for the index; of that what is carried with its text, for
//! whoever asks again whether it may be; what may be only until a time, and how far the asking has come.

use crate::articles::read_article;
use crate::row::{Reader, read_all};
use crate::{Store, StoreError, StoredArticle};
use article::{ArticleId, SourceId, Timestamp};
use sqlx::AssertSqlSafe;
use std::time::Duration;

/// Columns of an article as it is kept, whatever its story's primary source withholds of it.
const KEPT: &str = "a.state, a.story, a.first_seen, a.facts, a.blocks, a.verdict,
    (SELECT COUNT(*) FROM revisions r WHERE r.article = a.id) AS revisions,
    CAST(0 AS BIGINT) AS reserved, CAST(0 AS BIGINT) AS licensed";

/// A pass over all that is carried, leased to the caller.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pass {
    /// The last article that was done; none at the beginning.
    pub after: Option<ArticleId>,
}

impl Store {
    /// Every article as it is kept, in the order of their ids: those after `after`, at most `limit`. For the index
    /// only, which must know a text again that its story withholds; nothing of this may be shown.
    pub async fn kept_after(&self, after: Option<&ArticleId>, limit: u32) -> Result<Vec<StoredArticle>, StoreError> {
        self.articles_in_order(&format!("SELECT {KEPT} FROM articles a WHERE a.id > $1"), after, limit).await
    }

    /// Articles on the site with at least the beginning of their text, as they are kept, in the order of their
    /// ids: those after `after`, at most `limit`.
    pub async fn carried_after(&self, after: Option<&ArticleId>, limit: u32) -> Result<Vec<StoredArticle>, StoreError> {
        let sql =
            format!("SELECT {KEPT} FROM articles a WHERE a.id > $1 AND a.state = 'shown' AND a.carry <> 'headline'");
        self.articles_in_order(&sql, after, limit).await
    }

    /// The articles of a source at a host that were seen first last, newest first, at most `limit` of those on the site.
    pub async fn newest_at(&self, source: &SourceId, host: &str, limit: u32) -> Result<Vec<StoredArticle>, StoreError> {
        let sql = format!(
            "SELECT {KEPT} FROM articles a
             WHERE a.source = $1 AND a.state = 'shown' AND (a.url LIKE $2 OR a.url LIKE $3)
             ORDER BY a.first_seen DESC, a.id LIMIT $4"
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(source.as_str())
            .bind(format!("https://{host}/%"))
            .bind(format!("http://{host}/%"))
            .bind(i64::from(limit))
            .fetch_all(&self.db.read)
            .await?;
        read_all(&rows, read_article)
    }

    /// As [`Store::carried_after`], of one source at one host.
    pub async fn carried_at(
        &self,
        source: &SourceId,
        host: &str,
        after: Option<&ArticleId>,
        limit: u32,
    ) -> Result<Vec<StoredArticle>, StoreError> {
        let sql = format!(
            "SELECT {KEPT} FROM articles a
             WHERE a.source = $1 AND a.state = 'shown' AND a.carry <> 'headline' AND a.id > $4
                AND (a.url LIKE $2 OR a.url LIKE $3)
             ORDER BY a.id LIMIT $5"
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(source.as_str())
            .bind(format!("https://{host}/%"))
            .bind(format!("http://{host}/%"))
            .bind(after.map(ArticleId::to_string).unwrap_or_default())
            .bind(i64::from(limit))
            .fetch_all(&self.db.read)
            .await?;
        read_all(&rows, read_article)
    }

    /// Passes that are under way and due at `now`, of those whose name begins so, longest due first, at most `limit`.
    pub async fn passes_under_way(
        &self,
        beginning: &str,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<String>, StoreError> {
        let rows = sqlx::query(
            "SELECT name FROM passes
             WHERE name LIKE $1 AND done_to IS NOT NULL AND due <= $2 AND lease_until <= $2
             ORDER BY due, name LIMIT $3",
        )
        .bind(format!("{beginning}%"))
        .bind(now.millis())
        .bind(i64::from(limit))
        .fetch_all(&self.db.read)
        .await?;
        read_all(&rows, |row| row.text("name"))
    }

    /// Articles whose text is still on the site at the time that their publisher set for it
    /// ([`article::Rights::until`]), as they are kept, longest due first, at most `limit`. Whoever gets one is
    /// to take its text off; if that is lost, it is due again after `lease`.
    pub async fn claim_expired(
        &self,
        now: Timestamp,
        limit: u32,
        lease: Duration,
    ) -> Result<Vec<StoredArticle>, StoreError> {
        let mut tx = self.db.begin().await?;
        let sql = format!(
            "SELECT a.id FROM articles a
             WHERE a.expires_at <= $1 AND a.state = 'shown' AND a.carry <> 'headline'
             ORDER BY a.expires_at, a.id LIMIT $2{}",
            self.db.skip_locked()
        );
        let ids = sqlx::query(AssertSqlSafe(sql)).bind(now.millis()).bind(i64::from(limit)).fetch_all(&mut *tx).await?;
        let mut expired = Vec::with_capacity(ids.len());
        for id in &ids {
            let id = id.text("id")?;
            sqlx::query("UPDATE articles SET expires_at = $2 WHERE id = $1")
                .bind(&id)
                .bind(now.plus(lease).millis())
                .execute(&mut *tx)
                .await?;
            let sql = format!("SELECT {KEPT} FROM articles a WHERE a.id = $1");
            let row = sqlx::query(AssertSqlSafe(sql)).bind(&id).fetch_one(&mut *tx).await?;
            expired.push(read_article(&row)?);
        }
        tx.commit().await?;
        Ok(expired)
    }

    /// Leases the next batch of a pass that is named, if it is due at `now` and nobody else has it. The lease
    /// ends with [`Store::advance_pass`] or after `lease`; then the same batch is anybody's.
    pub async fn claim_pass(&self, name: &str, now: Timestamp, lease: Duration) -> Result<Option<Pass>, StoreError> {
        let mut tx = self.db.begin().await?;
        sqlx::query("INSERT INTO passes (name) VALUES ($1) ON CONFLICT (name) DO NOTHING")
            .bind(name)
            .execute(&mut *tx)
            .await?;
        let taken =
            sqlx::query("UPDATE passes SET lease_until = $3 WHERE name = $1 AND due <= $2 AND lease_until <= $2")
                .bind(name)
                .bind(now.millis())
                .bind(now.plus(lease).millis())
                .execute(&mut *tx)
                .await?
                .rows_affected();
        let row = sqlx::query("SELECT done_to FROM passes WHERE name = $1").bind(name).fetch_one(&mut *tx).await?;
        tx.commit().await?;
        Ok(if taken == 0 { None } else { Some(Pass { after: row.maybe_id("done_to")? }) })
    }

    /// The batch after `from` is done, up to `to`; none: the pass is at its end, and the next begins at `due`.
    /// Returns false if somebody else has done it since.
    pub async fn advance_pass(
        &self,
        name: &str,
        from: &Pass,
        to: Option<&ArticleId>,
        due: Timestamp,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "UPDATE passes SET done_to = CAST($3 AS TEXT), due = $4, lease_until = 0
             WHERE name = $1 AND COALESCE(done_to, '') = COALESCE(CAST($2 AS TEXT), '')",
        )
        .bind(name)
        .bind(from.after.as_ref().map(ArticleId::to_string))
        .bind(to.map(ArticleId::to_string))
        .bind(due.millis())
        .execute(&self.db.write)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Gives the lease of a batch back that could not be done.
    pub async fn release_pass(&self, name: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE passes SET lease_until = 0 WHERE name = $1").bind(name).execute(&self.db.write).await?;
        Ok(())
    }

    /// Forgets the bytes of an article's last response, and of its further pages.
    pub async fn forget_capture(&self, article: &ArticleId) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM captures WHERE article = $1 OR part_of = $1")
            .bind(article.to_string())
            .execute(&self.db.write)
            .await?;
        Ok(())
    }
}
