//! What an operator decides about publishing.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// How stories are made, and who is told of them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PublisherSettings {
    /// Days during which two articles with the same normalised text are one story. 30: as long as the index
    /// remembers; a text that returns later (a yearly notice) is news again.
    pub exact_window_days: u32,
    /// Who is told what happens to stories.
    pub webhooks: Vec<Webhook>,
}

impl Default for PublisherSettings {
    fn default() -> Self {
        Self { exact_window_days: 30, webhooks: Vec::new() }
    }
}

impl PublisherSettings {
    /// The longest two equal texts may be apart and still be one story.
    pub fn exact_window(&self) -> Duration {
        Duration::from_secs(u64::from(self.exact_window_days) * 24 * 3600)
    }

    /// The webhook of this name.
    pub fn webhook(&self, name: &str) -> Option<&Webhook> {
        self.webhooks.iter().find(|w| w.name == name)
    }
}

/// A target of notices.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Its name on the belt and in the log. Address and secret never travel.
    pub name: String,
    /// Where notices are posted.
    pub url: String,
    /// With it each notice is signed, so that the target can tell it from a stranger's.
    #[serde(default, skip_serializing_if = "Secret::is_empty")]
    pub secret: Secret,
}

/// A text that is never printed: not by `Debug`, not in a log, not by `config show`.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself: for signing and comparing, never for printing.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "Secret(none)" } else { "Secret(hidden)" })
    }
}

impl Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(if self.0.is_empty() { "" } else { "hidden" })
    }
}
