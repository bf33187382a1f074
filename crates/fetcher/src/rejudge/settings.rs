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
    /// How many of a publisher's newest articles must all say no in their own headers or tags, in the same words,
    /// before what is carried of it from before is looked at again: one page's no is its own. 0 for never.
    pub turned_after: u32,
    /// Articles of such a publisher that are looked at again at a time, in slots of its host that no news waits for.
    pub looks: u32,
    /// Seconds between two such times: half of a host's usual rate, and 40,000 articles within a day.
    pub looks_every_secs: u64,
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
            turned_after: 5,
            looks: 10,
            looks_every_secs: 20,
        }
    }
}

impl RejudgeSettings {
    /// How long a host's word is believed.
    pub fn every(&self) -> Duration {
        Duration::from_secs(self.every_hours.saturating_mul(3_600))
    }

    pub(super) fn looks_every(&self) -> Duration {
        Duration::from_secs(self.looks_every_secs)
    }

    pub(super) fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_secs)
    }

    pub(super) fn publish_timeout(&self) -> Duration {
        Duration::from_secs(self.publish_timeout_secs)
    }
}
