//! What a response says of its page: an article, headline and link alone, a withdrawal, or nothing.

use super::RetrieverSettings;
use super::answer::{Answer, classify};
use super::article::{fit, from_entry, from_page, hints, narrowed};
use super::further::Further;
use super::pages::Pages;
use super::refusal::Refusal;
use super::watch::is_known;
use crate::extract::{ExtractError, Extracted, Signals, header_signals};
use article::{Arrival, Article, ArticleId, CanonicalUrl, Carry, Source, Timestamp, Withdrawal, WithdrawalCause};
use queue::{Page, Visit};
use std::collections::BTreeSet;
use std::time::Instant;
use store::{ArticleState, Capture, Store};
use telemetry::events::pages::{ArticleWithdrawn, PageRead};
use web::{Headers, Response};

/// Reads responses, wherever they come from: the network, a capture, an archive. Asks nobody but the store.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    pub(crate) store: Store,
    pub(crate) settings: RetrieverSettings,
}

/// What a page became, and on which evidence.
pub(crate) struct Look {
    pub(crate) arrival: Arrival,
    pub(crate) note: String,
    /// Whether the response may be kept.
    keep: bool,
    /// The response's, with the validators for the next look; none where no page was asked for.
    pub(crate) headers: Option<Headers>,
}

impl Reader {
    /// What a response says of the page's article, with what its further pages say; kept where it may be.
    pub(crate) async fn look_at(
        &self,
        page: &Page,
        source: &Source,
        response: Response,
        beforehand: Signals,
        further: &impl Further,
    ) -> Result<Look, Refusal> {
        if response.not_modified {
            return self.unmodified(page, &response).await;
        }
        let mut look = match classify(&response, &page.permalink)? {
            Answer::Gone(cause, what) => self.withdraw(page, cause, what, response.received_at).await?,
            Answer::Page => self.read(page, source, &response, beforehand, further).await?,
        };
        self.refuse_taken_down(&[look.arrival.id().clone()], look.arrival.url()).await?;
        if is_known(&self.store, page, &look.arrival).await? {
            return Err(Refusal::Unchanged);
        }
        look.headers = Some(response.headers.clone());
        match &look.arrival {
            Arrival::Seen { article } if look.keep => self.capture(article.id.clone(), None, response).await?,
            // What was kept of it while it might be may no longer.
            Arrival::Seen { article } => {
                for id in BTreeSet::from([article.id.clone(), ArticleId::of(&page.permalink)]) {
                    self.store.forget_capture(&id).await?;
                }
            }
            Arrival::Withdrawn { .. } => {}
        }
        Ok(look)
    }

    pub(crate) async fn refuse_taken_down(&self, ids: &[ArticleId], url: &CanonicalUrl) -> Result<(), Refusal> {
        if self.store.tombstoned(ids).await?.is_empty() {
            Ok(())
        } else {
            Err(Refusal::TakenDown { url: url.to_string() })
        }
    }

    pub(crate) fn refuse_too_old(&self, published: Option<Timestamp>, seen: Timestamp) -> Result<(), Refusal> {
        match (published, self.settings.max_age()) {
            (Some(published), Some(window)) if published < seen.minus(window) => {
                Err(Refusal::TooOld { published, days: self.settings.max_age_days })
            }
            _ => Ok(()),
        }
    }

    /// What is as it was may be reserved since: a 304 has headers too, and servers add theirs to it.
    async fn unmodified(&self, page: &Page, response: &Response) -> Result<Look, Refusal> {
        let signals = header_signals(&response.headers.clone().into_pairs(), Some(response.received_at));
        let known = self.store.article_by_url(page.permalink.as_str()).await?;
        let known = known.filter(|k| k.state == ArticleState::Shown).ok_or(Refusal::Unchanged)?.article;
        let mut rights = known.rights.clone();
        for signal in &signals.against {
            rights.narrow(Carry::Headline, signal.reason);
        }
        if rights == known.rights {
            return Err(Refusal::Unchanged);
        }
        self.store.forget_capture(&known.id).await?;
        let words: Vec<&str> = signals.against.iter().map(|s| s.evidence.as_str()).collect();
        let note = format!("not modified, but its headers say {}", words.join(", "));
        let article = Box::new(narrowed(&known, rights, response.received_at));
        let headers = Some(response.headers.clone());
        Ok(Look { arrival: Arrival::Seen { article }, note, keep: false, headers })
    }

    /// The article that was known at this address is withdrawn by its publisher.
    async fn withdraw(
        &self,
        page: &Page,
        cause: WithdrawalCause,
        what: String,
        observed_at: Timestamp,
    ) -> Result<Look, Refusal> {
        if page.visit == Visit::First {
            return Err(Refusal::Gone { what });
        }
        let Some(known) = self.store.article_by_url(page.permalink.as_str()).await? else {
            return Err(Refusal::Gone { what });
        };
        ArticleWithdrawn { source: &page.source.to_string(), url: known.article.url.as_str(), cause: cause.as_str() }
            .emit();
        let withdrawal = Withdrawal {
            id: known.article.id,
            url: known.article.url,
            source: page.source.clone(),
            observed_at,
            cause,
        };
        let note = format!("withdrawn by its publisher: {what} at the {} visit", page.visit.as_str());
        Ok(Look { arrival: Arrival::Withdrawn { withdrawal }, note, keep: false, headers: None })
    }

