//! Articles, their revisions and aliases.

use crate::row::{Reader, read_all};
use crate::{Store, StoreError, keep};
use article::{Article, ArticleId, CanonicalUrl, Carry, CarryReason, ContentHash, StoryId, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

/// Whether an article may be shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArticleState {
    /// On the site.
    Shown,
    /// Its publisher took it off; it returns if it is seen again.
    Withdrawn,
    /// Its owner had it taken down; only an operator can lift that.
    TakenDown,
}

impl ArticleState {
    /// As written in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            ArticleState::Shown => "shown",
            ArticleState::Withdrawn => "withdrawn",
            ArticleState::TakenDown => "taken_down",
        }
    }

    /// Reads what [`ArticleState::as_str`] writes.
    pub fn from_name(name: &str) -> Option<Self> {
        [ArticleState::Shown, ArticleState::Withdrawn, ArticleState::TakenDown].into_iter().find(|s| s.as_str() == name)
    }
}

/// An article as stored: its newest revision, and where it stands.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct StoredArticle {
    /// Newest revision. Of what is not shown, only names, addresses and times remain: no text; of what was
    /// taken down not even a headline. What only an excerpt is carried of is cut to it. Where the story's
    /// primary source is reserved and this source has no licence, the text is withheld and
    /// [`article::CarryReason::PrimaryNotFree`] says so.
    pub article: Article,
    /// Where it stands.
    pub state: ArticleState,
    /// The story it belongs to.
    pub story: StoryId,
    /// When it was first seen.
    pub first_seen: Timestamp,
    /// How many revisions are known.
    pub revisions: u32,
}

/// An earlier or the present text of an article.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct StoredRevision {
    /// Its hash.
    pub content_hash: ContentHash,
    /// When it was first seen.
    pub observed_at: Timestamp,
    /// Its headline.
    pub title: String,
}

/// Columns of a stored article, from `articles a` joined by [`ARTICLE_JOINS`].
pub(crate) const ARTICLE_COLUMNS: &str = "a.state, a.story, a.first_seen, a.facts, a.blocks, a.verdict,
    (SELECT COUNT(*) FROM revisions r WHERE r.article = a.id) AS revisions,
    COALESCE(t.reserved, 0) AS reserved, COALESCE(s.licensed, 0) AS licensed";

/// The story that may reserve it and the source that may be licensed.
pub(crate) const ARTICLE_JOINS: &str = "LEFT JOIN stories t ON t.id = a.story LEFT JOIN sources s ON s.id = a.source";

impl Store {
    /// One article.
    pub async fn article(&self, id: &ArticleId) -> Result<Option<StoredArticle>, StoreError> {
        let sql = format!("SELECT {ARTICLE_COLUMNS} FROM articles a {ARTICLE_JOINS} WHERE a.id = $1");
        let row = sqlx::query(AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(&self.db.read).await?;
        row.as_ref().map(read_article).transpose()
    }

    /// The article at an address: its canonical URL or an alias. An article's own address counts before
    /// another's alias, whatever that other claims.
    pub async fn article_by_url(&self, url: &str) -> Result<Option<StoredArticle>, StoreError> {
        if let Ok(canonical) = CanonicalUrl::parse(url)
            && let Some(found) = self.article(&ArticleId::of(&canonical)).await?
        {
            return Ok(Some(found));
        }
        let row = sqlx::query(
            "SELECT a.id FROM aliases l JOIN articles a ON a.id = l.article WHERE l.url IN ($1, $2)
             ORDER BY a.first_seen, a.id LIMIT 1",
        )
        .bind(url)
        .bind(alias_form(url))
        .fetch_optional(&self.db.read)
        .await?;
        match row {
            Some(row) => self.article(&row.id("id")?).await,
            None => Ok(None),
        }
    }

    /// An article's revisions, oldest first.
    pub async fn revisions(&self, id: &ArticleId) -> Result<Vec<StoredRevision>, StoreError> {
        let rows = sqlx::query(
            "SELECT content_hash, observed_at, title FROM revisions WHERE article = $1 ORDER BY observed_at, content_hash",
        )
        .bind(id.to_string())
        .fetch_all(&self.db.read)
        .await?;
        read_all(&rows, |row| {
            Ok(StoredRevision {
                content_hash: row.id("content_hash")?,
                observed_at: row.time("observed_at")?,
                title: row.text("title")?,
            })
        })
    }

    /// Articles as they may be shown, in the order of their ids: those after `after`, at most `limit`.
    pub async fn articles_after(
        &self,
        after: Option<&ArticleId>,
        limit: u32,
    ) -> Result<Vec<StoredArticle>, StoreError> {
        let sql = format!("SELECT {ARTICLE_COLUMNS} FROM articles a {ARTICLE_JOINS} WHERE a.id > $1");
        self.articles_in_order(&sql, after, limit).await
    }

    /// What `select` selects of articles `a` with `a.id > $1`, in the order of their ids, at most `limit`.
    pub(crate) async fn articles_in_order(
        &self,
        select: &str,
        after: Option<&ArticleId>,
        limit: u32,
    ) -> Result<Vec<StoredArticle>, StoreError> {
        let rows = sqlx::query(AssertSqlSafe(format!("{select} ORDER BY a.id LIMIT $2")))
            .bind(after.map(ArticleId::to_string).unwrap_or_default())
            .bind(i64::from(limit))
            .fetch_all(&self.db.read)
            .await?;
        read_all(&rows, read_article)
    }
}

/// The form in which an alias is kept and looked up: canonical where it is a web address, as given where
/// it is not (GUIDs need not be).
pub(crate) fn alias_form(alias: &str) -> String {
    CanonicalUrl::parse(alias).map_or_else(|_| alias.trim().to_owned(), String::from)
}

pub(crate) fn read_article(row: &AnyRow) -> Result<StoredArticle, StoreError> {
    let mut article: Article = row.json("facts")?;
    article.blocks = row.json("blocks")?;
    if row.flag("reserved")? && !row.flag("licensed")? && article.rights.carry > Carry::Headline {
        article.rights.narrow(Carry::Headline, CarryReason::PrimaryNotFree);
        keep::only_headline(&mut article);
    }
    Ok(StoredArticle {
        article,
        state: row.name("state", ArticleState::from_name)?,
        story: row.id("story")?,
        first_seen: row.time("first_seen")?,
        revisions: row.small("revisions")?,
    })
}
