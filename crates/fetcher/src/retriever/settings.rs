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
}

impl Default for RetrieverSettings {
    fn default() -> Self {
        Self {
            max_age_days: 30,
            max_message_bytes: 1024 * 1024,
            captures: true,
            tdm_file: true,
            max_capture_bytes: 2 * 1024 * 1024,
        }
    }
}

impl RetrieverSettings {
    /// The window in which news is news; `None` where it has no end.
    pub(super) fn max_age(&self) -> Option<Duration> {
        (self.max_age_days > 0).then(|| Duration::from_secs(self.max_age_days.saturating_mul(86_400)))
    }
}
