//! Which articles are looked at again, with which page, and what is due.
//!
//! A row comes once its article is safely on its way, says how far its looks have come, and goes some time after
//! the last. What is due follows from its age and the caller's list of ages, so that another list takes hold at
//! once.

use crate::dialect::{Tx, placeholders};
use crate::row::Reader;
#[cfg(any(test, feature = "contract"))]
use crate::row::read_all;
use crate::{Store, StoreError};
use article::{ArticleId, Timestamp, clean};
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;
use std::time::Duration;

/// What a response said of itself, so that the next look can ask only for what changed since.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Validators {
    /// For `If-None-Match`, as it came.
    pub etag: Option<String>,
    /// For `If-Modified-Since`, as it came.
    pub last_modified: Option<String>,
}

/// An article that is to be looked at again.
#[derive(Clone, PartialEq, Debug)]
pub struct Watched {
    /// Which.
    pub article: ArticleId,
    /// The page it is fetched from, as its fetcher writes it: the store doesn't read it.
    pub page: String,
    /// When it was seen first: ages count from here.
    pub since: Timestamp,
    /// Of the response it was read from.
    pub validators: Validators,
}

/// A look that is due, leased to the caller.
#[derive(Clone, PartialEq, Debug)]
pub struct DueRevisit {
    /// Which article.
    pub article: ArticleId,
    /// As it was given in [`Watched::page`].
    pub page: String,
    /// Which of the ages has come: the last of them, where several have.
    pub visit: usize,
    /// When it was due.
    pub due: Timestamp,
}

