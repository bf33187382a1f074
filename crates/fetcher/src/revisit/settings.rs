//! When articles are looked at again.

use serde::{Deserialize, Deserializer, Serialize, de::Error};
use std::time::Duration;

/// When articles are looked at again, and how many at a time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RevisitSettings {
    /// Seconds after its first look at which an article is looked at again: at most three ages, ascending. One
    /// article in five changes within a week, most of them on the first day, and one in seventy is withdrawn.
    /// Empty for never.
    #[serde(deserialize_with = "ages")]
    pub after_secs: Vec<u64>,
    /// Milliseconds between looks for what is due. Nobody waits for a revisit.
    pub look_every_ms: u64,
    /// Articles taken at a time: one statement and one publish.
    pub batch: u32,
    /// Pages that may wait on the later lane and on the rungs before no more are sent: what is due stays in the
    /// store, where it costs the news nothing.
    pub waiting: u64,
    /// Seconds for which a look that was taken is not taken by another scheduler, unless its sending fails.
    pub lease_secs: u64,
    /// Seconds to wait for a publish before the leases are given back.
    pub publish_timeout_secs: u64,
    /// Days after the last age at which a look that could not be made is given up: after a long standstill what
    /// is new goes first.
    pub give_up_days: u64,
}

impl Default for RevisitSettings {
    fn default() -> Self {
        Self {
            after_secs: vec![3_600, 86_400, 604_800],
            look_every_ms: 5_000,
            batch: 100,
            waiting: 2_000,
            lease_secs: 120,
            publish_timeout_secs: 10,
            give_up_days: 7,
        }
    }
}

impl RevisitSettings {
    pub(super) fn ages(&self) -> Vec<Duration> {
        self.after_secs.iter().map(|secs| Duration::from_secs(*secs)).collect()
    }

    pub(super) fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_secs)
    }

    pub(super) fn publish_timeout(&self) -> Duration {
        Duration::from_secs(self.publish_timeout_secs)
    }

    /// The age at which an article that has had its looks is watched no more: the last has been taken by then.
    /// Without ages nothing is watched.
    pub(super) fn kept(&self) -> Duration {
        match self.after_secs.last() {
            Some(last) => Duration::from_secs(last.saturating_add(2 * 86_400)),
            None => Duration::ZERO,
        }
    }

    /// The age at which an article is watched no more, whatever it missed.
    pub(super) fn give_up(&self) -> Duration {
        match self.after_secs.last() {
            Some(last) => Duration::from_secs(last.saturating_add(self.give_up_days.saturating_mul(86_400))),
            None => Duration::ZERO,
        }
    }
}

fn ages<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u64>, D::Error> {
    let ages = Vec::<u64>::deserialize(from)?;
    if ages.len() > 3 {
        return Err(D::Error::custom("an article is looked at again three times at most"));
    }
    if ages.windows(2).any(|pair| pair[0] >= pair[1]) {
        return Err(D::Error::custom("the ages must ascend"));
    }
    Ok(ages)
}
