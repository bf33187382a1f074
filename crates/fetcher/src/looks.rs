//! Looking at something every so often, until told to stop.

use std::time::Duration;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// Shortest time between two looks, whatever the settings say, in milliseconds.
const SHORTEST_MS: u64 = 10;

/// When to look next. A look that took long is followed by a whole pause, not by those it missed.
pub(crate) struct Looks {
    ticks: Interval,
    shutdown: CancellationToken,
}

impl Looks {
    /// The first at once, the others `every_ms` milliseconds apart.
    pub(crate) fn every(every_ms: u64, shutdown: CancellationToken) -> Self {
        let mut ticks = interval(Duration::from_millis(every_ms.max(SHORTEST_MS)));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { ticks, shutdown }
    }

    /// Waits for the next look; false when it is time to stop.
    pub(crate) async fn next(&mut self) -> bool {
        tokio::select! {
            biased;
            () = self.shutdown.cancelled() => false,
            _ = self.ticks.tick() => true,
        }
    }
}
