//! What replays go by.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Bounds of replays and of the ledger.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReplaySettings {
    /// Hours in which news is news: a letter first published longer ago is dropped as too old. A week covers
    /// a long weekend's outage; what is older would push fresh stories off the front page. Withdrawals and
    /// notices of removal are never too old.
    pub window_hours: u64,
    /// How often a letter may have died after a replay before it is held unless forced: whatever kills it
    /// that often has not been mended.
    pub max_returns: u32,
    /// Messages a second, where the command sets no other rate: a few hosts' worth, so that live news passes.
    pub rate_per_sec: f64,
    /// Most messages sent together, where the rate allows that many within a tenth of a second. Their confirms
    /// come as fast as one's, and as many bodies are in memory.
    pub batch_messages: u16,
    /// Size of the canary's second step, in percent of all.
    pub canary_percent: u8,
    /// Share of known outcomes, in percent, above which a canary stops when that many died again.
    pub canary_stop_percent: u8,
    /// Seconds a canary waits for the outcomes of a step.
    pub canary_wait_secs: u64,
    /// Days a letter stays in the ledger.
    pub keep_days: u64,
    /// Most letters in the ledger: the oldest go first. A million take a few gigabytes.
    pub keep_letters: u64,
    /// Seconds between two rounds of forgetting.
    pub forget_every_secs: u64,
}

impl Default for ReplaySettings {
    fn default() -> Self {
        Self {
            window_hours: 7 * 24,
            max_returns: 3,
            rate_per_sec: 20.0,
            batch_messages: 64,
            canary_percent: 10,
            canary_stop_percent: 10,
            canary_wait_secs: 60,
            keep_days: 30,
            keep_letters: 1_000_000,
            forget_every_secs: 3600,
        }
    }
}

impl ReplaySettings {
    pub(crate) fn window(&self) -> Duration {
        Duration::from_secs(self.window_hours.saturating_mul(3600))
    }

    pub(crate) fn kept(&self) -> Duration {
        Duration::from_secs(self.keep_days.saturating_mul(86_400))
    }
}
