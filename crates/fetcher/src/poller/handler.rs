//! The poller: one feed, one poll.

use super::PollerSettings;
use super::ask::{Answer, Fetched, Stop};
use super::failure::Failure;
use super::hub::{Hub, note as note_hub};
use super::pages::{Around, Selection, key, select};
use super::permalink::{Listed, pages};
use super::refusal::Refusal;
use super::rhythm::{interval, max_age, next_due, unchanged_interval};
use crate::feed::{Format, PollHints};
use crate::websub::WebsubSettings;
use article::{ArticleId, Timestamp};
use queue::{Delivery, Done, Foresight, Handler, Outcome, Outgoing, Poll, Stage, Then, ThenError, Trial};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use store::{FeedState, PollRecord, Store};
use telemetry::events::feeds::FeedPolled;
use url::Url;
use web::{Client, Politeness, Response, Robots};

/// Reads a feed and sends the pages that are new in it: *feeds* in, *pages* out.
///
/// A death anywhere loses nothing: validators, entries seen and the time of the next poll are written by `then`
/// alone, after the broker has confirmed the pages. Until then the feed answers in full, and the same poll sends
/// the same pages under the same names.
#[derive(Clone, Debug)]
pub struct Poller {
    pub(super) store: Store,
    pub(super) client: Client,
    /// Of hosts that a feed leads to; its own was named by the operator.
    pub(super) robots: Arc<Robots>,
    pub(super) politeness: Arc<Politeness>,
    pub(super) settings: PollerSettings,
    /// None where no hub is listened to.
    pub(super) websub: Option<WebsubSettings>,
}

impl Handler for Poller {
    const STAGE: Stage = Stage::Poller;
    type Message = Poll;

    async fn handle(&self, poll: &Poll, delivery: &Delivery) -> Outcome {
        match self.poll(poll, delivery).await {
            Ok(done) => Outcome::Done(done),
            Err(refusal) => refusal.into(),
        }
    }

    async fn probe(&self) -> Result<(), String> {
        self.store.ping().await.map_err(|e| e.to_string())?;
        self.politeness.probe().await.map_err(|e| e.to_string())
    }
}

impl Foresight for Poller {
    /// Whether it is still wanted; the rest is its feed's to say.
    async fn foresee(&self, poll: &Poll, _: &Delivery) -> Trial {
        match self.admit(poll).await {
            Ok(_) => Trial::Untried("only its feed can tell"),
            Err(refusal) => Trial::Would(refusal.into()),
        }
    }
}

impl Poller {
    /// A poller with what it needs.
    pub fn new(
        store: Store,
        client: Client,
        robots: Arc<Robots>,
        politeness: Arc<Politeness>,
        settings: PollerSettings,
    ) -> Self {
        Self { store, client, robots, politeness, settings, websub: None }
    }

    /// Cheapest refusal first.
    async fn poll(&self, poll: &Poll, delivery: &Delivery) -> Result<Done, Refusal> {
        let state = self.admit(poll).await?;
        match self.ask(&state, delivery).await {
            Ok(Answer::Unchanged(response)) => self.unchanged(poll, &state, &response).await,
            Ok(Answer::Feed(fetched)) => self.read(poll, &state, &fetched).await,
            Err(Stop::Refused(refusal)) => Err(refusal),
            Err(Stop::Failed(failure)) => Err(self.broken(poll, &state, &failure, delivery.received_at)),
        }
    }

    /// Whether this poll is still wanted.
    async fn admit(&self, poll: &Poll) -> Result<FeedState, Refusal> {
        let state = self.store.feed_state(&poll.feed).await?.ok_or(Refusal::SourceAway)?;
        let source = self.store.source(&poll.source).await?;
        if source.is_none_or(|s| s.paused) {
            return Err(Refusal::SourceAway);
        }
        if state.retired {
            return Err(Refusal::Retired);
        }
        match state.finished_due {
            Some(finished) if finished >= poll.due => Err(Refusal::Stale { finished }),
            _ => Ok(state),
        }
    }

    /// 304: nothing to send, but to note when to ask again.
    async fn unchanged(&self, poll: &Poll, state: &FeedState, response: &Response) -> Result<Done, Refusal> {
        let now = response.received_at;
        let interval = unchanged_interval(self.interval_of(state), state.last_new_entry, now, &self.settings);
        let pace = self.pace(&poll.feed, interval, now).await?;
        let record = PollRecord {
            etag: response.headers.get("etag").map(str::to_owned),
            last_modified: response.headers.get("last-modified").map(str::to_owned),
            ..self.success(poll, state, response, (interval, pace), &PollHints::default())
        };
        FeedPolled {
            source: poll.source.as_str(),
            result: "unchanged",
            new: 0,
            updated: 0,
            seen: 0,
            left: 0,
            detail: "",
        }
        .emit();
        let note = format!("not modified; next poll {}", record.next_due);
        Ok(Done { publish: Vec::new(), then: Some(self.then(record, Hub::Unsaid)), note })
    }

