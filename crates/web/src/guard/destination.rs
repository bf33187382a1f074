//! Where an operator says that a host is served, instead of the DNS.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

/// A socket address, with whether plain HTTP is spoken there even for https addresses.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Destination {
    /// Where.
    pub address: SocketAddr,
    /// Plain HTTP, whatever the address' scheme.
    pub plain: bool,
}

/// Not a socket address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not an address and port like 127.0.0.1:8081 or http://127.0.0.1:8081")]
pub struct DestinationError(String);

impl FromStr for Destination {
    type Err = DestinationError;

    fn from_str(text: &str) -> Result<Self, DestinationError> {
        let (address, plain) = match text.strip_prefix("http://") {
            Some(rest) => (rest.trim_end_matches('/'), true),
            None => (text, false),
        };
        let address: SocketAddr = address.parse().map_err(|_| DestinationError(text.to_owned()))?;
        // Port 0 would fall back to the scheme's port, which nobody who writes it means.
        if address.port() == 0 {
            return Err(DestinationError(text.to_owned()));
        }
        Ok(Self { address, plain })
    }
}

impl TryFrom<String> for Destination {
    type Error = DestinationError;
    fn try_from(text: String) -> Result<Self, DestinationError> {
        text.parse()
    }
}

impl From<Destination> for String {
    fn from(destination: Destination) -> String {
        destination.to_string()
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.plain { "http://" } else { "" }, self.address)
    }
}

/// The mapping, asked by host.
#[derive(Debug, Clone)]
pub(crate) struct Destinations(BTreeMap<String, Destination>);

impl Destinations {
    pub(crate) fn new(patterns: &BTreeMap<String, Destination>) -> Self {
        Self(patterns.iter().map(|(pattern, to)| (pattern.to_ascii_lowercase(), *to)).collect())
    }

    /// The most exact pattern's answer.
    pub(crate) fn of(&self, host: &str) -> Option<Destination> {
        lookup(&self.0, host).copied()
    }
}

/// What `map` says of `host`: by its name, else by the longest `*.suffix` it is below, else by `*`.
pub(crate) fn lookup<'m, T>(map: &'m BTreeMap<String, T>, host: &str) -> Option<&'m T> {
    let host = host.trim_end_matches('.');
    if let Some(exact) = map.get(host) {
        return Some(exact);
    }
    let mut rest = host;
    while let Some((_, suffix)) = rest.split_once('.') {
        if let Some(found) = map.get(&format!("*.{suffix}")) {
            return Some(found);
        }
        rest = suffix;
    }
    map.get("*")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_exact_pattern_wins() {
        let map: BTreeMap<String, u8> =
            [("*", 1), ("*.example.org", 2), ("*.news.example.org", 3), ("a.news.example.org", 4)]
                .map(|(k, v)| (k.to_owned(), v))
                .into();
        for (host, expected) in [
            ("x.org", 1),
            ("example.org", 1),
            ("b.example.org", 2),
            ("b.news.example.org", 3),
            ("a.news.example.org.", 4),
        ] {
            assert_eq!(lookup(&map, host), Some(&expected), "{host}");
        }
    }

    #[test]
    fn a_destination_reads_what_it_writes() {
        for text in ["127.0.0.1:8081", "http://127.0.0.1:8081", "[::1]:80"] {
            assert_eq!(text.parse::<Destination>().unwrap().to_string(), text);
        }
        for text in ["127.0.0.1", "localhost:80", "127.0.0.1:0", "https://127.0.0.1:1", ""] {
            assert!(text.parse::<Destination>().is_err(), "{text}");
        }
    }
}
