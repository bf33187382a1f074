//! Where the store is.

use serde::{Deserialize, Serialize};

/// How to reach the store.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
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
