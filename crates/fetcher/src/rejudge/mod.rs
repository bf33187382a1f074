//! Opting out reaches back: all that is carried with its text is judged again, pass after pass, and a text whose
//! publisher set it a time goes at that time.

mod judge;
mod settings;
mod turned;

pub use settings::RejudgeSettings;

use crate::looks::Looks;
use crate::retriever::{Doorman, without_text};
use crate::round::{self, RoundError};
use article::{Arrival, Article, ArticleId, Source, SourceId, Timestamp};
use futures_util::{StreamExt, TryStreamExt, stream};
use judge::{Narrower, judge};
use queue::{Belt, Lane, Message, Outgoing, Page, Queue};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use store::{DecisionRow, Store, StoreError, StoredArticle, Validators};
use telemetry::events::rejudge::{ArticleNarrowed, JudgingHeld, PassEnded};
use tokio_util::sync::CancellationToken;
use turned::Shelf;
use web::{Client, Politeness, Robots};

/// The pass's name in the store, and the stage that `explain` shows.
const NAME: &str = "rejudge";

/// Judges again what is on the site, without fetching a page, and sends what may be carried less of down the
/// articles belt as a newer sighting of the same article. Only of a publisher whose newest pages all say no by
/// themselves older ones are asked for, as revisits.
///
/// A batch is marked as done only after its arrivals are confirmed; a death before that does it again, and a
/// sighting that says the same a second time changes nothing.
#[derive(Debug)]
pub struct Rejudge {
    store: Store,
    queue: Queue,
    doorman: Doorman,
    settings: RejudgeSettings,
}

/// What a round did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Round {
    /// So many articles were judged, and of so many less is carried now.
    Judged {
        /// Articles of the batch.
        articles: usize,
        /// Those that were sent on.
        narrowed: usize,
    },
    /// The pass is at its end, or somebody else is at it.
    Nothing,
    /// The articles belt has no room.
    Held,
}

impl Rejudge {
    /// With what it needs. `robots` should believe a file no longer than [`RejudgeSettings::every`]; `tdm_file`
    /// says whether TDM files are asked for.
    pub fn new(
        store: Store,
        queue: Queue,
        client: Client,
        robots: Arc<Robots>,
        politeness: Arc<Politeness>,
        tdm_file: bool,
        settings: RejudgeSettings,
    ) -> Self {
        let doorman = Doorman::new(client, robots, politeness, tdm_file, settings.every());
        Self { store, queue, doorman, settings }
    }

    /// Judges until told to stop.
    pub async fn run(&self, shutdown: CancellationToken) {
        let mut looks = Looks::every(self.settings.look_every_ms, shutdown.clone());
        while looks.next().await {
            let round = async {
                let now = Timestamp::now();
                self.expire(now).await?;
                self.look_again(now).await?;
                self.tick(now).await
            };
            // What a stop leaves undone is done again by whoever takes the lease next.
            let Some(done) = shutdown.run_until_cancelled(round).await else { return };
            match done {
                Ok(Round::Judged { .. } | Round::Nothing) => {}
                Ok(Round::Held) => JudgingHeld { reason: "articles_full", detail: "" }.emit(),
                Err(e) => JudgingHeld { reason: e.reason(), detail: &e.to_string() }.emit(),
            }
        }
    }

    /// Takes off the texts whose time has come at `now`, a batch of them. Returns how many.
    pub async fn expire(&self, now: Timestamp) -> Result<usize, RoundError> {
        if !self.queue.has_room(Belt::Articles).await {
            return Ok(0);
        }
        let expired = self.store.claim_expired(now, self.settings.batch, self.settings.lease()).await?;
        let narrowed: Vec<(Article, Narrower)> =
            expired.into_iter().filter_map(|s| Narrower::expired(&s.article).map(|n| (s.article, n))).collect();
        self.send(&narrowed, now).await?;
        Ok(narrowed.len())
    }

    /// One batch of the pass, if it is due at `now`.
    pub async fn tick(&self, now: Timestamp) -> Result<Round, RoundError> {
        if !self.queue.has_room(Belt::Articles).await {
            return Ok(Round::Held);
        }
        let Some(pass) = self.store.claim_pass(NAME, now, self.settings.lease()).await? else {
            return Ok(Round::Nothing);
        };
        let batch = self.store.carried_after(pass.after.as_ref(), self.settings.batch).await?;
        let Some(last) = batch.last().map(|s| s.article.id.clone()) else {
            self.store.advance_pass(NAME, &pass, None, now.plus(self.settings.every())).await?;
            PassEnded.emit();
            return Ok(Round::Nothing);
        };
        let articles = batch.len();
        let shelves: BTreeSet<Shelf> = batch.iter().map(|s| Shelf::of(&s.article)).collect();
        let judged = async {
            let narrowed = self.judge_all(batch, now).await?;
            self.begin_to_look(shelves, now).await?;
            Ok(narrowed)
        };
        match judged.await {
            Ok(narrowed) => {
                self.store.advance_pass(NAME, &pass, Some(&last), now).await?;
                Ok(Round::Judged { articles, narrowed })
            }
            Err(error) => {
                self.store.release_pass(NAME).await?;
                Err(error)
            }
        }
    }

