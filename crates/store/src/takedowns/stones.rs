//! Tombstones: setting them, and what they stand against.

use crate::apply::{Group, hide, settle};
use crate::dialect::{Db, Tx, placeholders};
use crate::row::Reader;
use crate::{ArticleState, StoreError, ledger};
use article::{Arrival, ArticleId, CanonicalUrl, StoryId, Timestamp};
use sqlx::AssertSqlSafe;
use std::collections::{BTreeMap, BTreeSet};

/// What the first gate says of an arrival.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Gate {
    /// No tombstone stands against it.
    Open,
    /// One does.
    Closed,
    /// One does, under an alias that this arrival names: its article, on the site in this story until now, is erased.
    Erased(StoryId),
}

/// The first gate: whether a tombstone stands against an arrival, under its own address or one of its
/// aliases. What comes in under an alias of something taken down is taken down under its own address too.
pub(crate) async fn stands_against(
    db: &Db,
    tx: &mut Tx,
    arrival: &Arrival,
    now: Timestamp,
) -> Result<Gate, StoreError> {
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
    let Some(row) = rows.first() else { return Ok(Gate::Open) };
    let mut stands_itself = false;
    for row in &rows {
        stands_itself |= row.text("article")? == own;
    }
    if stands_itself {
        return Ok(Gate::Closed);
    }
    let erased = bury(db, tx, arrival.id(), arrival.url().as_str(), row.int("takedown")?, now).await?;
    Ok(erased.map_or(Gate::Closed, Gate::Erased))
}

/// Sets a tombstone and erases what it stands for, if that is there. Returns its story if it was on the site.
pub(super) async fn bury(
    db: &Db,
    tx: &mut Tx,
    id: &ArticleId,
    address: &str,
    takedown: i64,
    now: Timestamp,
) -> Result<Option<StoryId>, StoreError> {
    let key = id.to_string();
    let row =
        sqlx::query("SELECT story, state FROM articles WHERE id = $1").bind(&key).fetch_optional(&mut **tx).await?;
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
    for table in [
        "DELETE FROM revisions WHERE article = $1",
        "DELETE FROM captures WHERE article = $1 OR part_of = $1",
        "DELETE FROM revisits WHERE article = $1",
    ] {
        sqlx::query(table).bind(&key).execute(&mut **tx).await?;
    }
    ledger::erase_text(tx, id).await?;
    let Some(row) = row else { return Ok(None) };
    let was_shown = row.name("state", ArticleState::from_name)? == ArticleState::Shown;
    hide(tx, id, ArticleState::TakenDown).await?;
    let story: StoryId = row.id("story")?;
    hold(db, tx, &story, std::slice::from_ref(id)).await?;
    elect_anew(db, tx, story.clone(), id, now).await?;
    Ok(was_shown.then_some(story))
}

/// Makes the story's row this transaction's: an arrival for another of its articles waits, or has been waited for, and
/// then these may be in another story.
async fn hold(db: &Db, tx: &mut Tx, story: &StoryId, articles: &[ArticleId]) -> Result<(), StoreError> {
    let sql = format!("SELECT id FROM stories WHERE id = $1{}", db.for_update());
    sqlx::query(AssertSqlSafe(sql)).bind(story.to_string()).fetch_optional(&mut **tx).await?;
    for article in articles {
        if story_of(tx, article).await?.as_ref() != Some(story) {
            return Err(StoreError::Conflict("its story was merged meanwhile".to_owned()));
        }
    }
    Ok(())
}

async fn story_of(tx: &mut Tx, article: &ArticleId) -> Result<Option<StoryId>, StoreError> {
    let row = sqlx::query("SELECT story FROM articles WHERE id = $1")
        .bind(article.to_string())
        .fetch_optional(&mut **tx)
        .await?;
    row.map(|row| row.id("story")).transpose()
}

/// Elects over what a held story has now that `article` is gone from readers.
async fn elect_anew(
    db: &Db,
    tx: &mut Tx,
    story: StoryId,
    article: &ArticleId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let rows = sqlx::query("SELECT id FROM articles WHERE story = $1 ORDER BY id")
        .bind(story.to_string())
        .fetch_all(&mut **tx)
        .await?;
    let articles = rows.iter().map(|r| r.text("id")).collect::<Result<_, _>>()?;
    settle(db, tx, &Group { story, articles, merged: Vec::new(), moved: false }, article, now, true).await?;
    Ok(())
}

/// Removes what is known of articles, so that they can come as if never seen. The stories that they leave are elected
/// anew: what was withheld there because of them is shown and found again.
pub(super) async fn forget(db: &Db, tx: &mut Tx, articles: &[ArticleId], now: Timestamp) -> Result<(), StoreError> {
    let mut left: BTreeMap<String, (StoryId, Vec<ArticleId>)> = BTreeMap::new();
    for article in articles {
        if let Some(story) = story_of(tx, article).await? {
            left.entry(story.to_string()).or_insert_with(|| (story, Vec::new())).1.push(article.clone());
        }
    }
    // In the order of their ids, as the publisher takes them.
    for (story, gone) in left.values() {
        hold(db, tx, story, gone).await?;
    }
    for article in articles {
        for table in [
            "DELETE FROM articles WHERE id = $1",
            "DELETE FROM aliases WHERE article = $1",
            "DELETE FROM story_keys WHERE article = $1",
            "DELETE FROM withdrawals WHERE article = $1",
            "DELETE FROM changes WHERE article = $1",
            "DELETE FROM entries WHERE article = $1",
        ] {
            sqlx::query(table).bind(article.to_string()).execute(&mut **tx).await?;
        }
    }
    for (story, gone) in left.into_values() {
        if let Some(article) = gone.first() {
            elect_anew(db, tx, story, article, now).await?;
        }
    }
    Ok(())
}
