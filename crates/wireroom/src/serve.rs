//! Listening: the site, the operator's page, metrics and health.

use axum::Router;
use std::future::IntoFuture;
use std::time::Duration;
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

/// How long requests under way may take to end after a stop: as long as the site gives one anyway.
const LINGER: Duration = Duration::from_secs(10);

/// Serves until told to stop, then lets requests under way end. Who has sent half a request, and never sends the
/// rest, is not waited for.
pub(crate) async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) -> std::io::Result<()> {
    let told = stop.clone().cancelled_owned();
    let served = axum::serve(listener, router.into_make_service()).with_graceful_shutdown(told);
    let lingered = async {
        stop.cancelled().await;
        tokio::time::sleep(LINGER).await;
    };
    tokio::select! {
        ended = served.into_future() => ended,
        () = lingered => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::serve;
    use axum::Router;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio_util::sync::CancellationToken;

    #[tokio::test(start_paused = true)]
    async fn half_a_request_does_not_keep_the_process() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let router = Router::new().fallback(|| async { "served" });
        let served = tokio::spawn(serve(listener, router, stop.clone()));
        let mut half = TcpStream::connect(address).await.unwrap();
        half.write_all(b"GET / HTTP/1.1\r\nHost:").await.unwrap();
        // Who comes later has an answer: the first connection is taken too.
        let mut whole = TcpStream::connect(address).await.unwrap();
        whole.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"served") {
            assert_ne!(whole.read_buf(&mut answer).await.unwrap(), 0);
        }
        stop.cancel();
        let ended = tokio::time::timeout(Duration::from_secs(600), served).await;
        assert!(ended.expect("it ends").unwrap().is_ok());
    }
}
