//! Which feed is due: the scheduler takes due feeds by a lease in the store and puts polls on the feeds belt.

mod settings;
#[cfg(test)]
mod tests;

pub use settings::SchedulerSettings;

use crate::looks::Looks;
use crate::round::{self, RoundError};
use article::Timestamp;
use queue::{Belt, Outgoing, Poll, Queue};
use std::time::Duration;
use store::{DueFeed, Store};
use telemetry::events::feeds::{EntriesPruned, PollsSent, RoundHeld};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Sends a poll for each due feed. Several replicas share the work by the leases, without a leader.
///
/// A death between lease and publish costs a feed the rest of its lease; one between publish and anything else
/// costs nothing: the lease holds until the poll's own record.
#[derive(Clone, Debug)]
pub struct Scheduler {
    store: Store,
    queue: Queue,
    settings: SchedulerSettings,
}

/// What a round did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Round {
    /// So many polls were sent.
    Sent(usize),
    /// Feeds or pages has no room: feeds stay due.
    Held(Belt),
}

impl Scheduler {
    /// A scheduler with what it needs.
    pub fn new(store: Store, queue: Queue, settings: SchedulerSettings) -> Self {
        Self { store, queue, settings }
    }

    /// Looks for due feeds until told to stop.
    pub async fn run(&self, shutdown: CancellationToken) {
        let mut looks = Looks::every(self.settings.look_every_ms, shutdown.clone());
        let every = Duration::from_secs(self.settings.prune_every_secs.max(1));
        let mut prune_at = Instant::now() + every;
        while looks.next().await {
            self.rounds(&shutdown).await;
            if Instant::now() >= prune_at {
                prune_at = Instant::now() + every;
                self.prune(Timestamp::now()).await;
            }
        }
    }

    /// Rounds until no full batch is left.
    async fn rounds(&self, shutdown: &CancellationToken) {
        while !shutdown.is_cancelled() {
            match self.tick(Timestamp::now()).await {
                Ok(Round::Sent(polls)) if polls as u64 >= u64::from(self.settings.batch) => {}
                Ok(Round::Sent(_)) => return,
                Ok(Round::Held(belt)) => {
                    let reason = if belt == Belt::Pages { "pages_full" } else { "feeds_full" };
                    return RoundHeld { reason, detail: "" }.emit();
                }
                Err(e) => return RoundHeld { reason: e.reason(), detail: &e.to_string() }.emit(),
            }
        }
    }

    /// One round: leases what is due at `now` and sends its polls. Feels back-pressure from the pages belt too:
    /// polls are where pages come from.
    pub async fn tick(&self, now: Timestamp) -> Result<Round, RoundError> {
        for belt in [Belt::Feeds, Belt::Pages] {
            if !self.queue.has_room(belt).await {
                return Ok(Round::Held(belt));
            }
        }
        let due = self.store.claim_due_feeds(now, self.settings.batch, self.settings.lease()).await?;
        let Some(longest_due) = due.iter().map(|d| d.due).min() else { return Ok(Round::Sent(0)) };
        if let Err(error) = self.send(&due).await {
            let feeds: Vec<_> = due.into_iter().map(|d| d.feed).collect();
            self.store.release_feeds(&feeds).await?;
            return Err(error);
        }
        PollsSent { polls: due.len() as u64, late_seconds: now.since(longest_due).as_secs_f64() }.emit();
        Ok(Round::Sent(due.len()))
    }

    async fn send(&self, due: &[DueFeed]) -> Result<(), RoundError> {
        let polls: Vec<Outgoing> = due.iter().map(|d| Outgoing::new(&poll(d))).collect();
        round::send(&self.queue, "the polls", polls, self.settings.publish_timeout()).await
    }

    /// Forgets entries that no feed has listed for long. Every replica does it; twice is once.
    async fn prune(&self, now: Timestamp) {
        match self.store.prune_entries(now.minus(self.settings.keep_entries())).await {
            Ok(0) => {}
            Ok(entries) => EntriesPruned { entries }.emit(),
            Err(e) => RoundHeld { reason: "store_away", detail: &e.to_string() }.emit(),
        }
    }
}

fn poll(due: &DueFeed) -> Poll {
    Poll { feed: due.feed.clone(), url: due.url.clone(), source: due.source.clone(), due: due.due }
}
