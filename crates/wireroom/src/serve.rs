//! Listening: the site, the operator's page, metrics and health.

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// An address that can't be listened on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListenError {
    /// Somebody else listens there.
    #[error("{key} = \"{address}\": the port is taken by another process; stop that one, or set {key} to another port")]
    Taken {
        /// The setting.
        key: &'static str,
        /// Its value.
        address: String,
    },
    /// It can't be listened on for another reason.
    #[error("{key} = \"{address}\": {why}")]
    Refused {
        /// The setting.
        key: &'static str,
        /// Its value.
        address: String,
        /// The operating system's word.
        why: String,
    },
}

/// Listens on `address`, which the setting `key` gave.
pub(crate) async fn bind(key: &'static str, address: &str) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).await.map_err(|e| match e.kind() {
        std::io::ErrorKind::AddrInUse => ListenError::Taken { key, address: address.to_owned() },
        _ => ListenError::Refused { key, address: address.to_owned(), why: e.to_string() },
    })
}

/// Serves until told to stop, then lets requests under way end.
pub(crate) async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) -> std::io::Result<()> {
    axum::serve(listener, router.into_make_service())
        .with_graceful_shutdown(async move { stop.cancelled().await })
        .await
}
