//! Who is told what. A notice names its target; where that is and how it is signed stays in the settings.

use crate::PublisherSettings;
use article::{Arrival, ArticleId, CanonicalUrl, StoryId, Timestamp};
use queue::{Notice, NoticeEvent, Outgoing};
use store::{ArticleState, Change, StoredArticle};

/// What a change is to those who are told; `None` where a reader could see nothing of it.
pub(crate) fn event_of(change: Change) -> Option<NoticeEvent> {
    match change {
        Change::Opened | Change::Restored => Some(NoticeEvent::Published),
        Change::Joined | Change::Revised => Some(NoticeEvent::Updated),
        Change::Withdrawn => Some(NoticeEvent::Removed),
        Change::Unchanged | Change::Older | Change::TakenDown => None,
    }
}

/// What an arrival's first run must have said, judged by what is stored; `None` if what is stored is not
/// this arrival's doing.
pub(crate) fn event_again(arrival: &Arrival, stored: &StoredArticle) -> Option<NoticeEvent> {
    match arrival {
        Arrival::Withdrawn { .. } if stored.state == ArticleState::Withdrawn => Some(NoticeEvent::Removed),
        Arrival::Seen { article }
            if stored.state == ArticleState::Shown && stored.article.observed_at == article.observed_at =>
        {
            let opened = stored.revisions <= 1 && stored.story == StoryId::opened_by(&article.id);
            Some(if opened { NoticeEvent::Published } else { NoticeEvent::Updated })
        }
        Arrival::Withdrawn { .. } | Arrival::Seen { .. } => None,
    }
}

/// One notice for each webhook.
pub(crate) fn notices(
    settings: &PublisherSettings,
    event: NoticeEvent,
    story: &StoryId,
    arrival: &Arrival,
) -> Vec<Outgoing> {
    to_all(settings, event, story, arrival.id(), arrival.url(), arrival.observed_at())
}

/// What every webhook is told when a takedown was carried out, or an arrival ran into one and was erased: whoever holds
/// a copy removes it.
pub fn removal_notices(
    settings: &PublisherSettings,
    story: &StoryId,
    article: &ArticleId,
    url: &CanonicalUrl,
    executed_at: Timestamp,
) -> Vec<Outgoing> {
    to_all(settings, NoticeEvent::Removed, story, article, url, executed_at)
}

fn to_all(
    settings: &PublisherSettings,
    event: NoticeEvent,
    story: &StoryId,
    article: &ArticleId,
    url: &CanonicalUrl,
    observed_at: Timestamp,
) -> Vec<Outgoing> {
    let notice = |target: &str| Notice {
        target: target.to_owned(),
        event,
        story: story.clone(),
        article: article.clone(),
        url: url.clone(),
        observed_at,
    };
    settings.webhooks.iter().map(|w| Outgoing::new(&notice(&w.name))).collect()
}
