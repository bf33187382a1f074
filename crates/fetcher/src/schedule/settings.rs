//! When due feeds are sent, and how many at a time.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The scheduler's pace.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SchedulerSettings {
    /// Milliseconds between looks for due feeds: how late a poll starts at most while nothing is in its way.
    pub look_every_ms: u64,
    /// Feeds taken at a time: one statement and one publish.
    pub batch: u32,
    /// Seconds for which a feed that was sent is not sent again, unless its poll finishes. As long as a poll may
    /// wait on its belt in a rush; a poll sent twice is harmless, the second is stale.
    pub lease_secs: u64,
    /// Seconds to wait for a publish before the leases are given back.
    pub publish_timeout_secs: u64,
    /// Days that an entry is remembered after no feed lists it any more. Forgotten sooner, a feed that shows an
    /// old entry again would bring it as news.
    pub keep_entries_days: u64,
    /// Seconds between rounds of forgetting.
    pub prune_every_secs: u64,
}

impl Default for SchedulerSettings {
    fn default() -> Self {
        Self {
            look_every_ms: 1_000,
            batch: 200,
            lease_secs: 1_800,
            publish_timeout_secs: 10,
            keep_entries_days: 30,
            prune_every_secs: 3_600,
        }
    }
}

impl SchedulerSettings {
    pub(super) fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_secs)
    }

    pub(super) fn publish_timeout(&self) -> Duration {
        Duration::from_secs(self.publish_timeout_secs)
    }

    pub(super) fn keep_entries(&self) -> Duration {
        Duration::from_secs(self.keep_entries_days.saturating_mul(86_400))
    }
}
