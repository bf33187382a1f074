//! An archive's pages into articles.

use super::http;
use super::publishers::Publishers;
use super::read::Found;
use super::reading::{Reading, Records};
use super::record::{Content, Flaw, Limits};
use super::tally::Tally;
use super::{WarcSettings, http::Sent};
use crate::retriever::{Look, Nobody, Reader, RetrieverSettings, keep_only_headline};
use article::{Arrival, Article, ArticleId, CanonicalUrl, Carry, CarryReason, Timestamp};
use futures_util::{StreamExt, stream};
use queue::{Belt, Lane, Message, Outcome, Outgoing, Page, Queue, QueueError, Visit};
use std::io::{self, Read};
use std::time::Duration;
use store::{DecisionRow, Store, StoreError};
use telemetry::events::warc::{ArchiveRecordBroken, ArchiveRecordRead};
use tokio_util::sync::CancellationToken;
use url::Url;
use web::Response;

/// The stage that `explain` shows.
const NAME: &str = "warc";

/// Reads archives: every HTML response with status 200 is read as if it had just been fetched, at its record's time,
/// and its article sent down the articles belt behind the news.
///
/// A batch counts as done only after its articles are confirmed; a death before that does it again, and what is
/// published twice has the same name and changes nothing. Nobody is asked for anything: what robots.txt and TDM
/// files say today is applied by the next pass of [`crate::rejudge`].
#[derive(Debug)]
pub struct Ingest {
    queue: Queue,
    reader: Reader,
    publishers: Publishers,
    settings: WarcSettings,
}

