//! Which articles are one story.
//!
//! An article has keys: the story it would open itself, the stories and the article that the verdict of its
//! oldest sighting names, and that sighting's exact hash. Two articles that share a key are linked (by an
//! exact hash only within the window), and stories are the connected groups. That is a property of the set
//! of articles, not of the order in which they came: a copy whose original comes later, or never, is no
//! special case. A key that is a story's id is also its address: after a merge it leads to where its
//! articles are now.
//!
//! Exclusion: on PostgreSQL every transaction first holds the names of its keys, so two that would link to
//! each other cannot pass each other unseen; then the rows of the stories it found, in id order. SQLite has
//! one writer.

use super::components::{Component, Link, components, hash_key};
use crate::StoreError;
use crate::dialect::{Backend, Db, Tx, placeholders, value_rows};
use crate::row::Reader;
use article::{Article, ArticleId, StoryId, Timestamp, Verdict, VerdictKind, is_telling, plain_text};
use sqlx::AssertSqlSafe;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Story keys of an article whose verdict names one story: its own, that story's, and its copied article's.
const COMMON_KEYS: usize = 3;

/// An article's linking keys.
pub(super) struct Keys {
    /// The story its verdict names: its story's address if it is the first there.
    pub(super) story: StoryId,
    stories: BTreeSet<String>,
    hash: Option<String>,
}

impl Keys {
    /// Of a sighting. Without a verdict the article stands for itself.
    pub(super) fn of(article: &Article, verdict: Option<&Verdict>) -> Self {
        let own = StoryId::opened_by(&article.id);
        let story = verdict.map_or_else(|| own.clone(), |v| v.story.clone());
        let copied = verdict.filter(|v| v.kind != VerdictKind::New).and_then(|v| v.of.as_ref());
        let mut stories = BTreeSet::from([own.to_string(), story.to_string()]);
        stories.extend(copied.map(|of| StoryId::opened_by(of).to_string()));
        stories.extend(verdict.iter().flat_map(|v| &v.also).map(ToString::to_string));
        Self { story, stories, hash: exact_key(article) }
    }

    /// All of them.
    pub(super) fn names(&self) -> Vec<String> {
        self.stories.iter().chain(&self.hash).cloned().collect()
    }
}

/// The key of the exact hash, if equal texts mean anything here. Where only the headline is carried there
/// may be a hash without a text; where there never was a text the hash is of address and headline.
fn exact_key(article: &Article) -> Option<String> {
    let no_text = Article::compute_hash(&article.url, &article.title, &[]);
    let long_enough = article.blocks.is_empty() || is_telling(&plain_text(&article.blocks));
    (article.content_hash != no_text && long_enough).then(|| hash_key(&article.content_hash))
}

/// Articles that are one story now.
pub(crate) struct Group {
    /// Its address.
    pub(crate) story: StoryId,
    /// Its articles.
    pub(crate) articles: Vec<String>,
    /// Stories that have become part of it.
    pub(crate) merged: Vec<StoryId>,
    /// Whether any of its articles was in another story before.
    pub(crate) moved: bool,
}

/// What placing an article led to.
pub(super) struct Placed {
    /// The article's story.
    pub(super) own: StoryId,
    /// Every story touched, the article's own included.
    pub(super) groups: Vec<Group>,
}

/// The stories an arrival touches: the article's own and, with `keys`, all it links to. Their rows are this
/// transaction's from here on.
pub(super) async fn involved(
    db: &Db,
    tx: &mut Tx,
    article: &ArticleId,
    keys: Option<&Keys>,
    placed_at: Timestamp,
    window: Duration,
) -> Result<BTreeSet<String>, StoreError> {
    let found = find_stories(tx, article, keys, placed_at, window).await?;
    if db.backend == Backend::Sqlite || found.is_empty() {
        return Ok(found);
    }
    let sql =
        format!("SELECT id FROM stories WHERE id IN ({}) ORDER BY id{}", placeholders(1, found.len()), db.for_update());
    let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
    for id in &found {
        query = query.bind(id);
    }
    query.fetch_all(&mut **tx).await?;
    // While we waited for the rows, another transaction may have merged or split those stories.
    if find_stories(tx, article, keys, placed_at, window).await? != found {
        return Err(StoreError::Conflict("a story was merged meanwhile".to_owned()));
    }
    Ok(found)
}