    async fn judge_all(&self, batch: Vec<StoredArticle>, now: Timestamp) -> Result<usize, RoundError> {
        let sources: HashMap<SourceId, Source> =
            self.store.sources().await?.into_iter().map(|s| (s.id.clone(), s)).collect();
        // A host's articles one after the other: its files are asked for once.
        let mut hosts: BTreeMap<String, Vec<Article>> = BTreeMap::new();
        for stored in batch {
            hosts.entry(stored.article.url.host().to_owned()).or_default().push(stored.article);
        }
        let judged: Vec<Vec<(Article, Narrower)>> = stream::iter(hosts.into_values())
            .map(|articles| self.judge_host(articles, &sources))
            .buffer_unordered(self.settings.hosts_at_once.max(1))
            .try_collect()
            .await?;
        let narrowed: Vec<(Article, Narrower)> = judged.into_iter().flatten().collect();
        self.send(&narrowed, now).await?;
        Ok(narrowed.len())
    }

    async fn judge_host(
        &self,
        articles: Vec<Article>,
        sources: &HashMap<SourceId, Source>,
    ) -> Result<Vec<(Article, Narrower)>, RoundError> {
        let mut narrowed = Vec::new();
        for article in articles {
            let verdict = judge(&self.doorman, &article, sources.get(&article.source)).await;
            if let Some(narrower) = verdict.map_err(RoundError::Hosts)? {
                narrowed.push((article, narrower));
            }
        }
        Ok(narrowed)
    }

    /// Publishes, then forgets what else is kept of the text, then writes why.
    async fn send(&self, narrowed: &[(Article, Narrower)], now: Timestamp) -> Result<(), RoundError> {
        let arrivals: Vec<Arrival> = narrowed
            .iter()
            .map(|(kept, narrower)| Arrival::Seen { article: Box::new(narrower.apply(kept, now)) })
            .collect();
        let messages: Vec<Outgoing> = arrivals.iter().map(|a| Outgoing::on(Lane::Later, a)).collect();
        round::send(&self.queue, "what is carried less of", messages, self.settings.publish_timeout()).await?;
        let mut decisions = Vec::with_capacity(narrowed.len());
        for ((kept, narrower), arrival) in narrowed.iter().zip(&arrivals) {
            self.forget_text(&kept.id).await?;
            ArticleNarrowed {
                source: kept.source.as_str(),
                url: kept.url.as_str(),
                carry: narrower.rights.carry.as_str(),
                reason: narrower.rights.reason.as_str(),
                evidence: &narrower.evidence,
            }
            .emit();
            decisions.push(decision(arrival, kept, narrower, now));
        }
        Ok(self.store.record_decisions(&decisions).await?)
    }

    /// Nothing else keeps what may not be shown: no response, no summary for the next look, which is to see the
    /// page as if for the first time.
    async fn forget_text(&self, article: &ArticleId) -> Result<(), StoreError> {
        self.store.forget_capture(article).await?;
        let page = self.store.watched_page(article).await?.and_then(|p| serde_json::from_str::<Page>(&p).ok());
        // Our own types hold nothing that JSON can't.
        let page = page.and_then(|p| serde_json::to_string(&without_text(p)).ok());
        self.store.watch_on(article, page.as_deref(), &Validators::default()).await
    }
}

fn decision(arrival: &Arrival, kept: &Article, narrower: &Narrower, now: Timestamp) -> DecisionRow {
    let rights = &narrower.rights;
    DecisionRow {
        at: now,
        stage: NAME.to_owned(),
        message_id: arrival.message_id().to_string(),
        article: Some(kept.id.to_string()),
        url: Some(kept.url.to_string()),
        source: Some(kept.source.to_string()),
        outcome: "done".to_owned(),
        reason: rights.reason.as_str().to_owned(),
        attempt: 1,
        detail: format!("carried: {} ({}); {}", rights.carry.as_str(), rights.reason.as_str(), narrower.evidence),
    }
}
