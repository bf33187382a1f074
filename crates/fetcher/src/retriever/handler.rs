//! The retriever: one page, one look.

use super::RetrieverSettings;
use super::answer::{asks_for_rest, rest};
use super::doorman::{Doorman, Leave};
use super::further::FromHost;
use super::led::Led;
use super::reader::{Look, Reader};
use super::refusal::Refusal;
use super::tdm_file::BELIEVED;
use super::watch::{last_seen, watch};
use crate::extract::Signals;
use article::{ArticleId, Source, Timestamp};
use queue::{Delivery, Done, Handler, Lane, Message, Outcome, Outgoing, Page, Stage, Visit};
use std::sync::Arc;
use store::{Store, Validators};
use url::Url;
use web::{Client, Kind, Permit, Politeness, Request, Response, Robots, SlotGuard};

/// Fetches the page that an entry points at and gives its article onwards: *pages* in, *articles* out.
///
/// Redelivery is harmless. Before `Done` there are two effects, a host's slot and a capture: a slot taken twice
/// costs a wait, not a second article, and a capture is keyed by its article. What is published is named by the
/// article, its text and the time of the response; the index and the store take whichever is newer. What the next
/// look needs is recorded by `then` alone, after the arrival is confirmed.
#[derive(Clone, Debug)]
pub struct Retriever {
    pub(super) reader: Reader,
    pub(super) client: Client,
    pub(super) doorman: Arc<Doorman>,
    pub(super) politeness: Arc<Politeness>,
}

impl Handler for Retriever {
    const STAGE: Stage = Stage::Retriever;
    type Message = Page;

    async fn handle(&self, page: &Page, delivery: &Delivery) -> Outcome {
        match self.retrieve(page, delivery).await {
            Ok(done) => Outcome::Done(done),
            Err(refusal) => refusal.patient(delivery.waits, Timestamp::now()).into(),
        }
    }

