//! From what a feed lists to the pages that are fetched.

use super::PollerSettings;
use super::permalink::Listed;
use crate::feed::{Entry, ParsedFeed};
use article::{ArticleId, Timestamp};
use queue::{Page, Poll, Visit};
use std::time::Duration;
use store::{EntryKey, EntryStatus, FeedState};

/// What a poll's entries come to.
#[derive(Debug, Default)]
pub(super) struct Selection {
    /// To be fetched, in the feed's order.
    pub(super) pages: Vec<Page>,
    /// To be marked as seen: what is fetched, what was seen before, what is too old.
    pub(super) seen: Vec<EntryKey>,
    /// How many are new.
    pub(super) new: u32,
    /// How many are updated.
    pub(super) updated: u32,
    /// New or updated, and left for the next poll.
    pub(super) left: usize,
    /// New, but older than news.
    pub(super) old: u32,
}

/// The key by which the store knows an entry.
///
/// A date of change within the last minute before the response is not believed: some feeds stamp every entry
/// with the time of asking, and each poll would fetch all of them. A true one is a minute old at the next poll.
pub(super) fn key(listed: &Listed<'_>, listed_at: Timestamp) -> EntryKey {
    let settled = listed_at.minus(Duration::from_secs(60));
    EntryKey { article: ArticleId::of(&listed.permalink), updated: listed.entry.updated.filter(|u| *u <= settled) }
}

/// Decides what is fetched. `keys` and `statuses` belong to `listed`, one each.
pub(super) fn select(
    listed: &[Listed<'_>],
    keys: Vec<EntryKey>,
    statuses: &[EntryStatus],
    around: &Around<'_>,
) -> Selection {
    let settings = around.settings;
    let first_poll = around.state.last_success.is_none();
    let mut selection = Selection::default();
    let mut wanted: Vec<(usize, Visit)> = Vec::new();
    for (i, status) in statuses.iter().enumerate().take(listed.len()) {
        match status {
            EntryStatus::New if too_old(listed[i].entry, around) => selection.old += 1,
            EntryStatus::New => wanted.push((i, Visit::First)),
            EntryStatus::Updated => wanted.push((i, Visit::Updated)),
            EntryStatus::Seen => {}
        }
    }
    let room = if first_poll { settings.first_poll_pages } else { settings.pages_per_poll };
    let mut unread = vec![false; listed.len()];
    if wanted.len() > room {
        // Newest first; what has no date keeps the feed's order behind what has one.
        wanted.sort_by_key(|(i, _)| (std::cmp::Reverse(listed[*i].entry.published.or(listed[*i].entry.updated)), *i));
        for (i, _) in wanted.drain(room..) {
            // On a first poll the rest is archive; later it is news that has to wait.
            if !first_poll {
                unread[i] = true;
                selection.left += 1;
            }
        }
        wanted.sort_by_key(|(i, _)| *i);
    }
    for (i, visit) in wanted {
        match visit {
            Visit::Updated => selection.updated += 1,
            Visit::First | Visit::Hour | Visit::Day | Visit::Week => selection.new += 1,
        }
        selection.pages.push(page(&listed[i], &keys[i], visit, around));
    }
    selection.seen = keys.into_iter().zip(unread).filter(|(_, unread)| !unread).map(|(key, _)| key).collect();
    selection
}

/// What is the same for all entries of a poll.
pub(super) struct Around<'p> {
    pub(super) poll: &'p Poll,
    pub(super) state: &'p FeedState,
    pub(super) feed: &'p ParsedFeed,
    pub(super) listed_at: Timestamp,
    pub(super) settings: &'p PollerSettings,
}

fn too_old(entry: &Entry, around: &Around<'_>) -> bool {
    let days = around.settings.max_age_days;
    // An old article that was changed lately is news again.
    let date = entry.published.max(entry.updated);
    days > 0 && date.is_some_and(|d| around.listed_at.since(d) > Duration::from_secs(days * 86_400))
}

fn page(listed: &Listed<'_>, key: &EntryKey, visit: Visit, around: &Around<'_>) -> Page {
    let entry = listed.entry;
    Page {
        feed: Some(around.poll.feed.clone()),
        source: around.state.source.clone(),
        permalink: listed.permalink.clone(),
        guid: entry.id.clone(),
        title: entry.title.clone(),
        summary: entry.summary.clone(),
        authors: entry.authors.clone(),
        categories: entry.categories.clone(),
        published: entry.published,
        updated: if visit == Visit::Updated { key.updated } else { entry.updated },
        language: entry.language.clone().or_else(|| around.feed.language.clone()),
        section: around.state.section,
        listed_at: around.listed_at,
        visit,
    }
}
