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

/// Evenly spaced messages.
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

    /// Until the next may go. Time lost waiting for room is not made up by a burst.
    pub(crate) async fn wait(&mut self) {
        tokio::time::sleep_until(self.next).await;
        self.next = Instant::now().max(self.next) + self.every;
    }
}