async fn find_stories(
    tx: &mut Tx,
    article: &ArticleId,
    keys: Option<&Keys>,
    placed_at: Timestamp,
    window: Duration,
) -> Result<BTreeSet<String>, StoreError> {
    let own = StoryId::opened_by(article).to_string();
    let named: Vec<&String> = keys.iter().flat_map(|k| &k.stories).collect();
    // Nearly every article has two or three story keys; naming one twice keeps the statement the same, and prepared.
    let count = named.len().max(COMMON_KEYS);
    let list = placeholders(6, count);
    // A story's address is a key of one of its articles, unless that article was lifted out of it by an
    // operator: who would open that story belongs to it all the same.
    let sql = format!(
        "SELECT story FROM articles WHERE id = $1
         UNION
         SELECT a.story FROM story_keys k JOIN articles a ON a.id = k.article
            WHERE $2 = 1 AND k.links = 1 AND k.key IN ({list})
         UNION
         SELECT id FROM stories WHERE $2 = 1 AND id IN ({list})
         UNION
         SELECT a.story FROM story_keys k JOIN articles a ON a.id = k.article
            WHERE k.links = 1 AND k.key = $3 AND k.placed_at >= $4 AND k.placed_at <= $5"
    );
    let mut query = sqlx::query(AssertSqlSafe(sql))
        .persistent(count == COMMON_KEYS)
        .bind(article.to_string())
        .bind(i64::from(keys.is_some()))
        .bind(keys.and_then(|k| k.hash.clone()))
        .bind(placed_at.minus(window).millis())
        .bind(placed_at.plus(window).millis());
    for key in named.into_iter().chain(std::iter::repeat(&own)).take(count) {
        query = query.bind(key.as_str());
    }
    let rows = query.fetch_all(&mut **tx).await?;
    rows.iter().map(|row| row.text("story")).collect()
}

/// Writes an article's keys; `again`: in place of those of a younger sighting, of which an address that
/// readers may have stays an address, without linking.
pub(super) async fn write_keys(
    tx: &mut Tx,
    article: &ArticleId,
    keys: &Keys,
    placed_at: Timestamp,
    again: bool,
) -> Result<(), StoreError> {
    let id = article.to_string();
    if again {
        sqlx::query("DELETE FROM story_keys WHERE article = $1 AND key LIKE 'hash:%'")
            .bind(&id)
            .execute(&mut **tx)
            .await?;
        sqlx::query("UPDATE story_keys SET links = 0 WHERE article = $1").bind(&id).execute(&mut **tx).await?;
    }
    let names = keys.names();
    let sql = format!(
        "INSERT INTO story_keys (key, article, links, placed_at) VALUES {}
         ON CONFLICT (key, article) DO UPDATE SET links = 1, placed_at = excluded.placed_at",
        value_rows(names.len(), 4)
    );
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for key in names {
        query = query.bind(key).bind(&id).bind(1i64).bind(placed_at.millis());
    }
    query.execute(&mut **tx).await?;
    Ok(())
}

