//! Takedowns and the tombstones that make them last.

use crate::apply::{Group, hide, settle};
use crate::dialect::{Db, Tx, placeholders};
use crate::row::Reader;
use crate::{ArticleState, AuditEntry, Store, StoreError, articles, audit};
use article::{Arrival, ArticleId, CanonicalUrl, StoryId, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

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
    /// captures and search entry are gone, and its story elects another face or is gone. Idempotent.
    /// Works for an address never seen: it will not come.
    ///
    /// An alias on another site, or one that other articles share, gets no tombstone: a page could name
    /// anybody's address as its own.
    pub async fn execute_takedown(&self, url: &str, actor: &str, now: Timestamp) -> Result<Takedown, StoreError> {
        let url = canonical(url)?;
        // A publisher may be at the same story; a removal does not give up because of that.
        for _ in 1..TRIES {
            match self.try_takedown(&url, actor, now).await {
                Err(StoreError::Conflict(_)) => tokio::time::sleep(PAUSE).await,
                done => return done,
            }
        }
        self.try_takedown(&url, actor, now).await
    }

    async fn try_takedown(&self, url: &CanonicalUrl, actor: &str, now: Timestamp) -> Result<Takedown, StoreError> {
        let mut tx = self.db.begin().await?;
        insert_request(&mut tx, url, actor, "", now).await?;
        let request = read_request(&mut tx, url).await?;
        let mut ids = BTreeMap::from([(ArticleId::of(url), url.to_string())]);
        for (id, address) in named_articles(&mut tx, url).await? {
            for alias in own_aliases(&mut tx, &id, &address).await? {
                ids.insert(ArticleId::of(&alias), alias.to_string());
            }
            ids.insert(id, address.to_string());
        }
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

    /// Lifts a tombstone. Only an operator does. Returns whether one stood. Nothing comes back by itself:
    /// the article is fetched anew when a feed lists it.
    pub async fn lift_takedown(&self, url: &str, actor: &str, now: Timestamp) -> Result<bool, StoreError> {
        let url = canonical(url)?;
        let mut tx = self.db.begin().await?;
        let row = sqlx::query(
            "SELECT t.takedown FROM tombstones t WHERE t.article = $1
             UNION SELECT d.id AS takedown FROM takedowns d WHERE d.url = $2 AND d.state = 'executed'",
        )
        .bind(ArticleId::of(&url).to_string())
        .bind(url.as_str())
        .fetch_all(&mut *tx)
        .await?;
        for row in &row {
            let takedown = row.int("takedown")?;
            let stones = sqlx::query("SELECT article FROM tombstones WHERE takedown = $1")
                .bind(takedown)
                .fetch_all(&mut *tx)
                .await?;
            for stone in &stones {
                forget(&mut tx, &stone.text("article")?).await?;
            }
            sqlx::query("DELETE FROM tombstones WHERE takedown = $1").bind(takedown).execute(&mut *tx).await?;
            sqlx::query("DELETE FROM takedowns WHERE id = $1").bind(takedown).execute(&mut *tx).await?;
        }
        if !row.is_empty() {
            note(&mut tx, actor, "takedown.lift", &url, now).await?;
        }
        tx.commit().await?;
        Ok(!row.is_empty())
    }

    /// Which of these articles have a tombstone.
    pub async fn tombstoned(&self, ids: &[ArticleId]) -> Result<Vec<ArticleId>, StoreError> {
        let mut stand = Vec::new();
        for chunk in ids.chunks(500) {
            let sql = format!("SELECT article FROM tombstones WHERE article IN ({})", placeholders(1, chunk.len()));
            let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
            for id in chunk {
                query = query.bind(id.to_string());
            }
            for row in query.fetch_all(&self.db.read).await? {
                stand.push(row.id("article")?);
            }
        }
        Ok(stand)
    }
}

/// The first gate: whether a tombstone stands against an arrival, under its own address or one of its
/// aliases. What comes in under an alias of something taken down is taken down under its own address too.
pub(crate) async fn stands_against(
    db: &Db,
    tx: &mut Tx,
    arrival: &Arrival,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let own = arrival.id().to_string();
    let mut ids = BTreeSet::from([own.clone()]);
    if let Arrival::Seen { article } = arrival {
        ids.extend(
            article.aliases.iter().filter_map(|a| CanonicalUrl::parse(a).ok()).map(|u| ArticleId::of(&u).to_string()),
        );
    }
    let sql = format!("SELECT article, takedown FROM tombstones WHERE article IN ({})", placeholders(1, ids.len()));
    let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
    for id in &ids {
        query = query.bind(id);
    }
    let rows = query.fetch_all(&mut **tx).await?;
    let Some(row) = rows.first() else { return Ok(false) };
    let mut stands_itself = false;
    for row in &rows {
        stands_itself |= row.text("article")? == own;
    }
    if !stands_itself {
        bury(db, tx, arrival.id(), arrival.url().as_str(), row.int("takedown")?, now).await?;
    }
    Ok(true)
}

/// Sets a tombstone and erases what it stands for, if that is there.
async fn bury(
    db: &Db,
    tx: &mut Tx,
    id: &ArticleId,
    address: &str,
    takedown: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let key = id.to_string();
    let row = sqlx::query("SELECT story FROM articles WHERE id = $1").bind(&key).fetch_optional(&mut **tx).await?;
    sqlx::query(
        "INSERT INTO tombstones (article, takedown, url, erased) VALUES ($1, $2, $3, $4)
         ON CONFLICT (article) DO UPDATE SET erased = CASE WHEN excluded.erased = 1 THEN 1 ELSE tombstones.erased END",
    )
    .bind(&key)
    .bind(takedown)
    .bind(address)
    .bind(i64::from(row.is_some()))
    .execute(&mut **tx)
    .await?;
    for table in ["DELETE FROM revisions WHERE article = $1", "DELETE FROM captures WHERE article = $1"] {
        sqlx::query(table).bind(&key).execute(&mut **tx).await?;
    }
    let Some(row) = row else { return Ok(()) };
    hide(tx, id, ArticleState::TakenDown).await?;
    let story: StoryId = row.id("story")?;
    // The story's row first: an arrival for another of its articles waits, or has been waited for.
    let sql = format!("SELECT id FROM stories WHERE id = $1{}", db.for_update());
    sqlx::query(AssertSqlSafe(sql)).bind(story.to_string()).fetch_optional(&mut **tx).await?;
    let row = sqlx::query("SELECT story FROM articles WHERE id = $1").bind(&key).fetch_one(&mut **tx).await?;
    if row.id::<StoryId>("story")? != story {
        return Err(StoreError::Conflict("its story was merged meanwhile".to_owned()));
    }
    let rows = sqlx::query("SELECT id FROM articles WHERE story = $1 ORDER BY id")
        .bind(story.to_string())
        .fetch_all(&mut **tx)
        .await?;
    let articles = rows.iter().map(|r| r.text("id")).collect::<Result<_, _>>()?;
    settle(db, tx, &Group { story, articles, merged: Vec::new(), moved: false }, id, now, true).await?;
    Ok(())
}

/// Removes what is known of an article, so that it can come as if never seen.
async fn forget(tx: &mut Tx, article: &str) -> Result<(), StoreError> {
    for table in [
        "DELETE FROM articles WHERE id = $1",
        "DELETE FROM aliases WHERE article = $1",
        "DELETE FROM story_keys WHERE article = $1",
        "DELETE FROM withdrawals WHERE article = $1",
        "DELETE FROM changes WHERE article = $1",
        "DELETE FROM entries WHERE article = $1",
        "DELETE FROM stories WHERE lead = $1 AND face IS NULL",
    ] {
        sqlx::query(table).bind(article).execute(&mut **tx).await?;
    }
    Ok(())
}

/// The article at an address, or, if none is, those that name it as an alias.
async fn named_articles(tx: &mut Tx, url: &CanonicalUrl) -> Result<Vec<(ArticleId, CanonicalUrl)>, StoreError> {
    let own = sqlx::query("SELECT id, url FROM articles WHERE id = $1")
        .bind(ArticleId::of(url).to_string())
        .fetch_all(&mut **tx)
        .await?;
    let rows = if own.is_empty() {
        sqlx::query(
            "SELECT a.id, a.url FROM aliases l JOIN articles a ON a.id = l.article WHERE l.url = $1 ORDER BY a.id",
        )
        .bind(articles::alias_form(url.as_str()))
        .fetch_all(&mut **tx)
        .await?
    } else {
        own
    };
    let found = rows
        .iter()
        .map(|row| {
            let address = CanonicalUrl::parse(&row.text("url")?).map_err(|e| StoreError::damaged("url", e))?;
            Ok((row.id("id")?, address))
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    // An address that several articles share as an alias (a feed's one GUID) names none of them.
    Ok(if found.len() > 1 { Vec::new() } else { found })
}

/// Aliases that can only mean this article: on its own site, not the site's front, and nobody else's.
async fn own_aliases(tx: &mut Tx, id: &ArticleId, url: &CanonicalUrl) -> Result<Vec<CanonicalUrl>, StoreError> {
    let rows = sqlx::query(
        "SELECT url FROM aliases l WHERE l.article = $1
            AND NOT EXISTS (SELECT 1 FROM aliases o WHERE o.url = l.url AND o.article <> l.article)
         ORDER BY url",
    )
    .bind(id.to_string())
    .fetch_all(&mut **tx)
    .await?;
    let mut own = Vec::new();
    for row in &rows {
        if let Ok(alias) = CanonicalUrl::parse(&row.text("url")?)
            && alias.same_site(url)
            && alias.path() != "/"
        {
            own.push(alias);
        }
    }
    Ok(own)
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
