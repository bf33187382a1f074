//! The slots' connection to Redis, or to a Redis Cluster.

use super::{Away, SlotsError};
use ::redis::aio::{ConnectionManager, ConnectionManagerConfig};
use ::redis::cluster::{ClusterClient, ClusterClientBuilder};
use ::redis::cluster_async::ClusterConnection;
use ::redis::{Client, FromRedisValue, ScriptInvocation, TlsCertificates};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;

/// Where host slots are kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SlotSettings {
    /// `redis://…` or `rediss://…`; empty for this process alone.
    pub url: String,
    /// Whether the address is a node of a Redis Cluster; the others are found through it.
    pub cluster: bool,
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
            cluster: false,
            ca_file: None,
            connect_ms: 2_000,
            response_ms: 2_000,
            prefix: "wireroom:1:slots".to_owned(),
        }
    }
}

/// One connection for all who ask. Opened at first use, and again after a failure.
#[derive(Clone)]
pub(super) enum Connection {
    Single(ConnectionManager),
    /// A Cluster's client must connect to be made, which a start must not wait for.
    Cluster(Arc<ClusterClient>, Arc<OnceCell<ClusterConnection>>),
}

impl Connection {
    pub(super) fn new(settings: &SlotSettings) -> Result<Self, SlotsError> {
        let wrong = |e: ::redis::RedisError| SlotsError::Url { why: e.to_string() };
        let certificates = settings.ca_file.as_ref().map(|path| {
            let pem = std::fs::read(path)
                .map_err(|e| SlotsError::CaFile { path: path.display().to_string(), why: e.to_string() })?;
            Ok(TlsCertificates { client_tls: None, root_cert: Some(pem) })
        });
        let certificates = certificates.transpose()?;
        let connect = Duration::from_millis(settings.connect_ms);
        // The library's own half a second would fail a busy Redis.
        let respond = Duration::from_millis(settings.response_ms);
        let url = settings.url.as_str();
        if settings.cluster {
            let builder = ClusterClientBuilder::new([url]).connection_timeout(connect).response_timeout(respond);
            let builder = match certificates {
                Some(certificates) => builder.certs(certificates),
                None => builder,
            };
            return Ok(Self::Cluster(Arc::new(builder.build().map_err(wrong)?), Arc::default()));
        }
        let client = match certificates {
            Some(certificates) => Client::build_with_tls(url, certificates),
            None => Client::open(url),
        };
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(connect))
            .set_response_timeout(Some(respond))
            // Whoever asks decides about asking again: it has a message to park.
            .set_number_of_retries(1);
        let manager = ConnectionManager::new_lazy_with_config(client.map_err(wrong)?, config).map_err(wrong)?;
        Ok(Self::Single(manager))
    }

    /// Runs a script whose keys have one hash tag.
    pub(super) async fn call<T: FromRedisValue>(&self, call: &ScriptInvocation<'_>) -> Result<T, Away> {
        Ok(match self {
            Self::Single(manager) => call.invoke_async(&mut manager.clone()).await?,
            Self::Cluster(client, made) => call.invoke_async(&mut cluster(client, made).await?).await?,
        })
    }

    /// Whether it answers.
    pub(super) async fn ping(&self) -> Result<(), Away> {
        let ping = ::redis::cmd("PING");
        let _: String = match self {
            Self::Single(manager) => ping.query_async(&mut manager.clone()).await?,
            Self::Cluster(client, made) => ping.query_async(&mut cluster(client, made).await?).await?,
        };
        Ok(())
    }
}

async fn cluster(client: &ClusterClient, made: &OnceCell<ClusterConnection>) -> Result<ClusterConnection, Away> {
    Ok(made.get_or_try_init(|| client.get_async_connection()).await?.clone())
}

impl From<::redis::RedisError> for Away {
    fn from(error: ::redis::RedisError) -> Self {
        Self { why: error.to_string() }
    }
}
