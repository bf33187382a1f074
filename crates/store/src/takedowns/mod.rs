//! Takedowns and the tombstones that make them last.

mod meant;
mod stones;
mod together;

pub(crate) use stones::{Gate, stands_against};

use crate::dialect::{Tx, placeholders};
use crate::row::{Reader, read_all};
use crate::{AuditEntry, Store, StoreError, audit};
use article::{ArticleId, CanonicalUrl, Timestamp};
use meant::meant_by;
use serde::{Deserialize, Serialize};
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use stones::{bury, forget};
pub use together::Tombstones;

/// Where a takedown stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TakedownState {
    /// Asked for, not yet carried out.
    Requested,
    /// Carried out: a tombstone stands.
    Executed,
}

impl TakedownState {
    fn as_str(self) -> &'static str {
        match self {
            TakedownState::Requested => "requested",
            TakedownState::Executed => "executed",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [TakedownState::Requested, TakedownState::Executed].into_iter().find(|s| s.as_str() == name)
    }
}

/// How long the site's own promise leaves for carrying a request out.
const WITHIN: Duration = Duration::from_secs(24 * 3600);

/// Tries at a removal, and the pause between two, while publishers are at the same story.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(50);

/// An owner's request.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Takedown {
    /// Its number.
    pub id: i64,
    /// The address it names, canonicalised.
    pub url: String,
    /// Who asks.
    pub requested_by: String,
    /// Why, in their words.
    pub reason: String,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When it must be carried out: 24 hours later.
    pub due_at: Timestamp,
    /// Where it stands.
    pub state: TakedownState,
    /// When it was carried out.
    pub executed_at: Option<Timestamp>,
    /// The articles it took off.
    pub articles: Vec<ArticleId>,
}

impl Store {
    /// Records a request. The same address asked for twice keeps the first request.
    pub async fn add_takedown(
        &self,
        url: &str,
        requested_by: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<Takedown, StoreError> {
        let mut tx = self.db.begin().await?;
        let url = canonical(url)?;
        insert_request(&mut tx, &url, requested_by, reason, now).await?;
        let takedown = read_request(&mut tx, &url).await?;
        tx.commit().await?;
        Ok(takedown)
    }

    /// All requests, open ones first, then newest first.
    pub async fn takedowns(&self) -> Result<Vec<Takedown>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM takedowns ORDER BY CASE state WHEN 'requested' THEN 0 ELSE 1 END, requested_at DESC, id DESC",
        )
        .fetch_all(&self.db.read)
        .await?;
        let mut erased: BTreeMap<i64, Vec<ArticleId>> = BTreeMap::new();
        let stones = sqlx::query("SELECT takedown, article FROM tombstones WHERE erased = 1 ORDER BY article")
            .fetch_all(&self.db.read)
            .await?;
        for row in &stones {
            erased.entry(row.int("takedown")?).or_default().push(row.id("article")?);
        }
        rows.iter()
            .map(|row| {
                let articles = erased.remove(&row.int("id")?).unwrap_or_default();
                read_takedown(row, articles)
            })
            .collect()
    }

    /// Carries out the request for `url`, recording one if there is none: in one transaction the tombstone
    /// stands (by article id, for the address and every alias known), the article's text, revisions,
    /// captures, dead letters' bodies and search entry are gone, and its story elects another face or is gone. Idempotent.
    /// Works for an address never seen: it will not come.
    ///
    /// An article that is also stored under another slug is taken down under each: the same site's articles of one
    /// story that name each other, or share an alias, are one. An alias on another site, or one that articles of
    /// different stories share, gets no tombstone: a page could name anybody's address as its own.
    pub async fn execute_takedown(&self, url: &str, actor: &str, now: Timestamp) -> Result<Takedown, StoreError> {
        let url = canonical(url)?;
        insist(|| self.try_takedown(&url, actor, now)).await
    }

    async fn try_takedown(&self, url: &CanonicalUrl, actor: &str, now: Timestamp) -> Result<Takedown, StoreError> {
        let mut tx = self.db.begin().await?;
        insert_request(&mut tx, url, actor, "", now).await?;
        let request = read_request(&mut tx, url).await?;
        let ids = meant_by(&mut tx, url).await?;
        let names: BTreeSet<String> = ids.keys().map(ArticleId::to_string).collect();
        self.db.lock_names(&mut tx, &names).await?;
        for (id, address) in &ids {
            bury(&self.db, &mut tx, id, address, request.id, now).await?;
        }
        sqlx::query("UPDATE takedowns SET state = $2, executed_at = COALESCE(executed_at, $3) WHERE id = $1")
            .bind(request.id)
            .bind(TakedownState::Executed.as_str())
            .bind(now.millis())
            .execute(&mut *tx)
            .await?;
        if request.state == TakedownState::Requested {
            note(&mut tx, actor, "takedown.execute", url, now).await?;
        }
        let takedown = read_request(&mut tx, url).await?;
        tx.commit().await?;
        Ok(takedown)
    }

    /// The addresses by which stories that lost an article to this takedown are still shown: each is another
    /// source's copy.
    pub async fn still_shown(&self, takedown: &Takedown) -> Result<Vec<String>, StoreError> {
        let rows = sqlx::query(
            "SELECT DISTINCT f.url FROM tombstones t JOIN articles a ON a.id = t.article
             JOIN stories s ON s.id = a.story JOIN articles f ON f.id = s.face
             WHERE t.takedown = $1 AND t.erased = 1 ORDER BY f.url",
        )
        .bind(takedown.id)
        .fetch_all(&self.db.read)
        .await?;
        rows.iter().map(|row| row.text("url")).collect()
    }

    /// Lifts a tombstone. Only an operator does. Returns whether one stood. Nothing comes back by itself:
    /// the article is fetched anew when a feed lists it. Its copies, which withheld their texts because of it, do not
    /// any longer.
    pub async fn lift_takedown(&self, url: &str, actor: &str, now: Timestamp) -> Result<bool, StoreError> {
        let url = canonical(url)?;
        insist(|| self.try_lift(&url, actor, now)).await
    }

    async fn try_lift(&self, url: &CanonicalUrl, actor: &str, now: Timestamp) -> Result<bool, StoreError> {
        let mut tx = self.db.begin().await?;
        let row = sqlx::query(
            "SELECT t.takedown FROM tombstones t WHERE t.article = $1
             UNION SELECT d.id AS takedown FROM takedowns d WHERE d.url = $2 AND d.state = 'executed'",
        )
        .bind(ArticleId::of(url).to_string())
        .bind(url.as_str())
        .fetch_all(&mut *tx)
        .await?;
        for row in &row {
            let takedown = row.int("takedown")?;
            let stones = sqlx::query("SELECT article FROM tombstones WHERE takedown = $1 ORDER BY article")
                .bind(takedown)
                .fetch_all(&mut *tx)
                .await?;
            let articles: Vec<ArticleId> = read_all(&stones, |stone| stone.id("article"))?;
            self.db.lock_names(&mut tx, &articles.iter().map(ArticleId::to_string).collect()).await?;
            forget(&self.db, &mut tx, &articles, now).await?;
            sqlx::query("DELETE FROM tombstones WHERE takedown = $1").bind(takedown).execute(&mut *tx).await?;
            sqlx::query("DELETE FROM takedowns WHERE id = $1").bind(takedown).execute(&mut *tx).await?;
        }
        if !row.is_empty() {
            note(&mut tx, actor, "takedown.lift", url, now).await?;
        }
        tx.commit().await?;
        Ok(!row.is_empty())
    }

    /// Which of these articles have a tombstone.
    pub async fn tombstoned(&self, ids: &[ArticleId]) -> Result<Vec<ArticleId>, StoreError> {
        let mut stand = Vec::new();
        for chunk in ids.chunks(512) {
            // Padded to a power of two: the few statements that there are then stay prepared.
            let asked = chunk.len().next_power_of_two();
            let sql = format!("SELECT article FROM tombstones WHERE article IN ({})", placeholders(1, asked));
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for id in chunk.iter().chain(chunk.last().into_iter().cycle()).take(asked) {
                query = query.bind(id.to_string());
            }
            for row in query.fetch_all(&self.db.read).await? {
                stand.push(row.id("article")?);
            }
        }
        Ok(stand)
    }
}

