//! The client's resolver: the connection goes to an address that was checked, not to one that is looked up again.

use super::Guard;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// A name that leads nowhere we go. Found again in the client's error chain.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ResolveError {
    /// All its addresses lie inward; this is one.
    #[error("{host} resolves to {ip}, which lies inward")]
    Forbidden { host: String, ip: IpAddr },
    /// It has no address.
    #[error("{host} has no address: {why}")]
    NotFound { host: String, why: String },
}

/// Resolves by the operator's mapping, else by the system, and drops every address that lies inward.
#[derive(Debug, Clone)]
pub(crate) struct GuardedResolver(pub(crate) Arc<Guard>);

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.0.clone();
        Box::pin(async move {
            let addresses = resolve(&guard, name.as_str()).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

async fn resolve(guard: &Guard, host: &str) -> Result<Vec<SocketAddr>, ResolveError> {
    if let Some(destination) = guard.destinations.of(host) {
        return Ok(vec![destination.address]);
    }
    // Port 0 tells the connector to take the address' own port.
    let found: Vec<SocketAddr> = tokio::net::lookup_host((host, 0))
        .await
        .map_err(|e| ResolveError::NotFound { host: host.to_owned(), why: e.to_string() })?
        .collect();
    let open: Vec<SocketAddr> = found.iter().copied().filter(|a| guard.allows(a.ip())).collect();
    match (open.is_empty(), found.first()) {
        (false, _) => Ok(open),
        (true, Some(inward)) => Err(ResolveError::Forbidden { host: host.to_owned(), ip: inward.ip() }),
        (true, None) => Err(ResolveError::NotFound { host: host.to_owned(), why: "no records".to_owned() }),
    }
}
