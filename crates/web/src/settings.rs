//! How to go out, and how much is too much.

use crate::guard::Destination;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Everything an operator may say about outgoing requests.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebSettings {
    /// Mail address or page of whoever runs this installation, for the User-Agent: a webmaster must be able
    /// to reach a person. Without one the binary polls nothing but loopback.
    pub contact: String,
    /// Public address of the site (`https://news.example.org`), whose `/about/robot` the User-Agent names.
    pub public_url: String,
    /// Networks opened although they lie inward (`127.0.0.0/8`), for tests and for sources inside the house.
    /// Nothing inward is reached by default.
    pub allow_networks: Vec<IpNet>,
    /// Hosts that are not looked up in the DNS: pattern (`news.localhost`, `*.localhost`, `*`) to where they
    /// are served (`127.0.0.1:8081`, or `http://127.0.0.1:8081` to speak plain HTTP whatever the address
    /// says). The most exact pattern wins. What stands here is the operator's word and needs no opened
    /// network; a host written as an IP address is never mapped.
    pub resolve: BTreeMap<String, Destination>,
    /// Proxy for every request (`http://proxy:3128`). Off by default, and the system's proxy is never used:
    /// behind a proxy names are resolved by the proxy, so that only it can refuse inward addresses.
    pub proxy: Option<String>,
    /// PEM file of certificate authorities trusted besides the system's.
    pub ca_file: Option<PathBuf>,
    /// What one request may cost.
    pub limits: Limits,
    /// How often a host is asked.
    pub politeness: PolitenessSettings,
    /// How long robots.txt is believed.
    pub robots: RobotsSettings,
}

/// What one request may cost, in time and memory.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Milliseconds for a whole request with all its redirects; half of the handler's time-out, so that the
    /// handler still has time to work.
    pub total_ms: u64,
    /// Milliseconds for DNS, TCP and TLS together.
    pub connect_ms: u64,
    /// Milliseconds from a request to the head of its response.
    pub first_byte_ms: u64,
    /// Milliseconds between two pieces of a body.
    pub idle_ms: u64,
    /// Milliseconds an unused connection is kept: a host's next slot is a second away, its next poll minutes.
    pub keep_alive_ms: u64,
    /// Bytes of a body on the wire.
    pub wire_bytes: usize,
    /// Bytes of a body after decompression.
    pub body_bytes: usize,
    /// Bytes of all header names and values of a response; a parser's buffer stops at 400 KiB before this is asked.
    pub header_bytes: usize,
    /// Header fields of a response.
    pub headers: usize,
    /// Redirects followed; browsers give up at 20, and news that needs more than a few is a trap.
    pub redirects: usize,
    /// Bytes of an address: as of [`article::CanonicalUrl::MAX_LEN`].
    pub url_bytes: usize,
    /// Ports that may be asked: a feed's address must not make a port scanner of us.
    pub ports: Vec<u16>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            total_ms: 30_000,
            connect_ms: 10_000,
            first_byte_ms: 15_000,
            idle_ms: 10_000,
            keep_alive_ms: 15_000,
            wire_bytes: 5_000_000,
            body_bytes: 5_000_000,
            header_bytes: 65_536,
            headers: 200,
            redirects: 8,
            url_bytes: article::CanonicalUrl::MAX_LEN,
            ports: vec![80, 443, 8080, 8443],
        }
    }
}

impl Limits {
    pub(crate) fn total(&self) -> Duration {
        Duration::from_millis(self.total_ms)
    }

    pub(crate) fn connect(&self) -> Duration {
        Duration::from_millis(self.connect_ms)
    }

    pub(crate) fn first_byte(&self) -> Duration {
        Duration::from_millis(self.first_byte_ms)
    }

    pub(crate) fn idle(&self) -> Duration {
        Duration::from_millis(self.idle_ms)
    }
}

/// How often a host is asked.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PolitenessSettings {
    /// Requests a second to one host, over all replicas.
    pub host_per_second: f64,
    /// Requests a second to one registrable domain, over all replicas: publishers put hundreds of hosts on
    /// one machine.
    pub domain_per_second: u32,
    /// Connections to one host at a time, of each process.
    pub connections_per_host: usize,
    /// Longest `Crawl-delay` honoured, in seconds: above it a host is polled at this pace, not crawled.
    pub crawl_delay_cap_secs: u64,
    /// Longest wait in a handler for a slot, in milliseconds; a farther slot parks the message. Never more
    /// than 5,000: a waiting handler holds a delivery and its prefetch.
    pub max_wait_ms: u64,
    /// Handlers of one host that may wait at a time: others would take every handler from other hosts.
    pub waiting_per_host: usize,
    /// Seconds ahead for which slots are booked: beyond, a page laps with jitter, since an endless queue in Redis
    /// would be a second queue without the first one's guarantees. Each lap is a message published again, so the
    /// horizon holds what a host's busiest hour brings at its rate.
    pub horizon_secs: u64,
    /// Longest `Retry-After` believed, in seconds: a year is somebody's mistake.
    pub slow_down_cap_secs: u64,
    /// Hosts with overrides, by name; `*.example.org` covers the names below it.
    pub hosts: BTreeMap<String, HostOverride>,
    /// Hosts and reservations remembered by one process without Redis.
    pub remembered: usize,
}

impl Default for PolitenessSettings {
    fn default() -> Self {
        Self {
            host_per_second: 1.0,
            domain_per_second: 4,
            connections_per_host: 1,
            crawl_delay_cap_secs: 30,
            max_wait_ms: 5_000,
            waiting_per_host: 4,
            horizon_secs: 2_400,
            slow_down_cap_secs: 86_400,
            hosts: BTreeMap::new(),
            remembered: 100_000,
        }
    }
}

/// What an operator has agreed with one host. What is absent stays as for everybody.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HostOverride {
    /// Requests a second to this host. Wins over its `Crawl-delay`.
    pub per_second: Option<f64>,
    /// Requests a second to this host's registrable domain.
    pub domain_per_second: Option<u32>,
    /// Connections at a time.
    pub connections: Option<usize>,
}

/// How long robots.txt is believed (RFC 9309, sections 2.3 and 2.4).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RobotsSettings {
    /// Product token looked for in `User-agent` lines.
    pub agent: String,
    /// Seconds a file is used before it is asked for again; RFC 9309 says not more than a day.
    pub ttl_secs: u64,
    /// Seconds between attempts while a file can't be had.
    pub retry_secs: u64,
    /// Seconds an old file is used while a newer can't be had; after them the host is closed until it answers.
    pub stale_secs: u64,
    /// Bytes read of a file; RFC 9309 asks for at least 500 KiB. What follows is ignored.
    pub max_bytes: usize,
    /// Files remembered by one process.
    pub remembered: usize,
    /// Bytes of all files remembered: a hostile one is as large as `max_bytes`.
    pub remembered_bytes: usize,
}

impl Default for RobotsSettings {
    fn default() -> Self {
        Self {
            agent: "Wireroom".to_owned(),
            ttl_secs: 86_400,
            retry_secs: 300,
            stale_secs: 7 * 86_400,
            max_bytes: 512_000,
            remembered: 20_000,
            remembered_bytes: 64_000_000,
        }
    }
}
