//! From a reason to its rung: which way a message goes that did not pass, and when that ends.

use crate::{DeadReason, DropReason, RetryReason, Rung};
use article::Timestamp;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// Nothing holds a delivery longer than this while it waits.
pub(crate) const LONGEST_HOLD: Duration = Duration::from_secs(5);

/// The bounds of waiting and failing.
#[derive(Clone, Debug)]
pub(crate) struct Ladder {
    /// Shortest first, never empty.
    pub(crate) rungs: Vec<Rung>,
    /// How often a message may fail.
    pub(crate) attempts: u32,
    /// How long it may travel.
    pub(crate) max_age: Duration,
}

/// How far a message has come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Journey<'a> {
    pub(crate) message_id: &'a str,
    pub(crate) attempt: u32,
    pub(crate) waits: u32,
    pub(crate) first_seen: Timestamp,
}

/// Where a message goes next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// Onto this rung; its next delivery has these counts and is not to be handled sooner.
    Rung { rung: Rung, attempt: u32, waits: u32, not_before: Option<Timestamp> },
    /// Waiting has come to its end: a decision.
    Drop(DropReason),
    /// Failing has come to its end: a person should look.
    Dead(DeadReason),
}

impl Ladder {
    /// The shortest rung: for what spends nothing and is to come back soon.
    pub(crate) fn shortest(&self) -> Rung {
        self.rungs.first().copied().unwrap_or(Rung::S5)
    }

    /// What follows from a retry.
    pub(crate) fn step(
        &self,
        journey: Journey<'_>,
        reason: RetryReason,
        not_before: Option<Timestamp>,
        now: Timestamp,
    ) -> Step {
        let spends = reason.spends_attempt();
        if spends && journey.attempt >= self.attempts {
            return Step::Dead(DeadReason::AttemptsSpent);
        }
        // A worker that stops must be able to hand on whatever it holds; the next one decides about its age.
        if reason != RetryReason::Draining && now.since(journey.first_seen) >= self.max_age {
            return if reason.ends_as_drop() {
                Step::Drop(DropReason::Stale)
            } else {
                Step::Dead(DeadReason::AgeSpent)
            };
        }
        let (attempt, waits) = if spends {
            (journey.attempt.saturating_add(1), journey.waits)
        } else {
            (journey.attempt, journey.waits.saturating_add(1))
        };
        match not_before {
            Some(at) if at > now => Step::Rung { rung: self.in_time(at.since(now)), attempt, waits, not_before },
            _ => {
                let rung = self.choose(reason, journey);
                // Spread what failed together, so that it does not come back together.
                let not_before = match first_rung(reason) {
                    Start::Shortest => None,
                    Start::At(_) => Some(now.plus(rung.wait() + jitter(journey, rung))),
                };
                Step::Rung { rung, attempt, waits, not_before }
            }
        }
    }

    /// The longest rung that returns within `wait`; the shortest if none does.
    pub(crate) fn in_time(&self, wait: Duration) -> Rung {
        self.rungs.iter().rev().copied().find(|r| r.wait() <= wait).unwrap_or_else(|| self.shortest())
    }

    /// What is left to wait can be waited for with the delivery in hand: no rung returns in time, and it is short.
    pub(crate) fn worth_holding(&self, wait: Duration) -> bool {
        wait <= LONGEST_HOLD && wait < self.shortest().wait()
    }

    /// Each lap one rung further, from where its reason starts.
    fn choose(&self, reason: RetryReason, journey: Journey<'_>) -> Rung {
        let laps = if reason.spends_attempt() { journey.attempt.saturating_sub(1) } else { journey.waits };
        match first_rung(reason) {
            Start::Shortest => self.shortest(),
            Start::At(first) => {
                let index = first.saturating_add(laps as usize).min(self.rungs.len() - 1);
                self.rungs[index]
            }
        }
    }
}

enum Start {
    /// Always the shortest rung.
    Shortest,
    /// This rung at the first lap, then upwards.
    At(usize),
}

/// Where the climb begins. No wildcard: a new reason has to be thought about.
fn first_rung(reason: RetryReason) -> Start {
    match reason {
        // Ours: it is over when we are back, and nobody outside is asked.
        RetryReason::DependencyAway | RetryReason::Draining | RetryReason::NewerSchema | RetryReason::Conflict => {
            Start::Shortest
        }
        // Often gone at the next packet.
        RetryReason::Unreachable
        | RetryReason::TimedOut
        | RetryReason::CutOff
        | RetryReason::HandlerTimeout
        | RetryReason::Panicked
        | RetryReason::HostBusy => Start::At(0),
        // A server in trouble is not helped by being asked again in five seconds.
        RetryReason::ServerError | RetryReason::RateLimited | RetryReason::RobotsUnknown => Start::At(1),
    }
}

/// Up to a quarter of the rung, at most four seconds, which the returning message waits out in hand. It
/// follows from the message and its lap, so that a run can be repeated.
fn jitter(journey: Journey<'_>, rung: Rung) -> Duration {
    let mut h = DefaultHasher::new();
    (journey.message_id, journey.attempt, journey.waits).hash(&mut h);
    let most = (rung.wait() / 4).min(Duration::from_secs(4)).as_millis() as u64;
    Duration::from_millis(h.finish() % (most + 1))
}
