//! How often what was published is judged again.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How often what was published is judged again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RejudgeSettings {
    /// Hours between the ends of two passes over all that is carried, and for which a pass believes a robots.txt
    /// or TDM file: an opting-out is heard within twice this and the time a pass takes, which must stay below a
    /// day.
    pub every_hours: u64,
    /// Milliseconds between looks for a batch, and for texts whose time has come.
    pub look_every_ms: u64,
    /// Articles of a batch: how much is done again after a death.
    pub batch: u32,
    /// Hosts whose files are asked for at once: those that don't answer must not hold up the others.
    pub hosts_at_once: usize,
    /// Seconds for which a batch is one scheduler's: longer than its slowest hosts take.
    pub lease_secs: u64,
    /// Seconds to wait for a publish before a batch is given back.
    pub publish_timeout_secs: u64,
}

impl Default for RejudgeSettings {
    fn default() -> Self {
        Self {
            every_hours: 6,
            look_every_ms: 2_000,
            batch: 200,
            hosts_at_once: 8,
            lease_secs: 1_800,
            publish_timeout_secs: 10,
        }
    }
}

impl RejudgeSettings {
    /// How long a host's word is believed.
    pub fn every(&self) -> Duration {
        Duration::from_secs(self.every_hours.saturating_mul(3_600))
    }

    pub(super) fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_secs)
    }

    pub(super) fn publish_timeout(&self) -> Duration {
        Duration::from_secs(self.publish_timeout_secs)
    }
}
