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
                    Start::At { .. } => Some(now.plus(rung.wait() + jitter(journey, rung))),
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

    /// Rungs between two laps of a failure. Those that only make waiting exact are passed over: every ladder is
    /// climbed in about three steps.
    fn stride(&self) -> usize {
        (self.rungs.len() - 1).div_ceil(3).max(1)
    }

    /// Each lap one step further, from where its reason starts.
    fn choose(&self, reason: RetryReason, journey: Journey<'_>) -> Rung {
        let laps = if reason.spends_attempt() { journey.attempt.saturating_sub(1) } else { journey.waits };
        match first_rung(reason) {
            Start::Shortest => self.shortest(),
            Start::At { first, last } => {
                let step = first.saturating_add(laps as usize).min(last);
                let index = step.saturating_mul(self.stride()).min(self.rungs.len() - 1);
                self.rungs[index]
            }
        }
    }
}

enum Start {
    /// Always the shortest rung.
    Shortest,
    /// This step at the first lap, then upwards to the last.
    At { first: usize, last: usize },
}

/// Where the climb begins. No wildcard: a new reason has to be thought about.
fn first_rung(reason: RetryReason) -> Start {
    match reason {
        // Ours: it is over when we are back, and nobody outside is asked.
        RetryReason::DependencyAway | RetryReason::Draining => Start::Shortest,
        // A worker that reads it may start any minute; after a release was taken back a whole belt may wait for one.
        RetryReason::NewerSchema => Start::At { first: 0, last: 1 },
        // A slot may be free any time: an hour away, news is old.
        RetryReason::HostBusy => Start::At { first: 0, last: 2 },
        // Often gone at the next packet, or the next transaction.
        RetryReason::Unreachable
        | RetryReason::TimedOut
        | RetryReason::CutOff
        | RetryReason::HandlerTimeout
        | RetryReason::Panicked
        | RetryReason::Conflict => Start::At { first: 0, last: usize::MAX },
        // A server in trouble is not helped by being asked again in five seconds.
        RetryReason::ServerError | RetryReason::RateLimited | RetryReason::RobotsUnknown => {
            Start::At { first: 1, last: usize::MAX }
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fmt::Write;

    const NOW: Timestamp = Timestamp(1_000_000_000);

    fn ladder() -> Ladder {
        Ladder { rungs: Rung::ALL.to_vec(), attempts: 8, max_age: Duration::from_secs(24 * 3600) }
    }

    fn journey(attempt: u32, waits: u32, age: Duration) -> Journey<'static> {
        Journey { message_id: "m", attempt, waits, first_seen: NOW.minus(age) }
    }

    /// Every reason, from its first lap to the end of its budget.
    #[test]
    fn every_reason_has_its_way() {
        let mut table = String::new();
        for reason in RetryReason::ALL {
            let mut way = Vec::new();
            let (mut attempt, mut waits) = (1, 0);
            for _ in 0..9 {
                match ladder().step(journey(attempt, waits, Duration::ZERO), *reason, None, NOW) {
                    Step::Rung { rung, attempt: a, waits: w, .. } => {
                        (attempt, waits) = (a, w);
                        way.push(rung.to_string());
                    }
                    Step::Drop(end) => way.push(format!("drop:{}", end.as_str())),
                    Step::Dead(end) => way.push(format!("dead:{}", end.as_str())),
                }
            }
            let old = ladder().step(journey(1, 0, Duration::from_secs(90_000)), *reason, None, NOW);
            let old = match old {
                Step::Rung { .. } => "goes on".to_owned(),
                Step::Drop(end) => format!("drop:{}", end.as_str()),
                Step::Dead(end) => format!("dead:{}", end.as_str()),
            };
            writeln!(table, "{:<15} {} | too old: {old}", reason.as_str(), way.join(" ")).unwrap();
        }
        insta::assert_snapshot!(table, @r#"
        host_busy       5s 30s 5m 5m 5m 5m 5m 5m 5m | too old: drop:stale
        rate_limited    30s 5m 1h 1h 1h 1h 1h 1h 1h | too old: drop:stale
        robots_unknown  30s 5m 1h 1h 1h 1h 1h 1h 1h | too old: drop:stale
        dependency_away 5s 5s 5s 5s 5s 5s 5s 5s 5s | too old: dead:age_spent
        draining        5s 5s 5s 5s 5s 5s 5s 5s 5s | too old: goes on
        newer_schema    5s 30s 30s 30s 30s 30s 30s 30s 30s | too old: dead:age_spent
        unreachable     5s 30s 5m 1h 1h 1h 1h dead:attempts_spent dead:attempts_spent | too old: dead:age_spent
        timed_out       5s 30s 5m 1h 1h 1h 1h dead:attempts_spent dead:attempts_spent | too old: dead:age_spent
        server_error    30s 5m 1h 1h 1h 1h 1h dead:attempts_spent dead:attempts_spent | too old: dead:age_spent
        cut_off         5s 30s 5m 1h 1h 1h 1h dead:attempts_spent dead:attempts_spent | too old: dead:age_spent
        handler_timeout 5s 30s 5m 1h 1h 1h 1h dead:attempts_spent dead:attempts_spent | too old: dead:age_spent
        panicked        5s 30s 5m 1h 1h 1h 1h dead:attempts_spent dead:attempts_spent | too old: dead:age_spent
        conflict        5s 30s 5m 1h 1h 1h 1h dead:attempts_spent dead:attempts_spent | too old: dead:age_spent
        "#);
    }

    proptest! {
        /// A message that was asked to wait is never sent onto a rung that returns too late, where one
        /// returns in time; and it is held in hand only for less than five seconds.
        #[test]
        fn a_time_asked_for_is_kept(wait in 0_u64..20_000_000) {
            let wait = Duration::from_millis(wait);
            let rung = ladder().in_time(wait);
            let longer = Rung::ALL.into_iter().filter(|r| *r > rung && r.wait() <= wait).count();
            prop_assert_eq!(longer, 0);
            prop_assert!(rung.wait() <= wait || rung == Rung::S5);
            if ladder().worth_holding(wait) {
                prop_assert!(wait < LONGEST_HOLD);
            } else {
                prop_assert!(rung.wait() <= wait);
            }
        }

        /// Whatever happens, a message's budget ends: by attempts, or by age.
        #[test]
        fn every_journey_ends(reasons in proptest::collection::vec(0..RetryReason::ALL.len(), 3_000)) {
            let (mut attempt, mut waits, mut now) = (1, 0, NOW);
            let first_seen = NOW;
            let ended = reasons.into_iter().any(|r| {
                let journey = Journey { message_id: "m", attempt, waits, first_seen };
                // Draining is not counted: each is another worker's end.
                let reason = RetryReason::ALL[r];
                match ladder().step(journey, reason, None, now) {
                    Step::Rung { rung, attempt: a, waits: w, .. } => {
                        (attempt, waits) = (a, w);
                        now = now.plus(rung.wait());
                        false
                    }
                    Step::Drop(_) | Step::Dead(_) => true,
                }
            });
            prop_assert!(ended);
        }
    }

    #[test]
    fn jitter_follows_from_the_message_and_stays_within_its_bounds() {
        for rung in Rung::ALL {
            let drawn: Vec<Duration> = (1..200).map(|a| jitter(journey(a, 0, Duration::ZERO), rung)).collect();
            let most = (rung.wait() / 4).min(Duration::from_secs(4));
            assert!(drawn.iter().all(|j| *j <= most), "{rung}");
            assert!(drawn.iter().collect::<std::collections::BTreeSet<_>>().len() > 100, "{rung}: spread");
            assert_eq!(jitter(journey(3, 1, Duration::ZERO), rung), jitter(journey(3, 1, Duration::ZERO), rung));
        }
    }
}
