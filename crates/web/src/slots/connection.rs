//! The slots' connection to Redis.

use super::{Away, SlotsError};
use ::redis::aio::{ConnectionManager, ConnectionManagerConfig};
use ::redis::{Client, TlsCertificates};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// Where host slots are kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SlotSettings {
    /// `redis://…` or `rediss://…`; empty for this process alone.
    pub url: String,
    /// PEM file of the authority that signed Redis' certificate, in place of the system's.
    pub ca_file: Option<PathBuf>,
    /// Milliseconds to wait for a connection.
    pub connect_ms: u64,
    /// Milliseconds to wait for an answer: a slot is a short script, and a page must not wait for it longer
    /// than for its host.
    pub response_ms: u64,
    /// What keys begin with, for several installations on one Redis.
    pub prefix: String,
}

impl Default for SlotSettings {
    fn default() -> Self {
        Self {
            url: String::new(),
            ca_file: None,
            connect_ms: 2_000,
            response_ms: 2_000,
            prefix: "wireroom:1:slots".to_owned(),
        }
    }
}

/// Makes a connection that reconnects by itself; it is opened at first use.
pub(super) fn connect(settings: &SlotSettings) -> Result<ConnectionManager, SlotsError> {
    let wrong = |e: ::redis::RedisError| SlotsError::Url { why: e.to_string() };
    let client = match &settings.ca_file {
        None => Client::open(settings.url.as_str()).map_err(wrong)?,
        Some(path) => {
            let pem = std::fs::read(path)
                .map_err(|e| SlotsError::CaFile { path: path.display().to_string(), why: e.to_string() })?;
            let certificates = TlsCertificates { client_tls: None, root_cert: Some(pem) };
            Client::build_with_tls(settings.url.as_str(), certificates).map_err(wrong)?
        }
    };
    let config = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(Duration::from_millis(settings.connect_ms)))
        // The library's own half a second would fail a busy Redis.
        .set_response_timeout(Some(Duration::from_millis(settings.response_ms)))
        // Whoever asks decides about asking again: it has a message to park.
        .set_number_of_retries(1);
    ConnectionManager::new_lazy_with_config(client, config).map_err(wrong)
}

impl From<::redis::RedisError> for Away {
    fn from(error: ::redis::RedisError) -> Self {
        Self { why: error.to_string() }
    }
}
