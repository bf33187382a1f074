//! The retriever: one page, one look.

use super::RetrieverSettings;
use super::answer::{Answer, asks_for_rest, classify, rest};
use super::article::{fit, from_entry, from_page, hints};
use super::doorman::{Doorman, Leave};
use super::led::Led;
use super::refusal::Refusal;
use super::tdm_file::BELIEVED;
use super::watch::{is_known, last_seen, watch};
use crate::extract::{ExtractError, Extracted, PageBytes, Signals, extract, header_signals};
use article::{Arrival, Article, ArticleId, CanonicalUrl, Source, Timestamp, Withdrawal, WithdrawalCause};
use queue::{Delivery, Done, Handler, Lane, Message, Outcome, Outgoing, Page, Stage, Visit};
use std::sync::Arc;
use std::time::Instant;
use store::{Store, Validators};
use telemetry::events::pages::{ArticleWithdrawn, PageRead};
use url::Url;
use web::{Client, Headers, Kind, Permit, Politeness, Request, Response, Robots, SlotGuard};

/// Fetches the page that an entry points at and gives its article onwards: *pages* in, *articles* out.
///
/// Redelivery is harmless. Before `Done` there are two effects, a host's slot and a capture: a slot taken twice
/// costs a wait, not a second article, and a capture is keyed by its article. What is published is named by the
/// article, its text and the time of the response; the index and the store take whichever is newer. What the next
/// look needs is recorded by `then` alone, after the arrival is confirmed.
#[derive(Clone, Debug)]
pub struct Retriever {
    pub(super) store: Store,
    client: Client,
    pub(super) doorman: Arc<Doorman>,
    politeness: Arc<Politeness>,
    pub(super) settings: RetrieverSettings,
}

impl Handler for Retriever {
    const STAGE: Stage = Stage::Retriever;
    type Message = Page;

    async fn handle(&self, page: &Page, delivery: &Delivery) -> Outcome {
        match self.retrieve(page, delivery).await {
            Ok(done) => Outcome::Done(done),
            Err(refusal) => refusal.into(),
        }
    }

    async fn probe(&self) -> Result<(), String> {
        self.store.ping().await.map_err(|e| e.to_string())?;
        self.politeness.probe().await.map_err(|e| e.to_string())
    }
}

/// What a page became, and on which evidence.
pub(super) struct Look {
    pub(super) arrival: Arrival,
    pub(super) note: String,
    /// Whether the response may be kept.
    keep: bool,
    /// The response's, with the validators for the next look; none where no page was asked for.
    headers: Option<Headers>,
}

impl Retriever {
    /// A retriever over what is shared by the whole process.
    pub fn new(
        store: Store,
        client: Client,
        robots: Arc<Robots>,
        politeness: Arc<Politeness>,
        settings: RetrieverSettings,
    ) -> Self {
        let doorman = Doorman::new(client.clone(), robots, politeness.clone(), settings.tdm_file, BELIEVED);
        Self { store, client, doorman: Arc::new(doorman), politeness, settings }
    }

    /// What [`Handler::handle`] would decide now, but nothing is captured. Asks robots.txt, takes a slot and
    /// fetches, for `wireroom retrieve`.
    pub async fn preview(&self, page: &Page) -> Outcome {
        let mut dry = self.clone();
        dry.settings.captures = false;
        let now = Timestamp::now();
        let delivery = Delivery {
            message_id: page.message_id(),
            attempt: 1,
            waits: 0,
            first_seen: now,
            received_at: now,
            lane: Lane::Main,
            traceparent: None,
            replay: None,
            replays: 0,
            redelivered: false,
        };
        dry.handle(page, &delivery).await
    }

    /// Cheapest refusal first: each `?` spares the web, and us, the steps below it.
    async fn retrieve(&self, page: &Page, delivery: &Delivery) -> Result<Done, Refusal> {
        let source = self.admit(page).await?;
        if delivery.replay.is_some()
            && let Some(response) = self.kept(page).await?
        {
            match self.read_kept(page, &source, response).await {
                // Its publisher may have mended what we still can't read.
                Err(Refusal::Extract(_)) => {}
                look => return Ok(self.done(page, look?, delivery)),
            }
        }
        let unreadable = || Refusal::Gone { what: "an address that can't be read".to_owned() };
        let url = page.permalink.url().ok_or_else(unreadable)?;
        let leave = self.doorman.leave(&url).await?;
        // Where mining is reserved beforehand a first look takes nothing but what the feed says.
        if leave.reserved.reserves_mining() && page.visit == Visit::First {
            let look = self.listed(page, &source, &leave.reserved, Timestamp::now()).await?;
            return Ok(self.done(page, look, delivery));
        }
        let (response, reserved) = self.fetch(page, delivery, url, leave).await?;
        Ok(self.done(page, self.look_at(page, &source, response, reserved).await?, delivery))
    }

    /// What a response says of the page's article; kept where it may be.
    pub(super) async fn look_at(
        &self,
        page: &Page,
        source: &Source,
        response: Response,
        beforehand: Signals,
    ) -> Result<Look, Refusal> {
        let mut look = match classify(&response, &page.permalink)? {
            Answer::Gone(cause, what) => self.withdraw(page, cause, what, response.received_at).await?,
            Answer::Page => self.read(page, source, &response, beforehand).await?,
        };
        self.refuse_taken_down(&[look.arrival.id().clone()], look.arrival.url()).await?;
        if is_known(&self.store, page, &look.arrival).await? {
            return Err(Refusal::Unchanged);
        }
        look.headers = Some(response.headers.clone());
        if look.keep {
            self.capture(look.arrival.id().clone(), response).await?;
        }
        Ok(look)
    }

