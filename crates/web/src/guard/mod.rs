//! Which addresses we go to. Asked before every hop of every redirect, and again for what the DNS answers.

mod address;
mod destination;
mod resolver;

pub(crate) use destination::lookup;
pub use destination::{Destination, DestinationError};
pub(crate) use resolver::{GuardedResolver, ResolveError};

use crate::{FetchError, WebSettings};
use address::is_public;
use destination::Destinations;
use ipnet::IpNet;
use std::net::IpAddr;
use url::{Host, Url};

/// Decides where we may go.
#[derive(Debug)]
pub(crate) struct Guard {
    allow_networks: Vec<IpNet>,
    ports: Vec<u16>,
    url_bytes: usize,
    destinations: Destinations,
}

/// An address as it may be asked for.
#[derive(Debug)]
pub(crate) struct Admitted {
    /// As others may see it: no credentials, no fragment.
    pub(crate) url: Url,
    /// As the connection sees it: where a mapping rules, without port and perhaps in plain HTTP.
    pub(crate) wire: Url,
    /// The `Host` to send where `wire` no longer says it.
    pub(crate) host: Option<String>,
}

impl Guard {
    pub(crate) fn new(settings: &WebSettings) -> Self {
        Self {
            allow_networks: settings.allow_networks.clone(),
            ports: settings.limits.ports.clone(),
            url_bytes: settings.limits.url_bytes,
            destinations: Destinations::new(&settings.resolve),
        }
    }

    /// Lets an address pass, or says why not. Names are not resolved here: [`GuardedResolver`] checks what
    /// they resolve to at the moment of connecting, so that no second answer can differ from the checked one.
    pub(crate) fn admit(&self, url: &Url) -> Result<Admitted, FetchError> {
        let mut url = url.clone();
        if !matches!(url.scheme(), "http" | "https") {
            return Err(FetchError::Scheme { scheme: url.scheme().to_owned() });
        }
        // These fail only for addresses without a host, which http and https always have.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.set_fragment(None);
        if url.as_str().len() > self.url_bytes {
            return Err(FetchError::UrlTooLong { limit: self.url_bytes });
        }
        let literal = match url.host() {
            None => return Err(FetchError::Url { why: "it has no host".to_owned() }),
            Some(Host::Domain(_)) => None,
            Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
            Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
        };
        let host = url.host_str().unwrap_or_default().to_owned();
        if literal.is_none()
            && let Some(destination) = self.destinations.of(&host)
        {
            return Ok(mapped(url, &host, destination));
        }
        let port = url.port_or_known_default().unwrap_or(0);
        let opened = literal.is_some_and(|ip| self.is_opened(ip));
        if !self.ports.contains(&port) && !opened {
            return Err(FetchError::Port { port });
        }
        match literal {
            Some(ip) if !self.allows(ip) => Err(FetchError::Forbidden { host, ip }),
            _ => Ok(Admitted { wire: url.clone(), url, host: None }),
        }
    }

    /// Whether an IP address may be connected to.
    pub(crate) fn allows(&self, ip: IpAddr) -> bool {
        is_public(ip) || self.is_opened(ip)
    }

    /// An opened network is the operator's own, so its ports are open as well.
    fn is_opened(&self, ip: IpAddr) -> bool {
        self.allow_networks.iter().any(|net| net.contains(&ip))
    }
}

fn mapped(url: Url, host: &str, destination: Destination) -> Admitted {
    let mut wire = url.clone();
    // The connector prefers an explicit port to the resolver's: without one the mapping's port counts.
    let _ = wire.set_port(None);
    if destination.plain {
        let _ = wire.set_scheme("http");
    }
    let said = match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    Admitted { url, wire, host: Some(said) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(toml: &str) -> Guard {
        let settings: serde_json::Value = serde_json::from_str(toml).unwrap();
        Guard::new(&serde_json::from_value(settings).unwrap())
    }

    fn admit(guard: &Guard, url: &str) -> Result<Admitted, FetchError> {
        guard.admit(&Url::parse(url).unwrap())
    }

    #[test]
    fn literals_are_judged_in_every_spelling() {
        let closed = guard("{}");
        for url in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "http://127.1/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:7f00:1]/",
            "http://169.254.169.254/latest",
            "http://[fd00:ec2::254]/",
            "http://0/",
            "http://[64:ff9b::7f00:1]/",
        ] {
            assert!(matches!(admit(&closed, url), Err(FetchError::Forbidden { .. })), "{url}");
        }
        assert!(admit(&closed, "http://8.8.8.8/").is_ok());
    }

    #[test]
    fn an_opened_network_opens_nothing_else() {
        let open = guard(r#"{"allow_networks": ["127.0.0.0/8"]}"#);
        assert!(admit(&open, "http://127.0.0.1:9/").is_ok());
        assert!(matches!(admit(&open, "http://10.0.0.1/"), Err(FetchError::Forbidden { .. })));
        assert!(matches!(admit(&open, "http://example.org:22/"), Err(FetchError::Port { port: 22 })));
    }

    #[test]
    fn only_the_web_is_read_and_credentials_stay_here() {
        let closed = guard("{}");
        for url in ["ftp://example.org/", "file:///etc/passwd", "gopher://example.org/", "data:text/html,x"] {
            assert!(matches!(admit(&closed, url), Err(FetchError::Scheme { .. })), "{url}");
        }
        let admitted = admit(&closed, "https://user:secret@example.org/a#b").unwrap();
        assert_eq!(admitted.url.as_str(), "https://example.org/a");
        assert_eq!(admitted.wire.as_str(), "https://example.org/a");
        let long = format!("https://example.org/{}", "a".repeat(3000));
        assert!(matches!(admit(&closed, &long), Err(FetchError::UrlTooLong { limit: 2048 })));
    }

    #[test]
    fn a_mapping_gives_address_and_port_but_not_to_literals() {
        let demo = guard(r#"{"resolve": {"*": "127.0.0.1:8081", "*.tls.example": "http://127.0.0.1:8082"}}"#);
        let admitted = admit(&demo, "http://news.example:8181/a").unwrap();
        assert_eq!(admitted.wire.as_str(), "http://news.example/a");
        assert_eq!(admitted.host.as_deref(), Some("news.example:8181"));
        assert_eq!(admitted.url.as_str(), "http://news.example:8181/a");
        let plain = admit(&demo, "https://a.tls.example/x").unwrap();
        assert_eq!(plain.wire.as_str(), "http://a.tls.example/x");
        assert_eq!(plain.url.as_str(), "https://a.tls.example/x");
        assert!(matches!(admit(&demo, "http://127.0.0.1:8081/"), Err(FetchError::Port { .. })));
        assert!(matches!(admit(&demo, "http://127.0.0.1/"), Err(FetchError::Forbidden { .. })));
    }
}
