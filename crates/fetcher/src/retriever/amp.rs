//! An AMP page is a copy of its article, often without half of it: the article's own page is read instead.

use super::Retriever;
use super::pages::aside;
use super::refusal::Refusal;
use crate::extract::{Hints, Signals, original_of_amp};
use queue::{Delivery, Page};
use url::Url;
use web::{Kind, Request, Response};

impl Retriever {
    /// The page that an AMP page is made of, if that is what came and it can be had; else what came. One step only:
    /// what the other page calls canonical is its own matter.
    pub(super) async fn original(
        &self,
        page: &Page,
        delivery: &Delivery,
        (response, reserved): (Response, Signals),
    ) -> Result<(Response, Signals), Refusal> {
        let Some(original) = original(&response).await? else { return Ok((response, reserved)) };
        match self.fetch_original(page, delivery, original).await {
            Ok((there, more)) if there.is_success() => Ok((there, reserved.and(more))),
            // Its server has a fault of its own; the copy is better than nothing.
            Ok(_) | Err(Refusal::Fetch(_)) => Ok((response, reserved)),
            // Not now: the copy is kept meanwhile, else each delivery would lose the original's place for it.
            Err(refusal) => {
                if let Ok(found) = self.reader.extract(Hints::default(), &response).await?
                    && !reserved.forbids_keeping()
                {
                    self.reader.keep_first(page, &found, &response).await?;
                }
                Err(refusal)
            }
        }
    }

    /// As any page: by its robots.txt, and in a slot of its own.
    async fn fetch_original(&self, page: &Page, delivery: &Delivery, url: Url) -> Result<(Response, Signals), Refusal> {
        let leave = self.doorman.leave(&url).await?;
        // A name has one slot at a host, and the AMP page's is used.
        let name = format!("{} original", delivery.message_id.0);
        let slot = self.slot(&url, page.visit, &name, &leave.permit).await?;
        self.ask(slot, &Request::new(url, Kind::Page), page.visit, &name, leave.reserved).await
    }
}

/// Where the page that this AMP page is made of is.
async fn original(response: &Response) -> Result<Option<Url>, Refusal> {
    if !response.is_success() {
        return Ok(None);
    }
    aside(response, |page| original_of_amp(page).and_then(|url| url.url())).await
}
