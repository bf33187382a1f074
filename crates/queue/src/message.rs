//! What travels on the five belts.

use crate::{Belt, MessageId};
use article::{Arrival, ArticleId, CanonicalUrl, FeedId, Section, SourceId, StoryId, Timestamp, Verdict};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A body of a belt. JSON on the wire; a worker refuses a schema newer than its own without losing the
/// message. Fields may be added with a default under the same schema; anything else is a new schema.
pub trait Message: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Its belt.
    const BELT: Belt;
    /// Its name on the wire (the AMQP `type` property).
    const KIND: &'static str;
    /// Its version on the wire.
    const SCHEMA: u16;

    /// Its name, derived from what it is about.
    fn message_id(&self) -> MessageId;

    /// The host it is about, if any.
    fn host(&self) -> Option<String> {
        None
    }

    /// The source it is about, if any.
    fn source(&self) -> Option<&SourceId> {
        None
    }

    /// The article it is about, if it names one.
    fn article(&self) -> Option<ArticleId> {
        None
    }

    /// The address it is about, if any.
    fn url(&self) -> Option<String> {
        None
    }
}

/// *feeds*: poll this feed.
#[derive(Clone, PartialEq, Debug, Serialize, serde::Deserialize)]
pub struct Poll {
    /// Which feed.
    pub feed: FeedId,
    /// Its address when it was sent.
    pub url: String,
    /// The source it belongs to (the first, if several share it).
    pub source: SourceId,
    /// When it was due: a poll older than the feed's last finished one is stale.
    pub due: Timestamp,
}

impl Message for Poll {
    const BELT: Belt = Belt::Feeds;
    const KIND: &'static str = "poll";
    const SCHEMA: u16 = 1;

    fn message_id(&self) -> MessageId {
        MessageId::derive(&["feeds", &self.feed.to_string(), &self.due.millis().to_string()])
    }

    fn host(&self) -> Option<String> {
        host_of(&self.url)
    }

    fn source(&self) -> Option<&SourceId> {
        Some(&self.source)
    }

    fn url(&self) -> Option<String> {
        Some(self.url.clone())
    }
}

/// Which look at an article this is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visit {
    /// The feed listed it for the first time.
    #[default]
    First,
    /// The feed says it was updated.
    Updated,
    /// The first revisit.
    Hour,
    /// The second.
    Day,
    /// The third.
    Week,
}

impl Visit {
    /// As in message ids and `explain`.
    pub fn as_str(self) -> &'static str {
        match self {
            Visit::First => "first",
            Visit::Updated => "updated",
            Visit::Hour => "hour",
            Visit::Day => "day",
            Visit::Week => "week",
        }
    }
}

/// *pages*: fetch this permalink. It carries what the feed said of it, which extraction may use.
#[derive(Clone, PartialEq, Debug, Serialize, serde::Deserialize)]
pub struct Page {
    /// The feed that listed it.
    pub feed: Option<FeedId>,
    /// Who publishes it.
    pub source: SourceId,
    /// Where it is, canonicalised.
    pub permalink: CanonicalUrl,
    /// The entry's GUID or id, as given.
    pub guid: Option<String>,
    /// The entry's title, plain text.
    pub title: Option<String>,
    /// The entry's summary, plain text.
    pub summary: Option<String>,
    /// The entry's authors.
    #[serde(default)]
    pub authors: Vec<String>,
    /// The entry's categories.
    #[serde(default)]
    pub categories: Vec<String>,
    /// The entry's date.
    pub published: Option<Timestamp>,
    /// The entry's date of change.
    pub updated: Option<Timestamp>,
    /// The feed's language.
    pub language: Option<String>,
    /// The feed's section.
    pub section: Option<Section>,
    /// When the feed's response came.
    pub listed_at: Timestamp,
    /// Which look this is.
    #[serde(default)]
    pub visit: Visit,
}

impl Message for Page {
    const BELT: Belt = Belt::Pages;
    const KIND: &'static str = "page";
    const SCHEMA: u16 = 1;

    fn message_id(&self) -> MessageId {
        // An update has its own date in its name: each is looked at once.
        let updated = match self.visit {
            Visit::Updated => self.updated.map(|t| t.millis().to_string()).unwrap_or_default(),
            Visit::First | Visit::Hour | Visit::Day | Visit::Week => String::new(),
        };
        MessageId::derive(&["pages", &ArticleId::of(&self.permalink).to_string(), self.visit.as_str(), &updated])
    }

