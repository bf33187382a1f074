//! Stories, and what the publisher's transaction says of them.

use crate::articles::{ARTICLE_COLUMNS, ARTICLE_JOINS, read_article};
use crate::row::Reader;
use crate::{ArticleState, Store, StoreError, StoredArticle};
use article::{ArticleId, Section, StoryId, Timestamp, Verdict};
use serde::{Deserialize, Serialize};
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

/// What the transaction must know of the settings.
#[derive(Clone, PartialEq, Debug)]
pub struct PublishPolicy {
    /// How long an exact hash makes two articles one story.
    pub exact_window: std::time::Duration,
}

/// What an arrival changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// A new article opened a story.
    Opened,
    /// A new article joined a story.
    Joined,
    /// A known article has a newer text or newer facts.
    Revised,
    /// The same again, or a sighting of the same revision: nothing a reader could see.
    Unchanged,
    /// An older revision than the newest known: kept as history.
    Older,
    /// Taken off by its publisher.
    Withdrawn,
    /// Back after a withdrawal.
    Restored,
    /// A tombstone stands against it: nothing was kept.
    TakenDown,
}

impl Change {
    /// All of them.
    pub const ALL: [Change; 8] = [
        Change::Opened,
        Change::Joined,
        Change::Revised,
        Change::Unchanged,
        Change::Older,
        Change::Withdrawn,
        Change::Restored,
        Change::TakenDown,
    ];

    /// As in labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Change::Opened => "opened",
            Change::Joined => "joined",
            Change::Revised => "revised",
            Change::Unchanged => "unchanged",
            Change::Older => "older",
            Change::Withdrawn => "withdrawn",
            Change::Restored => "restored",
            Change::TakenDown => "taken_down",
        }
    }
}

/// What became of an arrival.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Applied {
    /// Its story now. Meaningless for [`Change::TakenDown`], unless this very arrival erased its article.
    pub story: StoryId,
    /// What changed.
    pub change: Change,
    /// Stories that were merged into [`Applied::story`] by this; their addresses redirect.
    pub merged: Vec<StoryId>,
    /// Whether the story's primary source is another one now.
    pub primary_changed: bool,
    /// When this arrival erased its article, which had been on the site: it named something taken down as an alias.
    #[serde(default)]
    pub erased_at: Option<Timestamp>,
}

impl Applied {
    /// An arrival that left its story as it was.
    pub(crate) fn nothing(story: StoryId, change: Change) -> Self {
        Self { story, change, merged: Vec::new(), primary_changed: false, erased_at: None }
    }
}

/// An article of a story.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Member {
    /// The article.
    pub article: StoredArticle,
    /// What the deduplicator last said of it.
    pub verdict: Option<Verdict>,
}

/// A story with all its articles.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct StoryView {
    /// Its address on the site.
    pub id: StoryId,
    /// The article it is shown by; `None` when nothing of it may be shown.
    pub face: Option<ArticleId>,
    /// The article it is credited to.
    pub primary: ArticleId,
    /// Section of its face.
    pub section: Section,
    /// When it was first seen.
    pub opened_at: Timestamp,
    /// When it last changed for a reader.
    pub changed_at: Timestamp,
    /// Its articles, primary first, then by time. What was taken down is not among them.
    pub members: Vec<Member>,
}

/// What is at a story's address.
#[derive(Clone, PartialEq, Debug)]
pub enum StoryLookup {
    /// A story.
    Found(Box<StoryView>),
    /// It was merged into another: redirect.
    Moved(StoryId),
    /// All of it was withdrawn or taken down.
    Gone,
    /// Never was.
    Unknown,
}

impl Store {
    /// What is at a story's address.
    pub async fn story(&self, id: &StoryId) -> Result<StoryLookup, StoreError> {
        let row = sqlx::query("SELECT face, lead, section, opened_at, changed_at FROM stories WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.db.read)
            .await?;
        let Some(row) = row else { return self.moved_story(id).await };
        let face: Option<ArticleId> = row.maybe_id("face")?;
        if face.is_none() {
            return Ok(StoryLookup::Gone);
        }
        let primary: ArticleId = row.id("lead")?;
        let mut members = self.members(id).await?;
        members.retain(|m| m.article.state != ArticleState::TakenDown);
        members.sort_by_key(|m| {
            let a = &m.article.article;
            (a.id != primary, a.time(), a.id.clone())
        });
        Ok(StoryLookup::Found(Box::new(StoryView {
            id: id.clone(),
            face,
            primary,
            section: row.name("section", Section::from_name)?,
            opened_at: row.time("opened_at")?,
            changed_at: row.time("changed_at")?,
            members,
        })))
    }

    /// A story's id is a key of one of its articles, also after a merge: where that article is now, there
    /// the address leads.
    async fn moved_story(&self, id: &StoryId) -> Result<StoryLookup, StoreError> {
        let row = sqlx::query(
            "SELECT a.story FROM story_keys k JOIN articles a ON a.id = k.article WHERE k.key = $1
             ORDER BY k.links DESC, k.placed_at, a.id LIMIT 1",
        )
        .bind(id.to_string())
        .fetch_optional(&self.db.read)
        .await?;
        match row.map(|r| r.id::<StoryId>("story")).transpose()? {
            Some(now) if now != *id => Ok(StoryLookup::Moved(now)),
            _ => Ok(StoryLookup::Unknown),
        }
    }

    async fn members(&self, id: &StoryId) -> Result<Vec<Member>, StoreError> {
        let sql = format!("SELECT {ARTICLE_COLUMNS} FROM articles a {ARTICLE_JOINS} WHERE a.story = $1 ORDER BY a.id");
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(id.to_string()).fetch_all(&self.db.read).await?;
        crate::row::read_all(&rows, read_story_member)
    }
}

fn read_story_member(row: &AnyRow) -> Result<Member, StoreError> {
    Ok(Member { article: read_article(row)?, verdict: row.maybe_json("verdict")? })
}
