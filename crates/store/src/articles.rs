//! Articles, their revisions and aliases.

use crate::{Store, StoreError};
use article::{Article, ArticleId, ContentHash, StoryId, Timestamp};
use serde::{Deserialize, Serialize};

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

/// An article as stored: its newest revision, and where it stands.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct StoredArticle {
    /// Newest revision. Of what is not shown, only names, addresses and times remain: no text.
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

impl Store {
    /// One article.
    pub async fn article(&self, id: &ArticleId) -> Result<Option<StoredArticle>, StoreError> {
        unimplemented!("{id}")
    }

    /// The article at an address: its canonical URL or an alias.
    pub async fn article_by_url(&self, url: &str) -> Result<Option<StoredArticle>, StoreError> {
        unimplemented!("{url}")
    }

    /// An article's revisions, oldest first.
    pub async fn revisions(&self, id: &ArticleId) -> Result<Vec<StoredRevision>, StoreError> {
        unimplemented!("{id}")
    }

    /// Articles in the order of their ids, for rebuilding an index and for checks: those after `after`, at most `limit`.
    pub async fn articles_after(
        &self,
        after: Option<&ArticleId>,
        limit: u32,
    ) -> Result<Vec<StoredArticle>, StoreError> {
        unimplemented!("{after:?} {limit}")
    }
}