/// Puts the articles of `stories` and `article` into the groups their links make. `anew`: the article lost
/// keys that may have held a story together, so groups are counted out; else all of them are one.
pub(super) async fn place(
    tx: &mut Tx,
    article: &ArticleId,
    named: &StoryId,
    stories: &BTreeSet<String>,
    anew: bool,
    window: Duration,
) -> Result<Placed, StoreError> {
    let id = article.to_string();
    // An article that is new here was written under the story its verdict names.
    let mut members: BTreeMap<String, String> = BTreeMap::from([(id.clone(), named.to_string())]);
    let was_in_a_story = read_members(tx, stories, &mut members).await?.contains(&id);
    let components = if anew {
        let ids: Vec<&String> = members.keys().collect();
        components(&links(tx, &ids).await?, &ids, window)
    } else {
        vec![Component { articles: members.keys().cloned().collect(), keys: stories.clone() }]
    };
    let opened = opening_times(tx, stories).await?;
    let mut own = named.clone();
    let mut groups = Vec::with_capacity(components.len());
    let mut kept: BTreeSet<String> = BTreeSet::new();
    for component in components {
        let holds_article = component.articles.contains(&id);
        // The oldest address stays; the story ids among a component's keys are the addresses it answers to.
        let mut addresses: Vec<_> =
            opened.iter().filter(|(story, _)| component.keys.contains(*story)).map(|(s, at)| (*at, s)).collect();
        addresses.sort();
        let story = match addresses.first() {
            Some((_, story)) => parse_story(story)?,
            None if holds_article => named.clone(),
            None => opened_by_first(&component.articles)?,
        };
        let merged = addresses.iter().skip(1).map(|(_, s)| parse_story(s)).collect::<Result<Vec<_>, _>>()?;
        if holds_article {
            own = story.clone();
        }
        let address = story.to_string();
        let mut moved = false;
        for member in &component.articles {
            if members.get(member) != Some(&address) {
                moved |= *member != id || was_in_a_story;
                sqlx::query("UPDATE articles SET story = $2 WHERE id = $1")
                    .bind(member)
                    .bind(&address)
                    .execute(&mut **tx)
                    .await?;
            }
        }
        kept.insert(address);
        groups.push(Group { story, articles: component.articles.into_iter().collect(), merged, moved });
    }
    for story in stories.difference(&kept) {
        sqlx::query("DELETE FROM stories WHERE id = $1").bind(story).execute(&mut **tx).await?;
    }
    Ok(Placed { own, groups })
}

/// Adds the articles of `stories` with the story each is in. Returns which they are.
async fn read_members(
    tx: &mut Tx,
    stories: &BTreeSet<String>,
    members: &mut BTreeMap<String, String>,
) -> Result<BTreeSet<String>, StoreError> {
    let mut found = BTreeSet::new();
    if stories.is_empty() {
        return Ok(found);
    }
    let sql = format!("SELECT id, story FROM articles WHERE story IN ({})", placeholders(1, stories.len()));
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for story in stories {
        query = query.bind(story);
    }
    for row in query.fetch_all(&mut **tx).await? {
        let id = row.text("id")?;
        members.insert(id.clone(), row.text("story")?);
        found.insert(id);
    }
    Ok(found)
}

/// When each story was opened. One that has no row is no address yet.
async fn opening_times(tx: &mut Tx, stories: &BTreeSet<String>) -> Result<BTreeMap<String, i64>, StoreError> {
    let mut opened = BTreeMap::new();
    for story in stories {
        let row =
            sqlx::query("SELECT opened_at FROM stories WHERE id = $1").bind(story).fetch_optional(&mut **tx).await?;
        if let Some(row) = row {
            opened.insert(story.clone(), row.int("opened_at")?);
        }
    }
    Ok(opened)
}

fn parse_story(text: &str) -> Result<StoryId, StoreError> {
    text.parse().map_err(|e| StoreError::damaged("story", e))
}

/// For a group that is left without an address: the story that one of its articles would open.
fn opened_by_first(articles: &BTreeSet<String>) -> Result<StoryId, StoreError> {
    let first = articles.first().ok_or_else(|| StoreError::Broken("a group without articles".to_owned()))?;
    let id: ArticleId = first.parse().map_err(|e| StoreError::damaged("article", e))?;
    Ok(StoryId::opened_by(&id))
}

async fn links(tx: &mut Tx, articles: &[&String]) -> Result<Vec<Link>, StoreError> {
    let mut links = Vec::new();
    for chunk in articles.chunks(500) {
        let sql = format!(
            "SELECT key, article, placed_at FROM story_keys WHERE links = 1 AND article IN ({})",
            placeholders(1, chunk.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
        for article in chunk {
            query = query.bind(article.as_str());
        }
        for row in query.fetch_all(&mut **tx).await? {
            links.push(Link {
                key: row.text("key")?,
                article: row.text("article")?,
                placed_at: row.time("placed_at")?,
            });
        }
    }
    Ok(links)
}
