//! Stories: the publisher's transaction, and what the site reads.

use crate::{Store, StoreError, StoredArticle};
use article::{Arrival, ArticleId, Section, StoryId, Timestamp, Verdict};
use serde::Serialize;

/// What the transaction must know of the settings.
#[derive(Clone, PartialEq, Debug)]
pub struct PublishPolicy {
    /// How long an exact hash makes two articles one story.
    pub exact_window: std::time::Duration,
}

/// What an arrival changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
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

/// What became of an arrival.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Applied {
    /// Its story now. Meaningless for [`Change::TakenDown`].
    pub story: StoryId,
    /// What changed.
    pub change: Change,
    /// Stories that were merged into [`Applied::story`] by this; their addresses redirect.
    pub merged: Vec<StoryId>,
    /// Whether the story's primary source is another one now.
    pub primary_changed: bool,
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
    /// Its articles, primary first, then by time.
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

/// A story in a list.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct StoryCard {
    /// Its address on the site.
    pub id: StoryId,
    /// Its face's headline.
    pub title: String,
    /// The beginning of its text, or its subtitle; empty where only the headline is carried.
    pub excerpt: String,
    /// Its section.
    pub section: Section,
    /// Its face's language.
    pub language: Option<String>,
    /// Its face's publisher.
    pub source_name: String,
    /// Its face's authors.
    pub authors: Vec<String>,
    /// Its face's address at its publisher.
    pub url: String,
    /// Its primary source's publisher.
    pub primary_name: String,
    /// Its primary source's address.
    pub primary_url: String,
    /// Its face's lead picture.
    pub image: Option<article::Image>,
    /// Its face's time.
    pub time: Timestamp,
    /// When it last changed for a reader.
    pub changed_at: Timestamp,
    /// How many other sources carry it.
    pub also_carried: u32,
}

impl Store {
    /// The publisher's one transaction, with locks in id order: gates (tombstones, age, the exact hash within
    /// the window, the article's existing story), then article, revision, story, primary and face.
    ///
    /// Idempotent, and indifferent to order: any order of the same arrivals ends in the same articles, the
    /// same partition into stories, the same primaries and faces. Only a story's address may differ: it is
    /// the older one's, and the other redirects.
    pub async fn apply(
        &self,
        arrival: &Arrival,
        verdict: Option<&Verdict>,
        policy: &PublishPolicy,
        now: Timestamp,
    ) -> Result<Applied, StoreError> {
        unimplemented!("{arrival:?} {verdict:?} {policy:?} {now}")
    }

    /// What is at a story's address.
    pub async fn story(&self, id: &StoryId) -> Result<StoryLookup, StoreError> {
        unimplemented!("{id}")
    }

    /// The newest stories that can be shown, of a section, source or language if given, those older than
    /// `before` (by [`StoryCard::time`]), at most `limit`.
    pub async fn cards(
        &self,
        filter: &CardFilter,
        before: Option<Timestamp>,
        limit: u32,
    ) -> Result<Vec<StoryCard>, StoreError> {
        unimplemented!("{filter:?} {before:?} {limit}")
    }

    /// Stories whose shown articles match all words of `query`, newest first.
    pub async fn search(&self, query: &str, limit: u32) -> Result<Vec<StoryCard>, StoreError> {
        unimplemented!("{query} {limit}")
    }

    /// How many stories, articles and sources can be seen on the site.
    pub async fn totals(&self) -> Result<Totals, StoreError> {
        unimplemented!()
    }
}

/// Which stories to list. Empty: all.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct CardFilter {
    /// Only of this section.
    pub section: Option<Section>,
    /// Only with an article of this source.
    pub source: Option<article::SourceId>,
    /// Only in this language (primary subtag, `de`).
    pub language: Option<String>,
}

/// Numbers for a first glance.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Totals {
    /// Stories that can be shown.
    pub stories: u64,
    /// Articles that can be shown.
    pub articles: u64,
    /// Articles that are another's copy.
    pub copies: u64,
    /// Sources.
    pub sources: u64,
}
