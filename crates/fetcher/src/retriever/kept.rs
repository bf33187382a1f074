//! Bytes as fetched: kept for a while, and read again by a replay or by a look at what a replay would do.

use super::Retriever;
use super::handler::Look;
use super::refusal::Refusal;
use crate::extract::{ExtractError, Signals};
use article::{ArticleId, Source};
use queue::{Delivery, Done, Foresight, Outcome, Outgoing, Page, Trial, Visit};
use store::Capture;
use url::Url;
use web::Response;

impl Retriever {
    /// A response that could not be read is kept under its permalink if the fault may be ours: then it can be found
    /// and mended, and read again by a replay, without a new fetch.
    pub(super) async fn unread(
        &self,
        page: &Page,
        response: &Response,
        reserved: &Signals,
        error: ExtractError,
    ) -> Refusal {
        if !may_be_ours(&error) || reserved.forbids_keeping() {
            return error.into();
        }
        match self.capture(ArticleId::of(&page.permalink), response.clone()).await {
            Ok(()) => error.into(),
            Err(refusal) => refusal,
        }
    }

    pub(super) async fn capture(&self, article: ArticleId, response: Response) -> Result<(), Refusal> {
        if !self.settings.captures || response.body.len() > self.settings.max_capture_bytes {
            return Ok(());
        }
        let capture = Capture {
            article,
            url: response.url.to_string(),
            status: response.status,
            observed_at: response.received_at,
            body: response.body.to_vec(),
            headers: response.headers.into_pairs(),
        };
        Ok(self.store.put_capture(&capture).await?)
    }

    /// The response that this page's own fetch was given, where it was kept: that of a page that nothing could be read
    /// from. One from before the feed listed it is another fetch's, and a revisit asks for what changed since.
    pub(super) async fn kept(&self, page: &Page) -> Result<Option<Response>, Refusal> {
        match page.visit {
            Visit::First | Visit::Updated => {}
            Visit::Hour | Visit::Day | Visit::Week => return Ok(None),
        }
        let capture = self.store.capture(&ArticleId::of(&page.permalink)).await?;
        Ok(capture.filter(|c| c.observed_at >= page.listed_at).and_then(response))
    }

    /// Its host isn't asked again: what robots.txt or the TDM file forbids is neither fetched nor kept.
    pub(super) async fn read_kept(&self, page: &Page, source: &Source, response: Response) -> Result<Look, Refusal> {
        let fetched = response.received_at;
        let mut look = self.look_at(page, source, response, Signals::default()).await?;
        look.note.push_str(&format!("; read from the bytes as fetched at {}", fetched.rfc3339()));
        Ok(look)
    }

    async fn foreseen(&self, page: &Page) -> Result<Option<Done>, Refusal> {
        let source = self.admit(page).await?;
        let Some(response) = self.kept(page).await? else { return Ok(None) };
        let look = self.read_kept(page, &source, response).await?;
        Ok(Some(Done { publish: vec![Outgoing::new(&look.arrival)], then: None, note: look.note }))
    }
}

impl Foresight for Retriever {
    async fn foresee(&self, page: &Page, _: &Delivery) -> Trial {
        let mut dry = self.clone();
        dry.settings.captures = false;
        match dry.foreseen(page).await {
            Ok(Some(done)) => Trial::Would(Outcome::Done(done)),
            Ok(None) => Trial::Untried("its bytes are not kept, and only its host has others"),
            Err(refusal) => Trial::Would(refusal.into()),
        }
    }
}

/// Failures that a better extraction might not have had.
fn may_be_ours(error: &ExtractError) -> bool {
    match error {
        ExtractError::Charset { .. } | ExtractError::NoTitle | ExtractError::NoArticle { .. } => true,
        ExtractError::NotHtml(_) | ExtractError::Consent(_) | ExtractError::Blocked(_) | ExtractError::Address(_) => {
            false
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