    /// Extraction, and what of its result may be carried.
    async fn read(
        &self,
        page: &Page,
        source: &Source,
        response: &Response,
        beforehand: Signals,
        further: &impl Further,
    ) -> Result<Look, Refusal> {
        let reserved =
            beforehand.and(header_signals(&response.headers.clone().into_pairs(), Some(response.received_at)));
        if reserved.reserves_mining() {
            return self.listed(page, source, &reserved, response.received_at).await;
        }
        let started = Instant::now();
        let mut found = match self.extract(hints(page, source), response).await? {
            Ok(found) => found,
            Err(error) => return Err(self.unread(page, response, &reserved, error).await),
        };
        if found.signals.reserves_mining() {
            return self.listed(page, source, &found.signals, response.received_at).await;
        }
        if page.visit == Visit::First {
            self.refuse_too_old(found.published.as_ref().map(|d| d.at), response.received_at)?;
        }
        let pages = match self.join_pages(page, source, &mut found, further).await {
            Ok(Pages { reserved: Some(reserved), .. }) => {
                self.store.forget_capture(&ArticleId::of(&found.url)).await?;
                return self.listed(page, source, &reserved, response.received_at).await;
            }
            Ok(pages) => pages,
            Err(later) => {
                self.keep_first(page, &found, response).await?;
                return Err(later);
            }
        };
        let (keep, evidence, words) = (!found.signals.forbids_keeping(), evidence(&found), found.words());
        let mut article = from_page(page, source, found, response.received_at);
        let cut = fit(&mut article, self.settings.max_message_bytes)?;
        PageRead {
            source: &page.source.to_string(),
            url: article.url.as_str(),
            carry: article.rights.carry.as_str(),
            reason: article.rights.reason.as_str(),
            words,
            seconds: started.elapsed().as_secs_f64(),
            cut,
        }
        .emit();
        let note = note(&article, &evidence, cut) + &pages.note;
        Ok(Look { arrival: Arrival::Seen { article: Box::new(article) }, note, keep, headers: None })
    }

    /// Nothing of the text is kept: headline, author and link from the feed. Of an article that is known already
    /// it is a revision, under the same name: its text goes.
    pub(crate) async fn listed(
        &self,
        page: &Page,
        source: &Source,
        signals: &Signals,
        observed_at: Timestamp,
    ) -> Result<Look, Refusal> {
        let known = self.store.article_by_url(page.permalink.as_str()).await?;
        let url = known.map_or_else(|| page.permalink.clone(), |k| k.article.url);
        let article = from_entry(page, source, url, signals, observed_at)?;
        let reserving = signals.against.iter().find(|s| s.reason.reserves_mining());
        let why = reserving.map(|s| s.evidence.as_str()).unwrap_or_default();
        let note = format!("listed from its feed entry: text mining is reserved ({why})");
        Ok(Look { arrival: Arrival::Seen { article: Box::new(article) }, note, keep: false, headers: None })
    }

    /// A response that could not be read is kept under its permalink if the fault may be ours: then it can be found
    /// and mended, and read again by a replay, without a new fetch.
    async fn unread(&self, page: &Page, response: &Response, reserved: &Signals, error: ExtractError) -> Refusal {
        if !may_be_ours(&error) || reserved.forbids_keeping() {
            return error.into();
        }
        match self.capture(ArticleId::of(&page.permalink), None, response.clone()).await {
            Ok(()) => error.into(),
            Err(refusal) => refusal,
        }
    }

    pub(super) async fn capture(
        &self,
        article: ArticleId,
        part_of: Option<ArticleId>,
        response: Response,
    ) -> Result<(), Refusal> {
        if !self.settings.captures || response.body.len() > self.settings.max_capture_bytes {
            return Ok(());
        }
        let capture = Capture {
            article,
            part_of,
            url: response.url.to_string(),
            status: response.status,
            observed_at: response.received_at,
            body: response.body.to_vec(),
            headers: response.headers.into_pairs(),
        };
        Ok(self.store.put_capture(&capture).await?)
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

/// For `explain`: where each field came from.
fn evidence(found: &Extracted) -> String {
    let fields: Vec<String> = found.because.iter().map(|b| format!("{:?} from {}", b.field, b.detail)).collect();
    let signals: Vec<&str> = found.signals.against.iter().map(|s| s.evidence.as_str()).collect();
    let signals = if signals.is_empty() { "none against carrying".to_owned() } else { signals.join(", ") };
    format!("{}; signals: {signals}", fields.join(", ").to_lowercase())
}

fn note(article: &Article, evidence: &str, cut: usize) -> String {
    let rights = &article.rights;
    let mut note = format!(
        "carried: {} ({}); {} blocks; {evidence}",
        rights.carry.as_str(),
        rights.reason.as_str(),
        article.blocks.len()
    );
    if cut > 0 {
        note.push_str(&format!("; its last {cut} blocks were cut, the message was too large"));
    }
    note
}
