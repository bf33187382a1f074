//! Which article is looked at again: the scheduler takes due looks by a lease in the store and puts their pages
//! on the later lane, behind the news.

mod settings;
#[cfg(test)]
mod tests;

pub use settings::RevisitSettings;

use crate::looks::Looks;
use crate::round::{self, RoundError};
use article::Timestamp;
use queue::{Belt, Lane, Outgoing, Page, Queue, QueueError, QueueName, Visit};
use store::{DueRevisit, Store};
use telemetry::events::revisits::{RevisitUnreadable, RevisitsForgotten, RevisitsHeld, RevisitsSent};
use tokio_util::sync::CancellationToken;

/// Sends a page for each look that is due. Several replicas share the work by the leases, without a leader.
///
/// A look is marked as sent only after its message is confirmed. A death between lease and publish costs it the
/// rest of its lease; one between publish and mark sends it twice, under the same name: the second look finds
/// nothing changed.
#[derive(Clone, Debug)]
pub struct Revisits {
    store: Store,
    queue: Queue,
    settings: RevisitSettings,
}

/// What a round did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Round {
    /// So many looks were sent.
    Sent(usize),
    /// Enough pages wait already: looks stay due.
    Held,
}

impl Revisits {
    /// With what it needs.
    pub fn new(store: Store, queue: Queue, settings: RevisitSettings) -> Self {
        Self { store, queue, settings }
    }

    /// Looks for what is due until told to stop.
    pub async fn run(&self, shutdown: CancellationToken) {
        let mut looks = Looks::every(self.settings.look_every_ms, shutdown);
        while looks.next().await {
            match self.tick(Timestamp::now()).await {
                Ok(Round::Sent(_)) => {}
                Ok(Round::Held) => RevisitsHeld { reason: "pages_waiting", detail: "" }.emit(),
                Err(e) => RevisitsHeld { reason: e.reason(), detail: &e.to_string() }.emit(),
            }
        }
    }

    /// One round, bounded by the batch: leases what is due at `now`, sends it, marks it as sent.
    pub async fn tick(&self, now: Timestamp) -> Result<Round, RoundError> {
        let (looks, kept, overdue) = (self.settings.after_secs.len(), self.settings.kept(), self.settings.give_up());
        let forgotten = self.store.prune_revisits(looks, now.minus(kept), now.minus(overdue)).await?;
        if forgotten > 0 {
            RevisitsForgotten { articles: forgotten }.emit();
        }
        if self.settings.after_secs.is_empty() {
            return Ok(Round::Sent(0));
        }
        if self.waiting().await? >= self.settings.waiting {
            return Ok(Round::Held);
        }
        let ages = self.settings.ages();
        let due = self.store.claim_due_revisits(now, &ages, self.settings.batch, self.settings.lease()).await?;
        if let Err(error) = self.send(&due).await {
            self.store.release_revisits(&due).await?;
            return Err(error);
        }
        self.store.finish_revisits(&due).await?;
        for look in &due {
            RevisitsSent { visit: visit(look.visit).as_str(), late_seconds: now.since(look.due).as_secs_f64() }.emit();
        }
        Ok(Round::Sent(due.len()))
    }

    /// Pages that wait behind the news, or for a host.
    async fn waiting(&self) -> Result<u64, QueueError> {
        let depths = self.queue.depths().await?;
        let waits = |queue: QueueName| {
            matches!(queue, QueueName::Belt(Belt::Pages, Lane::Later) | QueueName::Retry(Belt::Pages, _))
        };
        Ok(depths.iter().filter(|d| waits(d.queue)).map(|d| d.ready + d.in_flight.unwrap_or(0)).sum())
    }

    async fn send(&self, due: &[DueRevisit]) -> Result<(), RoundError> {
        let pages: Vec<Outgoing> = due.iter().filter_map(page).map(|p| Outgoing::on(Lane::Later, &p)).collect();
        round::send(&self.queue, "the revisits", pages, self.settings.publish_timeout()).await
    }
}

/// The page as the retriever wrote it, for this look. One that can't be read any more is left out: its article
/// stays as it is.
fn page(due: &DueRevisit) -> Option<Page> {
    match serde_json::from_str::<Page>(&due.page) {
        Ok(page) => Some(Page { visit: visit(due.visit), ..page }),
        Err(e) => {
            RevisitUnreadable { article: &due.article.to_string(), error: &e.to_string() }.emit();
            None
        }
    }
}

/// The settings have no more than three ages.
fn visit(number: usize) -> Visit {
    match number {
        0 => Visit::Hour,
        1 => Visit::Day,
        _ => Visit::Week,
    }
}
