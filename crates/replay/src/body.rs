//! A letter's body as the message it was.

use article::{Arrival, ArticleId};
use queue::{Belt, Message, MessageId, Notice, NoticeEvent, Page, Poll, Stage, Story};
use serde::de::DeserializeOwned;

/// A message of one of the belts.
#[derive(Debug)]
pub(crate) enum Body {
    Poll(Poll),
    Page(Box<Page>),
    Arrival(Box<Arrival>),
    Story(Box<Story>),
    Notice(Box<Notice>),
}

impl Body {
    /// Reads what lay before `stage`. The words are for people.
    pub(crate) fn read(stage: Stage, kind: &str, schema: u16, body: &[u8]) -> Result<Self, String> {
        Ok(match stage.belt() {
            Belt::Feeds => Body::Poll(read(kind, schema, body)?),
            Belt::Pages => Body::Page(Box::new(read(kind, schema, body)?)),
            Belt::Articles => Body::Arrival(Box::new(read(kind, schema, body)?)),
            Belt::Stories => Body::Story(Box::new(read(kind, schema, body)?)),
            Belt::Notices => Body::Notice(Box::new(read(kind, schema, body)?)),
        })
    }

    /// The name it has by what it says now.
    pub(crate) fn message_id(&self) -> MessageId {
        match self {
            Body::Poll(m) => m.message_id(),
            Body::Page(m) => m.message_id(),
            Body::Arrival(m) => m.message_id(),
            Body::Story(m) => m.message_id(),
            Body::Notice(m) => m.message_id(),
        }
    }

    /// The host it is about.
    pub(crate) fn host(&self) -> Option<String> {
        match self {
            Body::Poll(m) => m.host(),
            Body::Page(m) => m.host(),
            Body::Arrival(m) => m.host(),
            Body::Story(m) => m.host(),
            Body::Notice(m) => m.host(),
        }
    }

    /// The article that it would bring to readers. None for what takes something from them: withdrawals
    /// and notices of removal go on whatever their age and whatever was taken down.
    pub(crate) fn brings(&self) -> Option<ArticleId> {
        match self {
            Body::Poll(_) => None,
            Body::Page(page) => page.article(),
            Body::Arrival(arrival) => seen(arrival),
            Body::Story(story) => seen(&story.arrival),
            Body::Notice(notice) if notice.event == NoticeEvent::Removed => None,
            Body::Notice(notice) => Some(notice.article.clone()),
        }
    }

    /// Whether it is news, which grows old.
    pub(crate) fn is_news(&self) -> bool {
        matches!(self, Body::Poll(_)) || self.brings().is_some()
    }
}

fn seen(arrival: &Arrival) -> Option<ArticleId> {
    match arrival {
        Arrival::Seen { article } => Some(article.id.clone()),
        Arrival::Withdrawn { .. } => None,
    }
}

fn read<M: Message + DeserializeOwned>(kind: &str, schema: u16, body: &[u8]) -> Result<M, String> {
    if kind != M::KIND {
        return Err(format!("“{kind}” is not what travels on {}: that is “{}”", M::BELT.as_str(), M::KIND));
    }
    if schema > M::SCHEMA {
        return Err(format!("schema {schema} of “{kind}” is newer than this release's {}", M::SCHEMA));
    }
    serde_json::from_slice(body).map_err(|e| e.to_string())
}
