//! A publisher that turns to no by its pages' own headers or tags: nobody can know of the older pages without asking
//! for them. Where its newest ones all say the same no, those from before are looked at again, each for itself.

use super::Rejudge;
use crate::round::{self, RoundError};
use article::{Article, Carry, CarryReason, SourceId, Timestamp};
use queue::{Belt, Lane, Outgoing, Page, Visit};
use std::collections::BTreeSet;
use std::time::Duration;
use store::{StoredArticle, Validators};
use telemetry::events::rejudge::LookedAtAgain;

/// What these passes' names begin with in the store.
const NAME: &str = "turned";

/// Publishers looked at in one round.
const AT_ONCE: u32 = 50;

/// When a publisher that turned is looked at from the beginning again, if it still carries something: what was free by
/// itself the last time is left alone for so long.
const AFRESH: Duration = Duration::from_secs(30 * 86_400);

/// A publisher's articles at one host.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Shelf {
    source: SourceId,
    host: String,
}

impl Shelf {
    pub(super) fn of(article: &Article) -> Self {
        Self { source: article.source.clone(), host: article.url.host().to_owned() }
    }

    fn name(&self) -> String {
        format!("{NAME} {} {}", self.source, self.host)
    }

    fn from_name(name: &str) -> Option<Self> {
        let (source, host) = name.strip_prefix(NAME)?.trim_start().split_once(' ')?;
        Some(Self { source: SourceId::from_name(source), host: host.to_owned() })
    }
}

impl Rejudge {
    /// Looks again at what is carried of publishers that have turned to no. Pages are sent before they are marked as
    /// sent; a death between the two sends them again. Returns how many.
    pub async fn look_again(&self, now: Timestamp) -> Result<usize, RoundError> {
        if !self.queue.has_room(Belt::Pages).await {
            return Ok(0);
        }
        let mut looks = 0;
        for name in self.store.passes_under_way(NAME, now, AT_ONCE).await? {
            if let Some(shelf) = Shelf::from_name(&name) {
                looks += self.look_at(&shelf, now).await?;
            }
        }
        Ok(looks)
    }

    /// Begins with those of a batch whose newest articles say no.
    pub(super) async fn begin_to_look(&self, shelves: BTreeSet<Shelf>, now: Timestamp) -> Result<(), RoundError> {
        for shelf in shelves {
            if self.has_turned(&shelf).await? {
                self.look_at(&shelf, now).await?;
            }
        }
        Ok(())
    }

    async fn has_turned(&self, shelf: &Shelf) -> Result<bool, RoundError> {
        let enough = self.settings.turned_after;
        if enough == 0 {
            return Ok(false);
        }
        let newest = self.store.newest_at(&shelf.source, &shelf.host, enough).await?;
        let reasons: Vec<Option<CarryReason>> = newest.iter().map(|s| own_no(&s.article)).collect();
        let all_the_same = reasons.iter().all(|r| r.is_some() && *r == reasons[0]);
        Ok(reasons.len() >= enough as usize && all_the_same)
    }

    async fn look_at(&self, shelf: &Shelf, now: Timestamp) -> Result<usize, RoundError> {
        let name = shelf.name();
        let Some(pass) = self.store.claim_pass(&name, now, self.settings.lease()).await? else { return Ok(0) };
        let after = pass.after.as_ref();
        let batch = self.store.carried_at(&shelf.source, &shelf.host, after, self.settings.looks).await?;
        if let Err(error) = self.ask_again(&batch).await {
            self.store.release_pass(&name).await?;
            return Err(error);
        }
        let last = batch.last().map(|s| &s.article.id);
        let due = now.plus(if last.is_some() { self.settings.looks_every() } else { AFRESH });
        self.store.advance_pass(&name, &pass, last, due).await?;
        if !batch.is_empty() {
            LookedAtAgain { source: shelf.source.as_str(), host: &shelf.host, articles: batch.len() }.emit();
        }
        Ok(batch.len())
    }

    /// Asked for in full: a page that is as it was answers without its tags.
    async fn ask_again(&self, batch: &[StoredArticle]) -> Result<(), RoundError> {
        let mut pages = Vec::with_capacity(batch.len());
        for stored in batch {
            let id = &stored.article.id;
            let known = self.store.watched_page(id).await?.and_then(|p| serde_json::from_str::<Page>(&p).ok());
            let page = Page { visit: Visit::Week, ..known.unwrap_or_else(|| page(stored)) };
            self.store.watch_on(id, None, &Validators::default()).await?;
            pages.push(Outgoing::on(Lane::Later, &page));
        }
        round::send(&self.queue, "the looks at older articles", pages, self.settings.publish_timeout()).await
    }
}

/// The no that a page gave by itself; one that its host's files gave holds for the older ones already, and a wall says
/// nothing of them.
fn own_no(article: &Article) -> Option<CarryReason> {
    let own = match article.rights.reason {
        CarryReason::NoArchive
        | CarryReason::NoIndex
        | CarryReason::NoSnippet
        | CarryReason::TdmReserved
        | CarryReason::ContentUsage => true,
        CarryReason::Source
        | CarryReason::NotFree
        | CarryReason::Paywall
        | CarryReason::UnavailableAfter
        | CarryReason::Robots
        | CarryReason::PrimaryNotFree => false,
    };
    (own && article.rights.carry == Carry::Headline).then_some(article.rights.reason)
}

/// The page of an article that is watched no more.
fn page(stored: &StoredArticle) -> Page {
    let article = &stored.article;
    Page {
        feed: article.feed.clone(),
        source: article.source.clone(),
        permalink: article.url.clone(),
        guid: None,
        title: Some(article.title.clone()),
        summary: None,
        authors: article.authors.clone(),
        categories: Vec::new(),
        published: article.published,
        updated: None,
        language: article.language.clone(),
        section: Some(article.section),
        listed_at: stored.first_seen,
        visit: Visit::Week,
    }
}
