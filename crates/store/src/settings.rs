//! Where the store is.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How to reach the store.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreSettings {
    /// `sqlite:PATH` or `postgres://user:password@host/database?sslmode=verify-full&sslrootcert=FILE`.
    pub url: String,
    /// Connections of this process; SQLite keeps one for writing besides.
    pub connections: u32,
    /// Seconds to wait for a connection before the store counts as away.
    pub acquire_timeout_secs: u64,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self { url: "sqlite:data/store.db".to_owned(), connections: 8, acquire_timeout_secs: 10 }
    }
}

impl StoreSettings {
    /// The URL without its password, for logs and messages.
    pub fn shown_url(&self) -> String {
        telemetry::without_password(&self.url)
    }
}

/// Without the password: settings are printed when something is wrong with them.
impl fmt::Debug for StoreSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreSettings")
            .field("url", &self.shown_url())
            .field("connections", &self.connections)
            .field("acquire_timeout_secs", &self.acquire_timeout_secs)
            .finish()
    }
}
