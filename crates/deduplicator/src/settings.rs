//! Where the index is and how long it remembers.

use crate::Thresholds;
use article::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// How to reach the index, and what it decides by.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IndexSettings {
    /// `sqlite:PATH`, `sqlite::memory:`, `redis://user:password@host:port/database` or `rediss://…` for TLS.
    pub url: String,
    /// Whether the address is a node of a Redis Cluster; the others are found through it.
    pub cluster: bool,
    /// File with the authority that signed the server's certificate, PEM; the system's authorities where empty.
    pub ca_file: Option<PathBuf>,
    /// Days a text is remembered. News older than a month is seldom carried again, and memory grows with it.
    pub window_days: u16,
    /// Megabytes that a replica's memory of the index may take. Beyond it the belt waits, and says so, until days have left
    /// the window or this is raised: better than a process that is killed at every start for what it reads.
    pub memory_mb: u32,
    /// Milliseconds until Redis counts as away. The client's own half second is too short for a loaded server
    /// that is writing its append-only file.
    pub response_timeout_ms: u64,
    /// Milliseconds until a connection attempt counts as failed.
    pub connect_timeout_ms: u64,
    /// Beginning of every key in Redis, so that several installations can share a server.
    pub prefix: String,
    /// What makes two texts one story.
    pub thresholds: Thresholds,
}

impl Default for IndexSettings {
    fn default() -> Self {
        Self {
            url: "sqlite:data/index.db".to_owned(),
            cluster: false,
            ca_file: None,
            window_days: 30,
            memory_mb: 1024,
            response_timeout_ms: 5_000,
            connect_timeout_ms: 5_000,
            prefix: "wireroom".to_owned(),
            thresholds: Thresholds::default(),
        }
    }
}

/// The day an entry was made, since 1970: what expiry goes by. Two bytes reach to the year 2149.
pub(crate) fn day(now: Timestamp) -> u16 {
    u16::try_from(now.secs() / 86_400).unwrap_or(0)
}

impl IndexSettings {
    /// The first day that is still within the window on `day`.
    pub(crate) fn oldest_on(&self, day: u16) -> u16 {
        day.saturating_sub(self.window_days)
    }
}
