//! Bytes as fetched: kept for a while, and read again by a replay or by a look at what a replay would do.

use super::Retriever;
use super::doorman::Leave;
use super::further::{Drawer, Further};
use super::reader::Look;
use super::refusal::Refusal;
use crate::extract::Signals;
use article::{ArticleId, Source, Timestamp};
use queue::{Delivery, Done, Foresight, Outcome, Outgoing, Page, Trial, Visit};
use store::Capture;
use url::Url;
use web::Response;

impl Retriever {
    /// Since when bytes that were kept are this message's own: an earlier delivery's, or, for a replay, those of the
    /// fetch that it is a replay of. Ones from before the feed listed the page are another fetch's, and a revisit asks
    /// for what changed since.
    pub(super) fn kept_for(page: &Page, delivery: &Delivery) -> Option<Timestamp> {
        let replay = delivery.replay.is_some() && matches!(page.visit, Visit::First | Visit::Updated);
        let been_here = delivery.waits > 0 || delivery.attempt > 1;
        replay.then_some(page.listed_at).or(been_here.then_some(delivery.first_seen))
    }

    /// The response that was kept under a name, if it came since.
    pub(super) async fn kept_since(&self, name: &ArticleId, since: Timestamp) -> Result<Option<Response>, Refusal> {
        let capture = self.reader.store.capture(name).await?;
        Ok(capture.filter(|c| c.observed_at >= since).and_then(response))
    }

    /// The page is not asked for again, but what its hosts say today counts: what robots.txt or the TDM file has
    /// forbidden since it was fetched is not read from a drawer either.
    pub(super) async fn read_kept_by_leave(
        &self,
        page: &Page,
        source: &Source,
        response: Response,
        asked: &Url,
        leave: &Leave,
        further: &impl Further,
    ) -> Result<Look, Refusal> {
        let reserved = self.reserved_of(&response, asked, leave).await?;
        self.read_kept(page, source, response, reserved, further).await
    }

    /// What is reserved of a response by the hosts that it was asked from and came from.
    pub(super) async fn reserved_of(&self, kept: &Response, asked: &Url, leave: &Leave) -> Result<Signals, Refusal> {
        let reserved = leave.reserved.clone();
        if kept.url.host_str() == asked.host_str() {
            return Ok(reserved);
        }
        Ok(reserved.and(self.doorman.leave(&kept.url).await?.reserved))
    }

    async fn read_kept(
        &self,
        page: &Page,
        source: &Source,
        response: Response,
        reserved: Signals,
        further: &impl Further,
    ) -> Result<Look, Refusal> {
        let fetched = response.received_at;
        let mut look = self.reader.look_at(page, source, response, reserved, further).await?;
        look.note.push_str(&format!("; read from the bytes as fetched at {}", fetched.rfc3339()));
        Ok(look)
    }

    /// Asks nobody, so what its hosts have forbidden since is not in it.
    async fn foreseen(&self, page: &Page) -> Result<Option<Done>, Refusal> {
        let source = self.admit(page).await?;
        let since = match page.visit {
            Visit::First | Visit::Updated => page.listed_at,
            Visit::Hour | Visit::Day | Visit::Week => return Ok(None),
        };
        let kept = self.kept_since(&ArticleId::of(&page.permalink), since).await?;
        let Some(response) = kept else { return Ok(None) };
        let drawer = Drawer { retriever: self, since };
        let look = self.read_kept(page, &source, response, Signals::default(), &drawer).await?;
        Ok(Some(Done { publish: vec![Outgoing::new(&look.arrival)], then: None, note: look.note }))
    }
}

impl Foresight for Retriever {
    async fn foresee(&self, page: &Page, _: &Delivery) -> Trial {
        let mut dry = self.clone();
        dry.reader.settings.captures = false;
        match dry.foreseen(page).await {
            Ok(Some(done)) => Trial::Would(Outcome::Done(done)),
            Ok(None) => Trial::Untried("its bytes are not kept, and only its host has others"),
            Err(refusal) => Trial::Would(refusal.into()),
        }
    }
}

fn response(capture: Capture) -> Option<Response> {
    Some(Response {
        url: Url::parse(&capture.url).ok()?,
        redirects: Vec::new(),
        permanent_url: None,
        status: capture.status,
        headers: capture.headers.into(),
        body: capture.body.into(),
        truncated: false,
        received_at: capture.observed_at,
        not_modified: false,
    })
}