    async fn probe(&self) -> Result<(), String> {
        self.reader.store.ping().await.map_err(|e| e.to_string())?;
        self.politeness.probe().await.map_err(|e| e.to_string())
    }
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
        Self { reader: Reader { store, settings }, client, doorman: Arc::new(doorman), politeness }
    }

    /// What [`Handler::handle`] would decide now, but nothing is captured. Asks robots.txt, takes a slot and
    /// fetches, for `wireroom retrieve`.
    pub async fn preview(&self, page: &Page) -> Outcome {
        let mut dry = self.clone();
        dry.reader.settings.captures = false;
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

    /// What an address answers before any source lists it, with what the hosts on the way reserve: by its host's
    /// leave and in its slot, as for news. Nothing is kept.
    pub async fn look_in(&self, url: Url) -> Result<(Response, Signals), Refusal> {
        let leave = self.doorman.leave(&url).await?;
        let name = format!("preview {url}");
        let slot = self.slot(&url, Visit::First, &name, &leave.permit).await?;
        self.ask(slot, &Request::new(url, Kind::Page), Visit::First, &name, leave.reserved).await
    }

    /// Cheapest refusal first: each `?` spares the web, and us, the steps below it.
    async fn retrieve(&self, page: &Page, delivery: &Delivery) -> Result<Done, Refusal> {
        let source = self.admit(page).await?;
        let unreadable = || Refusal::Gone { what: "an address that can't be read".to_owned() };
        let url = page.permalink.url().ok_or_else(unreadable)?;
        let leave = self.doorman.leave(&url).await?;
        // Where mining is reserved beforehand a first look takes nothing but what the feed says.
        if leave.reserved.reserves_mining() && page.visit == Visit::First {
            let look = self.reader.listed(page, &source, &leave.reserved, Timestamp::now()).await?;
            return Ok(self.done(page, look, delivery));
        }
        let since = Self::kept_for(page, delivery);
        let further = FromHost { retriever: self, page, delivery, since };
        let kept = match since {
            Some(since) => self.kept_since(&ArticleId::of(&page.permalink), since).await?,
            None => None,
        };
        if delivery.replay.is_some()
            && let Some(response) = &kept
        {
            match self.read_kept_by_leave(page, &source, response.clone(), &url, &leave, &further).await {
                // Its publisher may have mended what we still can't read.
                Err(Refusal::Extract(_)) => {}
                look => return Ok(self.done(page, look?, delivery)),
            }
        }
        // What an earlier delivery of this message has read is not asked for again: it has lost its place for it.
        let fetched = match kept.filter(|_| delivery.replay.is_none()) {
            Some(response) => {
                let reserved = self.reserved_of(&response, &url, &leave).await?;
                (response, reserved)
            }
            None => self.fetch(page, delivery, url, leave).await?,
        };
        let (response, reserved) = self.original(page, delivery, fetched).await?;
        Ok(self.done(page, self.reader.look_at(page, &source, response, reserved, &further).await?, delivery))
    }

    /// What needs no network: takedown, source, age.
    pub(super) async fn admit(&self, page: &Page) -> Result<Source, Refusal> {
        self.reader.refuse_taken_down(&[ArticleId::of(&page.permalink)], &page.permalink).await?;
        let away = || Refusal::SourceAway { source_id: page.source.to_string() };
        let source = self.reader.store.source(&page.source).await?.filter(|s| !s.paused).ok_or_else(away)?;
        if page.visit == Visit::First {
            self.reader.refuse_too_old(page.published, page.listed_at)?;
        }
        Ok(source)
    }

    /// Slot and request; with the response what the hosts on the way reserve.
    async fn fetch(
        &self,
        page: &Page,
        delivery: &Delivery,
        url: Url,
        leave: Leave,
    ) -> Result<(Response, Signals), Refusal> {
        let name = &delivery.message_id.0;
        let slot = self.slot(&url, page.visit, name, &leave.permit).await?;
        let request = self.request(page, url).await?;
        self.ask(slot, &request, page.visit, name, leave.reserved).await
    }

    /// A request in its slot, led on by the leave of each host on the way; with the response what they and the first
    /// one (`reserved`) reserve. A host that asks for rest is given it by all.
    pub(super) async fn ask(
        &self,
        slot: SlotGuard,
        request: &Request,
        visit: Visit,
        name: &str,
        reserved: Signals,
    ) -> Result<(Response, Signals), Refusal> {
        let led = Led::new(self, visit, name);
        let response = self.client.get_by_leave(request, slot, &led).await?;
        if asks_for_rest(&response) {
            let until = self.politeness.slow_down(&response.url, response.retry_after(), Timestamp::now()).await?;
            return Err(rest(&response, until));
        }
        Ok((response, reserved.and(led.reserved())))
    }

    /// A slot for a request that has a name: asked again under it, it is the same. Revisits take only slots that no news
    /// waits for.
    pub(super) async fn slot(
        &self,
        url: &Url,
        visit: Visit,
        name: &str,
        permit: &Permit,
    ) -> Result<SlotGuard, Refusal> {
        let (delay, now) = (permit.crawl_delay, Timestamp::now());
        let slot = match visit {
            Visit::First | Visit::Updated => self.politeness.reserve(url, name, delay, now).await,
            Visit::Hour | Visit::Day | Visit::Week => self.politeness.reserve_spare(url, name, delay, now).await,
        };
        Ok(slot?)
    }

    /// A revisit asks only for what changed.
    async fn request(&self, page: &Page, url: Url) -> Result<Request, Refusal> {
        let request = Request::new(url, Kind::Page);
        if page.visit == Visit::First {
            return Ok(request);
        }
        let Validators { etag, last_modified } = last_seen(&self.reader.store, page).await?;
        Ok(request.if_changed(etag, last_modified))
    }

    /// What came behind the news goes on behind the news.
    fn done(&self, page: &Page, look: Look, delivery: &Delivery) -> Done {
        let lane = if delivery.lane == Lane::Later { Lane::Later } else { Lane::Main };
        let then = watch(&self.reader.store, page, &look.arrival, look.headers.as_ref());
        Done { publish: vec![Outgoing::on(lane, &look.arrival)], then, note: look.note }
    }
}