impl Store {
    /// Remembers an article to be looked at again. Idempotent: of one that is watched already page and
    /// validators are renewed, its age and its looks stay. What was taken down is not watched.
    pub async fn watch(&self, watched: &Watched) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO revisits (article, page, since, etag, last_modified)
             SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST($4 AS TEXT), CAST($5 AS TEXT)
             WHERE NOT EXISTS (SELECT 1 FROM tombstones t WHERE t.article = $1)
             ON CONFLICT (article) DO UPDATE SET
                page = excluded.page, etag = excluded.etag, last_modified = excluded.last_modified",
        )
        .bind(watched.article.to_string())
        .bind(clean(&watched.page))
        .bind(watched.since.millis())
        .bind(watched.validators.etag.as_deref().map(clean))
        .bind(watched.validators.last_modified.as_deref().map(clean))
        .execute(&self.db.write)
        .await?;
        Ok(())
    }

    /// Renews the validators of an article, and the page where one is given, if it is still watched.
    pub async fn watch_on(
        &self,
        article: &ArticleId,
        page: Option<&str>,
        validators: &Validators,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE revisits SET page = COALESCE(CAST($2 AS TEXT), page), etag = CAST($3 AS TEXT),
                last_modified = CAST($4 AS TEXT)
             WHERE article = $1",
        )
        .bind(article.to_string())
        .bind(page.map(clean))
        .bind(validators.etag.as_deref().map(clean))
        .bind(validators.last_modified.as_deref().map(clean))
        .execute(&self.db.write)
        .await?;
        Ok(())
    }

    /// The validators of an article's last response; none if it isn't watched.
    pub async fn validators(&self, article: &ArticleId) -> Result<Validators, StoreError> {
        let row = sqlx::query("SELECT etag, last_modified FROM revisits WHERE article = $1")
            .bind(article.to_string())
            .fetch_optional(&self.db.read)
            .await?;
        let Some(row) = row else { return Ok(Validators::default()) };
        Ok(Validators { etag: row.maybe_text("etag")?, last_modified: row.maybe_text("last_modified")? })
    }

    /// The page of an article that is watched, as it was given.
    pub async fn watched_page(&self, article: &ArticleId) -> Result<Option<String>, StoreError> {
        let row = sqlx::query("SELECT page FROM revisits WHERE article = $1")
            .bind(article.to_string())
            .fetch_optional(&self.db.read)
            .await?;
        row.map(|row| row.text("page")).transpose()
    }

    /// Leases up to `limit` looks that are due at `now`, of articles that are in the store: those whose age has
    /// passed the next of `ages` (ascending). Where it has passed several, the last is due and the others are
    /// left out. Two callers never get the same article (`FOR UPDATE SKIP LOCKED` on PostgreSQL). The lease ends
    /// with [`Store::finish_revisits`] or after `lease`.
    pub async fn claim_due_revisits(
        &self,
        now: Timestamp,
        ages: &[Duration],
        limit: u32,
        lease: Duration,
    ) -> Result<Vec<DueRevisit>, StoreError> {
        let mut tx = self.db.begin().await?;
        let mut due = Vec::new();
        for (next, age) in ages.iter().enumerate() {
            let room = i64::from(limit).saturating_sub(i64::try_from(due.len()).unwrap_or(i64::MAX));
            let sql = format!(
                "SELECT r.article, r.page, r.since FROM revisits r
                 WHERE r.looks = $1 AND r.since <= $2 AND r.lease_until <= $3
                    AND EXISTS (SELECT 1 FROM articles a WHERE a.id = r.article AND a.state <> 'taken_down')
                 ORDER BY r.since, r.article LIMIT $4{}",
                self.db.skip_locked()
            );
            let rows = sqlx::query(AssertSqlSafe(sql))
                .bind(number(next))
                .bind(now.minus(*age).millis())
                .bind(now.millis())
                .bind(room.max(0))
                .fetch_all(&mut *tx)
                .await?;
            for row in &rows {
                due.push(read_due(row, now, ages, next)?);
            }
        }
        let articles: Vec<&ArticleId> = due.iter().map(|d| &d.article).collect();
        set_lease(&mut tx, &articles, now.plus(lease)).await?;
        tx.commit().await?;
        Ok(due)
    }

    /// Looks that were sent: each article's next is the one after. Idempotent; a look that somebody else has sent
    /// since changes nothing.
    pub async fn finish_revisits(&self, sent: &[DueRevisit]) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        for look in sent {
            sqlx::query("UPDATE revisits SET looks = $2, lease_until = 0 WHERE article = $1 AND looks < $2")
                .bind(look.article.to_string())
                .bind(number(look.visit + 1))
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Gives leases back whose messages could not be published: the looks are due again at once.
    pub async fn release_revisits(&self, due: &[DueRevisit]) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        let articles: Vec<&ArticleId> = due.iter().map(|d| &d.article).collect();
        set_lease(&mut tx, &articles, Timestamp(0)).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Watches no more what has had all its `looks` and was seen first before `done` (the last look needs the
    /// validators), nor what has some left and was seen first before `overdue`. Returns how many looked on in vain.
    pub async fn prune_revisits(&self, looks: usize, done: Timestamp, overdue: Timestamp) -> Result<u64, StoreError> {
        sqlx::query("DELETE FROM revisits WHERE since < $1 AND looks >= $2")
            .bind(done.millis())
            .bind(number(looks))
            .execute(&self.db.write)
            .await?;
        let given_up = sqlx::query("DELETE FROM revisits WHERE since < $1 AND looks < $2")
            .bind(overdue.millis())
            .bind(number(looks))
            .execute(&self.db.write)
            .await?;
        Ok(given_up.rows_affected())
    }

    /// Every article that is watched, with how many looks it has had: for tests.
    #[cfg(any(test, feature = "contract"))]
    pub async fn watched(&self) -> Result<Vec<(ArticleId, u64)>, StoreError> {
        let rows = sqlx::query("SELECT article, looks FROM revisits ORDER BY article").fetch_all(&self.db.read).await?;
        read_all(&rows, |row| Ok((row.id("article")?, row.count("looks")?)))
    }
}

fn number(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn read_due(row: &AnyRow, now: Timestamp, ages: &[Duration], next: usize) -> Result<DueRevisit, StoreError> {
    let since = row.time("since")?;
    let visit = (next..ages.len()).take_while(|n| since.plus(ages[*n]) <= now).last().unwrap_or(next);
    Ok(DueRevisit { article: row.id("article")?, page: row.text("page")?, visit, due: since.plus(ages[visit]) })
}

async fn set_lease(tx: &mut Tx, articles: &[&ArticleId], until: Timestamp) -> Result<(), StoreError> {
    // In one order for all transactions.
    let mut ids: Vec<String> = articles.iter().map(|a| a.to_string()).collect();
    ids.sort_unstable();
    for chunk in ids.chunks(500) {
        let sql = format!("UPDATE revisits SET lease_until = $1 WHERE article IN ({})", placeholders(2, chunk.len()));
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(false).bind(until.millis());
        for id in chunk {
            query = query.bind(id);
        }
        query.execute(&mut **tx).await?;
    }
    Ok(())
}