/// Why an archive is not read on. What was done until then stays done.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The file can't be read.
    #[error("the archive can't be read: {0}")]
    File(#[from] io::Error),
    /// The store refused or is away.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The queue did not take the articles.
    #[error("the queue did not take the articles: {0}")]
    Queue(#[from] QueueError),
    /// A handler's part is away or broken.
    #[error("{0}")]
    Page(String),
}

/// What one record came to.
enum Done {
    Article(Box<Outgoing>, DecisionRow),
    Skipped(&'static str, Option<DecisionRow>),
    Broken(Flaw),
}

impl Ingest {
    /// With all sources as they are now; `strangers` is what may be carried of pages that are none of theirs.
    pub async fn new(
        store: Store,
        queue: Queue,
        retriever: RetrieverSettings,
        settings: WarcSettings,
        strangers: Carry,
    ) -> Result<Self, IngestError> {
        let publishers = Publishers::new(store.sources().await?, settings.strangers.then_some(strangers));
        // The archive is the capture.
        let reader = Reader { store, settings: RetrieverSettings { captures: false, ..retriever } };
        Ok(Self { queue, reader, publishers, settings })
    }

    /// Reads a file from where an earlier run of it ended, or from its beginning, until its end or until told to
    /// stop. `name` is for people; `show` is told of every batch.
    pub async fn run(
        &self,
        name: &str,
        file: impl Read + Send + 'static,
        again: bool,
        stop: &CancellationToken,
        mut show: impl FnMut(&Tally),
    ) -> Result<Tally, IngestError> {
        let limits = Limits { record: self.settings.max_record_bytes, head: self.settings.max_head_bytes };
        let mut reading = Reading::begin(file, limits, self.settings.ahead)?;
        let Some(id) = stop.run_until_cancelled(reading.name()).await else { return Ok(Tally::default()) };
        let id = id?;
        let from = if again { 0 } else { self.reader.store.archive_done_to(&id).await?.unwrap_or(0) };
        let mut tally = Tally { done_to: from, resumed_at: from, ..Tally::default() };
        let mut records = reading.records_from(from);
        // What is stopped in the middle of a batch is begun again by the next run.
        while let Some(batch) = stop.run_until_cancelled(self.batch(&mut records)).await {
            let Some(last) = batch.last() else {
                records.end().await?;
                tally.finished = true;
                break;
            };
            let done_to = last.then;
            match stop.run_until_cancelled(self.work(name, batch, tally.clone())).await {
                Some(worked) => tally = Tally { done_to, ..worked? },
                None => break,
            }
            self.reader.store.archive_is_done_to(&id, name, done_to, Timestamp::now()).await?;
            show(&tally);
        }
        Ok(tally)
    }

    async fn batch(&self, records: &mut Records) -> Vec<Found> {
        let mut batch = Vec::new();
        while batch.len() < self.settings.batch.max(1)
            && let Some(found) = records.next().await
        {
            batch.push(found);
        }
        batch
    }

    /// Extracts and publishes; returns the tally with this batch in it.
    async fn work(&self, name: &str, batch: Vec<Found>, mut tally: Tally) -> Result<Tally, IngestError> {
        let work = batch.into_iter().map(|found| async move { (found.at, self.record(found.what).await) });
        let done: Vec<_> = stream::iter(work).buffered(self.settings.jobs.max(1)).collect().await;
        let (mut articles, mut decisions) = (Vec::new(), Vec::new());
        for (at, done) in done {
            tally.records += 1;
            match done? {
                Done::Article(article, decision) => {
                    ArchiveRecordRead { result: "article" }.emit();
                    tally.articles += 1;
                    articles.push(*article);
                    decisions.push(decision);
                }
                Done::Skipped(reason, decision) => {
                    ArchiveRecordRead { result: "skipped" }.emit();
                    tally.skip(reason);
                    decisions.extend(decision);
                }
                Done::Broken(flaw) => {
                    ArchiveRecordBroken { file: name, offset: at, why: &flaw.to_string() }.emit();
                    tally.broken(at, &flaw);
                }
            }
        }
        while !articles.is_empty() && !self.queue.has_room(Belt::Articles).await {
            tokio::time::sleep(Duration::from_millis(self.settings.look_every_ms.max(1))).await;
        }
        self.queue.publish(articles).await?;
        self.reader.store.record_decisions(&decisions).await?;
        Ok(tally)
    }

    async fn record(&self, what: Result<Content, Flaw>) -> Result<Done, IngestError> {
        match what {
            Ok(Content::Response { url, at, http }) => match http::parse(http) {
                Ok(sent) => self.page(&url, at, sent).await,
                Err(flaw) => Ok(Done::Broken(flaw)),
            },
            Ok(Content::TooLarge) => Ok(Done::Skipped("too_large", None)),
            Ok(Content::Truncated) => Ok(Done::Skipped("truncated", None)),
            Ok(Content::Other) => Ok(Done::Skipped("no_response", None)),
            Err(flaw) => Ok(Done::Broken(flaw)),
        }
    }

    /// A response as its server sent it, at its time.
    async fn page(&self, url: &str, at: Timestamp, sent: Sent) -> Result<Done, IngestError> {
        if sent.status != 200 {
            return Ok(Done::Skipped("status", None));
        }
        if !is_html(sent.headers.get("content-type")) {
            return Ok(Done::Skipped("not_html", None));
        }
        let (Ok(permalink), Ok(address)) = (CanonicalUrl::parse(url), Url::parse(url)) else {
            return Ok(Done::Skipped("bad_address", None));
        };
        let Some(source) = self.publishers.of(&permalink) else { return Ok(Done::Skipped("stranger", None)) };
        let page = page(permalink, &source.id, at);
        if source.paused {
            let why = "its source is paused".to_owned();
            return Ok(Done::Skipped("source_away", Some(decision(&page, "drop", "source_away", why))));
        }
        let body = match web::unpack(sent.body, &sent.headers, self.settings.max_record_bytes).await {
            Ok(body) => body,
            Err(why) => {
                return Ok(Done::Skipped("encoding", Some(decision(&page, "drop", "encoding", why.to_string()))));
            }
        };
        let response = Response {
            url: address,
            redirects: Vec::new(),
            permanent_url: None,
            status: sent.status,
            headers: sent.headers,
            body,
            truncated: false,
            received_at: at,
            not_modified: false,
        };
        self.read(&page, &source, response).await
    }

    async fn read(&self, page: &Page, source: &article::Source, response: Response) -> Result<Done, IngestError> {
        let ids = [ArticleId::of(&page.permalink)];
        let look = match self.reader.refuse_taken_down(&ids, &page.permalink).await {
            Ok(()) => {
                let alone = Nobody("an archive's records are read one by one");
                self.reader.look_at(page, source, response, crate::extract::Signals::default(), &alone).await
            }
            Err(refusal) => Err(refusal),
        };
        match look {
            Ok(Look { arrival, note, .. }) => {
                let arrival = still_carried(arrival, Timestamp::now());
                let mut row = decision(page, "done", "", note);
                row.message_id = arrival.message_id().to_string();
                row.article = Some(arrival.id().to_string());
                Ok(Done::Article(Box::new(Outgoing::on(Lane::Later, &arrival)), row))
            }
            Err(refusal) => match Outcome::from(refusal) {
                // Ours to wait for: the same record is read again by the next run.
                retry @ Outcome::Retry { .. } => Err(IngestError::Page(retry.detail().to_owned())),
                no => {
                    Ok(Done::Skipped(no.reason(), Some(decision(page, no.name(), no.reason(), no.detail().to_owned()))))
                }
            },
        }
    }
}

/// A page without a feed that listed it.
fn page(permalink: CanonicalUrl, source: &article::SourceId, at: Timestamp) -> Page {
    Page {
        feed: None,
        source: source.clone(),
        permalink,
        guid: None,
        title: None,
        summary: None,
        authors: Vec::new(),
        categories: Vec::new(),
        published: None,
        updated: None,
        language: None,
        section: None,
        listed_at: at,
        visit: Visit::First,
    }
}

/// Without the text that its publisher wanted gone by now.
fn still_carried(arrival: Arrival, now: Timestamp) -> Arrival {
    match arrival {
        Arrival::Seen { mut article } if article.rights.until.is_some_and(|until| until <= now) => {
            article.rights.narrow(Carry::Headline, CarryReason::UnavailableAfter);
            keep_only_headline(&mut article);
            article.content_hash = Article::compute_hash(&article.url, &article.title, &article.blocks);
            Arrival::Seen { article }
        }
        other => other,
    }
}

/// A missing type is no reason against it: the page itself is looked at.
fn is_html(content_type: Option<&str>) -> bool {
    content_type.is_none_or(|declared| {
        let essence = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        matches!(essence.as_str(), "text/html" | "application/xhtml+xml" | "")
    })
}

fn decision(page: &Page, outcome: &str, reason: &str, detail: String) -> DecisionRow {
    DecisionRow {
        at: Timestamp::now(),
        stage: NAME.to_owned(),
        message_id: page.message_id().to_string(),
        article: Some(ArticleId::of(&page.permalink).to_string()),
        url: Some(page.permalink.to_string()),
        source: Some(page.source.to_string()),
        outcome: outcome.to_owned(),
        reason: reason.to_owned(),
        attempt: 1,
        detail: format!("from an archive's record of {}: {detail}", page.listed_at),
    }
}
