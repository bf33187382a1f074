//! How fast a replay goes, and where it stops to look.

use crate::ReplaySettings;
use std::time::Duration;
use tokio::time::Instant;

/// After how many messages a canary stops to look.
pub(crate) struct Steps(Vec<u64>);

impl Steps {
    pub(crate) fn new(canary: bool, total: u64, settings: &ReplaySettings) -> Self {
        if !canary {
            return Self(Vec::new());
        }
        let tenth = (total * u64::from(settings.canary_percent.min(100))).div_ceil(100);
        // Last first; each only if there is something behind it to be spared.
        Self([tenth, 1].into_iter().filter(|n| *n < total).collect())
    }

    /// How many may still be sent before the next look; `None` where no look is to come.
    pub(crate) fn left(&self, sent: u64) -> Option<u64> {
        self.0.last().map(|at| at.saturating_sub(sent))
    }

    pub(crate) fn ends(&mut self, sent: u64) -> bool {
        match self.0.last() {
            Some(at) if sent >= *at => {
                // A tenth of a few is the one that was sent already.
                while self.0.last().is_some_and(|at| sent >= *at) {
                    self.0.pop();
                }
                true
            }
            _ => false,
        }
    }
}

/// What may go at once is what the rate allows in this time: a belt feels no more of it than of evenly spaced messages,
/// and at a few hundred a second a round trip to the broker and a few to the store are shared by dozens, which keeps the
/// rate on a machine that has other work as well.
const BURST: Duration = Duration::from_millis(100);

/// Lost time up to this much is made up: a timer and a round trip are late by a millisecond or two each time, and a
/// hundred messages a second would be eighty. More is not: after a wait for room comes no burst.
const SLACK: Duration = Duration::from_millis(50);

/// Messages spaced by a rate, alone or a few together.
pub(crate) struct Pace {
    every: Duration,
    next: Instant,
}

impl Pace {
    /// A rate that is no rate means one message a second.
    pub(crate) fn new(per_sec: f64) -> Self {
        let every = if per_sec.is_finite() && per_sec > 0.0 { (1.0 / per_sec).min(3600.0) } else { 1.0 };
        Self { every: Duration::from_secs_f64(every), next: Instant::now() }
    }

    /// How many may go at once; at least one.
    pub(crate) fn burst(&self) -> u64 {
        let nanos = self.every.as_nanos().max(1);
        u64::try_from(BURST.as_nanos() / nanos).unwrap_or(u64::MAX).max(1)
    }

    /// Until the next `count` may go.
    pub(crate) async fn wait(&mut self, count: usize) {
        tokio::time::sleep_until(self.next).await;
        let late = Instant::now().saturating_duration_since(self.next);
        self.next += self.every.mul_f64(count as f64) + late.saturating_sub(SLACK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn sent_within(pace: &mut Pace, together: usize, span: Duration, round_trip: Duration) -> usize {
        let end = Instant::now() + span;
        let mut sent = 0;
        while Instant::now() < end {
            pace.wait(together).await;
            tokio::time::sleep(round_trip).await;
            sent += together;
        }
        sent
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_timer_costs_no_rate() {
        // A third of a millisecond is rounded up by the timer, each time.
        let mut pace = Pace::new(300.0);
        let sent = sent_within(&mut pace, 1, Duration::from_secs(10), Duration::from_millis(2)).await;
        assert!((2_985..=3_001).contains(&sent), "{sent}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_wait_is_not_made_up_by_a_burst() {
        let mut pace = Pace::new(100.0);
        pace.wait(1).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
        let sent = sent_within(&mut pace, 1, Duration::from_secs(1), Duration::ZERO).await;
        assert!((100..=107).contains(&sent), "{sent}");
    }

    #[tokio::test(start_paused = true)]
    async fn messages_that_go_together_keep_the_rate() {
        let mut pace = Pace::new(500.0);
        let together = usize::try_from(pace.burst()).unwrap();
        assert_eq!(together, 50, "what the rate allows in a tenth of a second");
        let sent = sent_within(&mut pace, together, Duration::from_secs(10), Duration::from_millis(80)).await;
        assert!((4_950..=5_050).contains(&sent), "{sent}");
    }

    #[test]
    fn a_slow_replay_sends_one_at_a_time() {
        let bursts = [0.0, 0.1, 10.0, 19.0, 20.0, 1e12].map(|rate| Pace::new(rate).burst());
        assert_eq!(bursts[..5], [1, 1, 1, 1, 2]);
        assert!(bursts[5] > 1_000);
    }
}