    /// Compares what the feed lists with what is known and sends what is new.
    async fn read(&self, poll: &Poll, state: &FeedState, fetched: &Fetched) -> Result<Done, Refusal> {
        let (feed, response) = (&fetched.feed, &fetched.response);
        let listed_at = response.received_at;
        let (listed, without) = pages(feed);
        let around = Around { poll, state, feed, listed_at, settings: &self.settings };
        let selection = self.select(&listed, &around).await?;

        let dates: Vec<Timestamp> = feed.items.iter().filter_map(|e| e.published.or(e.updated)).collect();
        let interval = interval(&dates, selection.new > 0, self.interval_of(state), listed_at, &self.settings);
        let pace = self.pace(&poll.feed, interval, listed_at).await?;
        // A validator promises that everything until then is known: not after a cut, nor while entries wait. That of
        // an index says nothing of the sitemaps it names.
        let alone = feed.format != Format::SitemapIndex;
        let whole = alone && !feed.truncated && !fetched.partial && selection.left == 0;
        let mut record = PollRecord {
            etag: response.headers.get("etag").filter(|_| whole).map(str::to_owned),
            last_modified: response.headers.get("last-modified").filter(|_| whole).map(str::to_owned),
            new_entries: selection.new,
            ..self.success(poll, state, response, (interval, pace), &feed.hints)
        };
        if selection.left > 0 {
            record.next_due = listed_at.plus(Duration::from_secs(self.settings.min_interval_secs));
        }
        let note = note(&selection, without, feed.truncated, record.next_due);
        report(poll, &selection, &note);
        let publish = selection.pages.iter().map(Outgoing::new).collect();
        record.seen = selection.seen;
        Ok(Done { publish, then: Some(self.then(record, self.hub(feed, response))), note })
    }

    async fn select(&self, listed: &[Listed<'_>], around: &Around<'_>) -> Result<Selection, Refusal> {
        let keys: Vec<_> = listed.iter().map(|l| key(l, around.listed_at)).collect();
        let statuses = self.store.entry_statuses(&keys).await?;
        let mut selection = select(listed, keys, &statuses, around);
        // What its owner had taken down is not fetched again; it stays seen.
        let ids: Vec<ArticleId> = selection.pages.iter().map(|p| ArticleId::of(&p.permalink)).collect();
        let gone: HashSet<ArticleId> = self.store.tombstoned(&ids).await?.into_iter().collect();
        if !gone.is_empty() {
            selection.pages.retain(|p| !gone.contains(&ArticleId::of(&p.permalink)));
        }
        Ok(selection)
    }

    /// The record of a poll that went well, without validators and entries. Of the two times between polls the first
    /// is the feed's rhythm, the second what is kept of it while a hub tells.
    fn success(
        &self,
        poll: &Poll,
        state: &FeedState,
        response: &Response,
        (interval, pace): (Duration, Duration),
        hints: &PollHints,
    ) -> PollRecord {
        let now = response.received_at;
        let header = |name| response.headers.get(name);
        let wish = max_age(header("cache-control"), header("age"));
        let spread = poll.feed.bytes()[0];
        let moved = response.permanent_url.as_ref().map(Url::to_string).filter(|u| *u != state.url);
        PollRecord {
            feed: poll.feed.clone(),
            due: poll.due,
            at: now,
            next_due: next_due(pace, hints, wish, now, spread, &self.settings),
            interval_secs: interval.as_secs(),
            status: Some(response.status),
            error: None,
            etag: None,
            last_modified: None,
            moved_to: moved,
            retired: false,
            seen: Vec::new(),
            new_entries: 0,
        }
    }

    fn broken(&self, poll: &Poll, state: &FeedState, failure: &Failure, now: Timestamp) -> Refusal {
        let record = failure.record(poll, state, now, &self.settings);
        let detail = failure.to_string();
        FeedPolled {
            source: poll.source.as_str(),
            result: "failed",
            new: 0,
            updated: 0,
            seen: 0,
            left: 0,
            detail: &detail,
        }
        .emit();
        Refusal::Broken { detail, then: self.then(record, Hub::Unsaid) }
    }

    fn interval_of(&self, state: &FeedState) -> Duration {
        let secs = if state.last_success.is_none() { self.settings.first_interval_secs } else { state.interval_secs };
        Duration::from_secs(secs.max(1))
    }

    fn then(&self, record: PollRecord, hub: Hub) -> Then {
        let store = self.store.clone();
        Then::new(move || async move {
            let done = match store.finish_poll(&record).await {
                Ok(true) => note_hub(&store, &record.feed, &hub, record.at).await,
                // A later poll has finished: its record is the newer truth.
                Ok(false) => Ok(()),
                Err(e) => Err(e),
            };
            done.map_err(|e| ThenError(e.to_string()))
        })
    }
}

fn note(selection: &Selection, without: usize, truncated: bool, next: Timestamp) -> String {
    let Selection { new, updated, old, left, seen, .. } = selection;
    let mut note = format!("{} entries: {new} new, {updated} updated", seen.len() + left);
    let mut add = |count: usize, what: &str| {
        if count > 0 {
            note.push_str(&format!(", {count} {what}"));
        }
    };
    add(usize::try_from(*old).unwrap_or(usize::MAX), "too old");
    add(*left, "left for the next poll");
    add(without, "without an address");
    if truncated {
        note.push_str("; the feed was cut off");
    }
    note.push_str(&format!("; next poll {next}"));
    note
}

fn report(poll: &Poll, selection: &Selection, note: &str) {
    let sent = u64::from(selection.new) + u64::from(selection.updated);
    FeedPolled {
        source: poll.source.as_str(),
        result: if sent > 0 { "news" } else { "nothing_new" },
        new: u64::from(selection.new),
        updated: u64::from(selection.updated),
        seen: (selection.seen.len() as u64).saturating_sub(sent),
        left: selection.left as u64,
        detail: note,
    }
    .emit();
}