    fn host(&self) -> Option<String> {
        Some(self.permalink.host().to_owned())
    }

    fn source(&self) -> Option<&SourceId> {
        Some(&self.source)
    }

    fn article(&self) -> Option<ArticleId> {
        Some(ArticleId::of(&self.permalink))
    }

    fn url(&self) -> Option<String> {
        Some(self.permalink.to_string())
    }
}

impl Message for Arrival {
    const BELT: Belt = Belt::Articles;
    const KIND: &'static str = "arrival";
    const SCHEMA: u16 = 1;

    fn message_id(&self) -> MessageId {
        arrival_id(Self::BELT, self)
    }

    fn host(&self) -> Option<String> {
        Some(self.url().host().to_owned())
    }

    fn source(&self) -> Option<&SourceId> {
        Some(Arrival::source(self))
    }

    fn article(&self) -> Option<ArticleId> {
        Some(Arrival::id(self).clone())
    }

    fn url(&self) -> Option<String> {
        Some(Arrival::url(self).to_string())
    }
}

/// *stories*: an arrival with the deduplicator's evidence.
#[derive(Clone, PartialEq, Debug, Serialize, serde::Deserialize)]
pub struct Story {
    /// What arrived.
    pub arrival: Arrival,
    /// What the deduplicator says; none of a withdrawal.
    pub verdict: Option<Verdict>,
}

impl Message for Story {
    const BELT: Belt = Belt::Stories;
    const KIND: &'static str = "story";
    const SCHEMA: u16 = 1;

    fn message_id(&self) -> MessageId {
        arrival_id(Self::BELT, &self.arrival)
    }

    fn host(&self) -> Option<String> {
        Some(self.arrival.url().host().to_owned())
    }

    fn source(&self) -> Option<&SourceId> {
        Some(self.arrival.source())
    }

    fn article(&self) -> Option<ArticleId> {
        Some(self.arrival.id().clone())
    }

    fn url(&self) -> Option<String> {
        Some(self.arrival.url().to_string())
    }
}

/// What happened that others want to know.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeEvent {
    /// A story appeared.
    Published,
    /// A story changed.
    Updated,
    /// Something was withdrawn or taken down: whoever holds a copy removes it.
    Removed,
}

impl NoticeEvent {
    /// As in message ids and webhook bodies.
    pub fn as_str(self) -> &'static str {
        match self {
            NoticeEvent::Published => "published",
            NoticeEvent::Updated => "updated",
            NoticeEvent::Removed => "removed",
        }
    }
}

/// *notices*: tell one target one thing.
#[derive(Clone, PartialEq, Debug, Serialize, serde::Deserialize)]
pub struct Notice {
    /// The webhook's name in the settings; its address and secret are looked up there, never on a belt.
    pub target: String,
    /// What happened.
    pub event: NoticeEvent,
    /// To which story.
    pub story: StoryId,
    /// To which article.
    pub article: ArticleId,
    /// The article's address at its publisher.
    pub url: CanonicalUrl,
    /// When the change was observed: part of its name.
    pub observed_at: Timestamp,
}

impl Message for Notice {
    const BELT: Belt = Belt::Notices;
    const KIND: &'static str = "notice";
    const SCHEMA: u16 = 1;

    fn message_id(&self) -> MessageId {
        MessageId::derive(&[
            "notices",
            &self.target,
            self.event.as_str(),
            &self.article.to_string(),
            &self.observed_at.millis().to_string(),
        ])
    }

    fn article(&self) -> Option<ArticleId> {
        Some(self.article.clone())
    }

    fn url(&self) -> Option<String> {
        Some(self.url.to_string())
    }
}

/// (article, content hash, time): a withdrawal's revision is its cause.
fn arrival_id(belt: Belt, arrival: &Arrival) -> MessageId {
    let revision = match arrival {
        Arrival::Seen { article } => article.content_hash.to_string(),
        Arrival::Withdrawn { withdrawal } => withdrawal.cause.as_str().to_owned(),
    };
    MessageId::derive(&[
        belt.as_str(),
        &arrival.id().to_string(),
        &revision,
        &arrival.observed_at().millis().to_string(),
    ])
}

fn host_of(url: &str) -> Option<String> {
    url::Url::parse(url).ok()?.host_str().map(str::to_owned)
}