/// A publisher may be at the same story; a removal, or its lifting, does not give up because of that.
async fn insist<T, F: Future<Output = Result<T, StoreError>>>(attempt: impl Fn() -> F) -> Result<T, StoreError> {
    for _ in 1..TRIES {
        match attempt().await {
            Err(StoreError::Conflict(_)) => tokio::time::sleep(PAUSE).await,
            done => return done,
        }
    }
    attempt().await
}

fn canonical(url: &str) -> Result<CanonicalUrl, StoreError> {
    CanonicalUrl::parse(url).map_err(|e| StoreError::Address(e.to_string()))
}

async fn insert_request(
    tx: &mut Tx,
    url: &CanonicalUrl,
    requested_by: &str,
    reason: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO takedowns (url, requested_by, reason, requested_at, due_at, state)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (url) DO NOTHING",
    )
    .bind(url.as_str())
    .bind(requested_by)
    .bind(reason)
    .bind(now.millis())
    .bind(now.plus(WITHIN).millis())
    .bind(TakedownState::Requested.as_str())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn read_request(tx: &mut Tx, url: &CanonicalUrl) -> Result<Takedown, StoreError> {
    let row = sqlx::query("SELECT * FROM takedowns WHERE url = $1").bind(url.as_str()).fetch_one(&mut **tx).await?;
    let stones = sqlx::query("SELECT article FROM tombstones WHERE takedown = $1 AND erased = 1 ORDER BY article")
        .bind(row.int("id")?)
        .fetch_all(&mut **tx)
        .await?;
    let articles = stones.iter().map(|s| s.id("article")).collect::<Result<_, _>>()?;
    read_takedown(&row, articles)
}

fn read_takedown(row: &AnyRow, articles: Vec<ArticleId>) -> Result<Takedown, StoreError> {
    Ok(Takedown {
        id: row.int("id")?,
        url: row.text("url")?,
        requested_by: row.text("requested_by")?,
        reason: row.text("reason")?,
        requested_at: row.time("requested_at")?,
        due_at: row.time("due_at")?,
        state: row.name("state", TakedownState::from_name)?,
        executed_at: row.maybe_time("executed_at")?,
        articles,
    })
}

async fn note(tx: &mut Tx, actor: &str, action: &str, url: &CanonicalUrl, at: Timestamp) -> Result<(), StoreError> {
    let entry = AuditEntry {
        at,
        actor: actor.to_owned(),
        action: action.to_owned(),
        target: url.to_string(),
        detail: String::new(),
    };
    audit::write(tx, &entry).await
}