    /// What needs no network: takedown, source, age.
    pub(super) async fn admit(&self, page: &Page) -> Result<Source, Refusal> {
        self.refuse_taken_down(&[ArticleId::of(&page.permalink)], &page.permalink).await?;
        let away = || Refusal::SourceAway { source_id: page.source.to_string() };
        let source = self.store.source(&page.source).await?.filter(|s| !s.paused).ok_or_else(away)?;
        if page.visit == Visit::First {
            self.refuse_too_old(page.published, page.listed_at)?;
        }
        Ok(source)
    }

    async fn refuse_taken_down(&self, ids: &[ArticleId], url: &CanonicalUrl) -> Result<(), Refusal> {
        if self.store.tombstoned(ids).await?.is_empty() {
            Ok(())
        } else {
            Err(Refusal::TakenDown { url: url.to_string() })
        }
    }

    fn refuse_too_old(&self, published: Option<Timestamp>, seen: Timestamp) -> Result<(), Refusal> {
        match (published, self.settings.max_age()) {
            (Some(published), Some(window)) if published < seen.minus(window) => {
                Err(Refusal::TooOld { published, days: self.settings.max_age_days })
            }
            _ => Ok(()),
        }
    }

    /// Slot and request; with the response what the hosts on the way reserve.
    async fn fetch(
        &self,
        page: &Page,
        delivery: &Delivery,
        url: Url,
        leave: Leave,
    ) -> Result<(Response, Signals), Refusal> {
        let slot = self.slot(&url, page.visit, delivery, &leave.permit).await?;
        let led = Led::new(self, page.visit, delivery);
        let response = self.client.get_by_leave(&self.request(page, url).await?, &led).await?;
        drop(slot);
        if asks_for_rest(&response) {
            let until = self.politeness.slow_down(&response.url, response.retry_after(), Timestamp::now()).await?;
            return Err(rest(&response, until));
        }
        Ok((response, leave.reserved.and(led.reserved())))
    }

    /// Revisits take only slots that no news waits for.
    pub(super) async fn slot(
        &self,
        url: &Url,
        visit: Visit,
        delivery: &Delivery,
        permit: &Permit,
    ) -> Result<SlotGuard, Refusal> {
        let (message, delay, now) = (delivery.message_id.0.as_str(), permit.crawl_delay, Timestamp::now());
        let slot = match visit {
            Visit::First | Visit::Updated => self.politeness.reserve(url, message, delay, now).await,
            Visit::Hour | Visit::Day | Visit::Week => self.politeness.reserve_spare(url, message, delay, now).await,
        };
        Ok(slot?)
    }

    /// A revisit asks only for what changed.
    async fn request(&self, page: &Page, url: Url) -> Result<Request, Refusal> {
        let request = Request::new(url, Kind::Page);
        if page.visit == Visit::First {
            return Ok(request);
        }
        let Validators { etag, last_modified } = last_seen(&self.store, page).await?;
        Ok(request.if_changed(etag, last_modified))
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
    ) -> Result<Look, Refusal> {
        let reserved =
            beforehand.and(header_signals(&response.headers.clone().into_pairs(), Some(response.received_at)));
        if reserved.reserves_mining() {
            return self.listed(page, source, &reserved, response.received_at).await;
        }
        let started = Instant::now();
        let found = match self.extract(page, source, response).await? {
            Ok(found) => found,
            Err(error) => return Err(self.unread(page, response, &reserved, error).await),
        };
        if found.signals.reserves_mining() {
            return self.listed(page, source, &found.signals, response.received_at).await;
        }
        if page.visit == Visit::First {
            self.refuse_too_old(found.published.as_ref().map(|d| d.at), response.received_at)?;
        }
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
        let note = note(&article, &evidence, cut);
        Ok(Look { arrival: Arrival::Seen { article: Box::new(article) }, note, keep, headers: None })
    }

    /// Nothing of the text is kept: headline, author and link from the feed. Of an article that is known already
    /// it is a revision, under the same name: its text goes.
    async fn listed(
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

    /// Milliseconds of one core, so not on the threads that wait for the network.
    async fn extract(
        &self,
        page: &Page,
        source: &Source,
        response: &Response,
    ) -> Result<Result<Extracted, ExtractError>, Refusal> {
        let hints = hints(page, source);
        let response = response.clone();
        let work = move || {
            let headers = response.headers.clone().into_pairs();
            let bytes = PageBytes {
                bytes: &response.body,
                url: response.url.as_str(),
                content_type: response.headers.get("content-type"),
                headers: &headers,
                received_at: Some(response.received_at),
            };
            extract(&bytes, &hints)
        };
        tokio::task::spawn_blocking(work).await.map_err(|e| Refusal::Broken(e.to_string()))
    }

    /// What came behind the news goes on behind the news.
    fn done(&self, page: &Page, look: Look, delivery: &Delivery) -> Done {
        let lane = if delivery.lane == Lane::Later { Lane::Later } else { Lane::Main };
        let then = watch(&self.store, page, &look.arrival, look.headers.as_ref());
        Done { publish: vec![Outgoing::on(lane, &look.arrival)], then, note: look.note }
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
