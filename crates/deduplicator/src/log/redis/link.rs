//! The connection, and what its errors mean.

use crate::{IndexError, IndexSettings};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::cluster::{ClusterClient, ClusterClientBuilder};
use redis::cluster_async::ClusterConnection;
use redis::{Client, Cmd, ErrorKind, FromRedisValue, RedisError, ScriptInvocation, ServerErrorKind, TlsCertificates};
use std::fmt;
use std::time::Duration;
use tokio::sync::OnceCell;

/// Longest pause between two attempts to connect.
const MAX_DELAY: Duration = Duration::from_secs(5);

/// One connection, for one command at a time. Made at the first command, and again after a failure.
pub(super) enum Link {
    Single(ConnectionManager),
    /// A Cluster's client must connect to be made, which a start must not wait for.
    Cluster(Box<ClusterClient>, OnceCell<ClusterConnection>),
}

impl Link {
    pub(super) fn new(settings: &IndexSettings) -> Result<Self, IndexError> {
        let wrong = |why: &dyn fmt::Display| {
            IndexError::Settings(format!("url “{}”: {why}", telemetry::without_password(&settings.url)))
        };
        let certificates = match &settings.ca_file {
            None => None,
            Some(file) => {
                let authority = std::fs::read(file)
                    .map_err(|e| IndexError::Settings(format!("ca_file {}: {e}", file.display())))?;
                Some(TlsCertificates { client_tls: None, root_cert: Some(authority) })
            }
        };
        let respond = Duration::from_millis(settings.response_timeout_ms);
        let connect = Duration::from_millis(settings.connect_timeout_ms);
        if settings.cluster {
            let mut builder = ClusterClientBuilder::new([settings.url.as_str()])
                .connection_timeout(connect)
                .response_timeout(respond);
            if let Some(certificates) = certificates {
                builder = builder.certs(certificates);
            }
            let client = builder.build().map_err(|e| wrong(&e))?;
            return Ok(Self::Cluster(Box::new(client), OnceCell::new()));
        }
        let client = match certificates {
            Some(certificates) => Client::build_with_tls(settings.url.as_str(), certificates),
            None => Client::open(settings.url.as_str()),
        };
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(connect))
            .set_response_timeout(Some(respond))
            .set_max_delay(MAX_DELAY)
            // One attempt a command: the worker's circuit is what waits.
            .set_number_of_retries(1);
        let manager = client.and_then(|c| ConnectionManager::new_lazy_with_config(c, config)).map_err(|e| wrong(&e))?;
        Ok(Self::Single(manager))
    }

    pub(super) fn is_cluster(&self) -> bool {
        matches!(self, Link::Cluster(..))
    }

    /// Runs a command.
    pub(super) async fn run<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, IndexError> {
        let result = match self {
            Link::Single(manager) => command.query_async(&mut manager.clone()).await,
            Link::Cluster(client, made) => command.query_async(&mut connected(client, made).await?).await,
        };
        result.map_err(|e| failed(&e))
    }

    /// Runs a script.
    pub(super) async fn call<T: FromRedisValue>(&self, call: ScriptInvocation<'static>) -> Result<T, IndexError> {
        let result = match self {
            Link::Single(manager) => call.invoke_async(&mut manager.clone()).await,
            Link::Cluster(client, made) => call.invoke_async(&mut connected(client, made).await?).await,
        };
        result.map_err(|e| failed(&e))
    }
}

async fn connected(
    client: &ClusterClient,
    made: &OnceCell<ClusterConnection>,
) -> Result<ClusterConnection, IndexError> {
    let made = made.get_or_try_init(|| client.get_async_connection()).await;
    made.cloned().map_err(|e| failed(&e))
}

/// What heals by itself or by its operator (no connection, no answer, loading, failing over, out of memory, disk full, a
/// password or a permission) is away; what is left is a fault of the data.
fn failed(error: &RedisError) -> IndexError {
    let why = error.to_string();
    match error.kind() {
        ErrorKind::Server(ServerErrorKind::ResponseError | ServerErrorKind::ExecAbort | ServerErrorKind::CrossSlot)
        | ErrorKind::Parse
        | ErrorKind::UnexpectedReturnType => {
            // A script's own error is reported as a general one and quotes what it met.
            if ["OOM", "MISCONF", "READONLY", "NOREPLICAS", "NOAUTH", "BUSY"].iter().any(|code| why.contains(code)) {
                IndexError::Away(why)
            } else {
                IndexError::Damaged(why)
            }
        }
        // A key of ours that somebody else wrote.
        _ if error.code() == Some("WRONGTYPE") => IndexError::Damaged(why),
        ErrorKind::InvalidClientConfig => IndexError::Settings(why),
        _ => IndexError::Away(why),
    }
}
