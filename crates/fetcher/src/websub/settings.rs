//! Whether and how hubs are listened to.

use serde::{Deserialize, Serialize};
use std::time::Duration;
use url::Url;

/// Whether and how hubs are listened to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebsubSettings {
    /// Where hubs' calls are served. Empty for not at all: then no hub is asked.
    pub listen: String,
    /// The same place as hubs reach it, `https://hooks.example.org/websub`. Empty for not at all.
    pub public_url: String,
    /// Seconds for which a hub is asked to tell; it may promise another time.
    pub lease_secs: u64,
    /// Longest promise that is believed, in seconds.
    pub longest_lease_secs: u64,
    /// Bytes of what a hub posts: it is read to check its signature, then forgotten.
    pub max_body_bytes: usize,
    /// Milliseconds between looks for hubs that are to be asked.
    pub look_every_ms: u64,
    /// Hubs asked in one look.
    pub batch: u32,
    /// Seconds within which a hub that took a request is to ask back; after them it is asked again.
    pub answer_within_secs: u64,
    /// Seconds to the next request after a first that failed; doubled with each further one.
    pub backoff_first_secs: u64,
    /// Where doubling ends, in seconds.
    pub backoff_cap_secs: u64,
    /// By how much the time between polls of a feed grows while its hub promises to tell.
    pub poll_factor: u32,
    /// Seconds beyond which it doesn't grow: hubs fall silent without saying so.
    pub longest_poll_secs: u64,
}

impl Default for WebsubSettings {
    fn default() -> Self {
        Self {
            listen: String::new(),
            public_url: String::new(),
            lease_secs: 864_000,
            longest_lease_secs: 2_592_000,
            max_body_bytes: 1_000_000,
            look_every_ms: 5_000,
            batch: 50,
            answer_within_secs: 3_600,
            backoff_first_secs: 300,
            backoff_cap_secs: 86_400,
            poll_factor: 4,
            longest_poll_secs: 21_600,
        }
    }
}

/// A public address that no hub can be given.
#[derive(Debug, thiserror::Error)]
#[error("websub.public_url = \"{text}\" is no web address: {why}")]
pub struct CallbackAddressError {
    /// As set.
    pub text: String,
    /// What is wrong.
    pub why: String,
}

impl WebsubSettings {
    /// The address at which hubs call; none where they aren't listened to.
    pub fn callback(&self) -> Result<Option<Url>, CallbackAddressError> {
        if self.listen.is_empty() || self.public_url.is_empty() {
            return Ok(None);
        }
        let wrong = |why: String| CallbackAddressError { text: self.public_url.clone(), why };
        let url = Url::parse(&self.public_url).map_err(|e| wrong(e.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") || url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("http or https is expected, without a query".to_owned()));
        }
        Ok(Some(url))
    }

    pub(super) fn answer_within(&self) -> Duration {
        Duration::from_secs(self.answer_within_secs)
    }

    /// What a hub promises, as far as it is believed.
    pub(super) fn lease(&self, promised_secs: Option<u64>) -> Duration {
        let shortest = self.longest_lease_secs.min(60);
        Duration::from_secs(promised_secs.unwrap_or(self.lease_secs).clamp(shortest, self.longest_lease_secs))
    }

    /// Time to the next request after so many failures in a row.
    pub(super) fn backoff(&self, failures: u32) -> Duration {
        let doubled = self.backoff_first_secs.max(1).saturating_mul(1 << failures.min(16));
        Duration::from_secs(doubled.min(self.backoff_cap_secs))
    }

    /// Time between polls of a feed whose hub tells.
    pub(crate) fn slowed(&self, interval: Duration) -> Duration {
        let longest = Duration::from_secs(self.longest_poll_secs).max(interval);
        interval.saturating_mul(self.poll_factor.max(1)).min(longest)
    }
}
