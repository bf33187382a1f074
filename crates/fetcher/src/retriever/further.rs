//! Where an article's further pages come from: its host, page by page and by its rules, or what was kept of them.

use super::Retriever;
use super::refusal::{Refusal, of_fetch};
use crate::extract::Signals;
use article::{ArticleId, CanonicalUrl, Timestamp};
use queue::{Delivery, Outcome, Page};
use web::{Kind, Request, Response};

/// Whoever gets an article's further pages.
pub(crate) trait Further: Sync {
    /// The page at an address, with what its hosts reserve of it before it is read. `number` tells it from the
    /// article's other pages.
    fn page(&self, url: &CanonicalUrl, number: u32) -> impl Future<Output = Result<Turned, Refusal>> + Send;
}

/// A further page, or why the article goes on without it.
pub(crate) enum Turned {
    /// What came, or what was kept of it.
    Page(Box<Response>, Signals),
    /// For people.
    Unread(String),
}

/// Gets none: one response is all there is.
pub(crate) struct Nobody(pub(crate) &'static str);

impl Further for Nobody {
    async fn page(&self, _: &CanonicalUrl, _: u32) -> Result<Turned, Refusal> {
        Ok(Turned::Unread(self.0.to_owned()))
    }
}

/// Gets those that were kept since a time and asks nobody.
pub(super) struct Drawer<'r> {
    pub(super) retriever: &'r Retriever,
    pub(super) since: Timestamp,
}

impl Further for Drawer<'_> {
    async fn page(&self, url: &CanonicalUrl, _: u32) -> Result<Turned, Refusal> {
        Ok(match self.retriever.kept_since(&ArticleId::of(url), self.since).await? {
            Some(response) => Turned::Page(Box::new(response), Signals::default()),
            None => Turned::Unread("its bytes are not kept".to_owned()),
        })
    }
}

/// Asks their host, each page by its robots.txt and in a slot of its own, but for what an earlier delivery of the same
/// message has read already: a page that is parked for the slot of its third must not lose its place for the first two.
pub(super) struct FromHost<'r> {
    pub(super) retriever: &'r Retriever,
    pub(super) page: &'r Page,
    pub(super) delivery: &'r Delivery,
    /// Since when this message's own pages were kept, if it has been here before.
    pub(super) since: Option<Timestamp>,
}

impl Further for FromHost<'_> {
    async fn page(&self, url: &CanonicalUrl, number: u32) -> Result<Turned, Refusal> {
        match self.ask(url, number).await {
            Ok(turned) => Ok(turned),
            Err(refusal) if self.goes_on_without(&refusal) => Ok(Turned::Unread(refusal.to_string())),
            Err(refusal) => Err(refusal),
        }
    }
}

impl FromHost<'_> {
    async fn ask(&self, url: &CanonicalUrl, number: u32) -> Result<Turned, Refusal> {
        let retriever = self.retriever;
        let Some(address) = url.url() else { return Ok(Turned::Unread("an address that can't be read".to_owned())) };
        let leave = retriever.doorman.leave(&address).await?;
        if let Some(since) = self.since
            && let Some(response) = retriever.kept_since(&ArticleId::of(url), since).await?
        {
            return Ok(Turned::Page(Box::new(response), leave.reserved));
        }
        if Timestamp::now().since(self.delivery.received_at) >= retriever.reader.settings.pages_time() {
            return Err(Refusal::Unfinished { next: number });
        }
        let name = format!("{} page {number}", self.delivery.message_id.0);
        let slot = retriever.slot(&address, self.page.visit, &name, &leave.permit).await?;
        let request = Request::new(address, Kind::Page);
        let (response, reserved) = retriever.ask(slot, &request, self.page.visit, &name, leave.reserved).await?;
        match response.status {
            200..=299 => Ok(Turned::Page(Box::new(response), reserved)),
            status @ (408 | 425 | 500..) => Err(Refusal::ServerError { status }),
            status => Err(Refusal::ClientError { status }),
        }
    }

    /// Whether the article is not to wait any longer for this page: it can't be had, or has been tried often enough.
    fn goes_on_without(&self, refusal: &Refusal) -> bool {
        let settings = &self.retriever.reader.settings;
        let waited = self.delivery.waits >= settings.page_tries;
        match refusal {
            Refusal::HostBusy { .. } | Refusal::Unfinished { .. } => waited && !settings.captures,
            Refusal::SlowDown { .. } | Refusal::RobotsUnknown { .. } => waited,
            Refusal::SlotsAway(_) | Refusal::Store(_) | Refusal::Broken(_) => false,
            Refusal::ServerError { .. } => self.delivery.attempt >= settings.page_tries,
            Refusal::Fetch(error) => {
                let may_heal = matches!(of_fetch(error), Outcome::Retry { .. });
                !may_heal || self.delivery.attempt >= settings.page_tries
            }
            Refusal::TakenDown { .. }
            | Refusal::SourceAway { .. }
            | Refusal::TooOld { .. }
            | Refusal::Disallowed { .. }
            | Refusal::TooSlow { .. }
            | Refusal::Gone { .. }
            | Refusal::Unchanged
            | Refusal::ClientError { .. }
            | Refusal::Extract(_)
            | Refusal::Reserved { .. }
            | Refusal::TooLarge { .. } => true,
        }
    }
}
