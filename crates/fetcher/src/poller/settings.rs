//! How feeds are polled, and how much is too much.

use crate::feed::FeedLimits;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How feeds are polled.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PollerSettings {
    /// Shortest time between two polls of a feed, in seconds: below two minutes publishers take us for an attack.
    pub min_interval_secs: u64,
    /// Longest time between two polls, in seconds: a feed that slept for months may wake today.
    pub max_interval_secs: u64,
    /// Time to the second poll of a feed whose rhythm is not known yet, in seconds.
    pub first_interval_secs: u64,
    /// The longest wish of a feed that is honoured, in seconds. `ttl`, `sy:updatePeriod` and `Cache-Control`
    /// are set once and forgotten: a feed that says “daily” and publishes hourly would be a day late.
    pub longest_hint_secs: u64,
    /// Pages fetched of a feed's first poll, newest first; its other entries count as seen. A new source is
    /// news from today on, not an archive.
    pub first_poll_pages: usize,
    /// Pages sent by any later poll, newest first; the rest waits for the next poll, which comes soon. A feed
    /// that changes all its addresses at once must not fill the belt.
    pub pages_per_poll: usize,
    /// Entries older than this many days are counted as seen, not fetched, where the feed dates them. 0 fetches
    /// entries of any age.
    pub max_age_days: u64,
    /// Seconds to the next try after a first failure; doubled with each further one.
    pub backoff_first_secs: u64,
    /// Where doubling ends, in seconds.
    pub backoff_cap_secs: u64,
    /// Days without success after which a feed is tried weekly: it is never given up silently.
    pub weekly_after_days: u64,
    /// Sitemaps fetched of a sitemap index in one poll, newest first. Some sites mint sitemaps without end.
    pub sitemaps_per_poll: usize,
    /// Seconds after which a poll starts no further sitemap, well within the handler's time-out.
    pub sitemaps_within_secs: u64,
    /// Bytes of a feed after decompression.
    pub max_bytes: usize,
    /// Elements and texts of a feed.
    pub max_nodes: usize,
    /// Entries read of a feed.
    pub max_entries: usize,
}

impl Default for PollerSettings {
    fn default() -> Self {
        let limits = FeedLimits::default();
        Self {
            min_interval_secs: 120,
            max_interval_secs: 86_400,
            first_interval_secs: 900,
            longest_hint_secs: 3_600,
            first_poll_pages: 50,
            pages_per_poll: 200,
            max_age_days: 30,
            backoff_first_secs: 300,
            backoff_cap_secs: 86_400,
            weekly_after_days: 14,
            sitemaps_per_poll: 3,
            sitemaps_within_secs: 20,
            max_bytes: limits.bytes,
            max_nodes: limits.nodes,
            max_entries: limits.entries,
        }
    }
}

impl PollerSettings {
    /// The bounds of one document.
    pub fn limits(&self) -> FeedLimits {
        FeedLimits { bytes: self.max_bytes, nodes: self.max_nodes, entries: self.max_entries }
    }

    pub(super) fn within_bounds(&self, interval: Duration) -> Duration {
        let min = Duration::from_secs(self.min_interval_secs);
        interval.clamp(min, Duration::from_secs(self.max_interval_secs).max(min))
    }
}
