//! How pages are fetched, and how much is too much.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How pages are fetched.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetrieverSettings {
    /// Articles published more than this many days before they are seen are dropped: beyond the deduplicator's
    /// window they would come back as new. 0 takes articles of any age.
    pub max_age_days: u64,
    /// Bytes of an article's message. A longer one loses its last blocks: brokers and their disks suffer from
    /// large messages, and no newspaper's article comes near it.
    pub max_message_bytes: usize,
    /// Whether responses are kept for a while, so that a fault of ours can be mended without asking the
    /// publisher again. Never those marked `noarchive`, or whose text mining is reserved.
    pub captures: bool,
    /// Whether each host's `/.well-known/tdmrep.json` is asked for, once a day. It costs a request to a host
    /// before its first page.
    pub tdm_file: bool,
    /// Bytes of a body that is kept. Larger ones are read and forgotten.
    pub max_capture_bytes: usize,
    /// Pages of one article that are read, its first among them; 1 reads no other. Each costs its host a request,
    /// and long reports have about five.
    pub max_pages: u32,
    /// Tries at a further page that fails: then the article goes on with the pages that could be read. It waits
    /// meanwhile, and half of an article today is worth more than all of it tomorrow.
    pub page_tries: u32,
    /// Seconds that one delivery spends on further pages before it makes room for others and goes on in another:
    /// with one request's longest time it stays below `queue.handler_timeout_secs`.
    pub pages_secs: u64,
}

impl Default for RetrieverSettings {
    fn default() -> Self {
        Self {
            max_age_days: 30,
            max_message_bytes: 1024 * 1024,
            captures: true,
            tdm_file: true,
            max_capture_bytes: 2 * 1024 * 1024,
            max_pages: 8,
            page_tries: 3,
            pages_secs: 20,
        }
    }
}

impl RetrieverSettings {
    /// The window in which news is news; `None` where it has no end.
    pub(super) fn max_age(&self) -> Option<Duration> {
        (self.max_age_days > 0).then(|| Duration::from_secs(self.max_age_days.saturating_mul(86_400)))
    }

    /// How long one delivery may be at further pages.
    pub(super) fn pages_time(&self) -> Duration {
        Duration::from_secs(self.pages_secs)
    }
}
