//! Real servers for tests: RabbitMQ, Redis, PostgreSQL, a browser, private to this process.
//!
//! Each starts at first use, on free ports of 127.0.0.1, with its data in a temporary folder, and is shared
//! by every test of the run: tests get a vhost, a database or a key prefix of their own. Tests that kill a
//! server start one for themselves. A watchdog holds the reading end of a pipe whose writing end is ours:
//! when this process ends, however it ends, the watchdog kills the servers and removes their data.
//!
//! This library knows no room of Wireroom.
#![forbid(unsafe_code)]

mod certificates;
mod child;
mod chromedriver;
mod measure;
mod network;
mod postgres;
mod prometheus;
mod rabbitmq;
mod redis;
mod shared;

pub use certificates::Certificates;
pub use child::{HarnessError, free_port};
pub use chromedriver::Chromedriver;
pub use measure::{Measure, bare_lapin};
pub use network::{Host, Network};
pub use postgres::Postgres;
pub use prometheus::Prometheus;
pub use rabbitmq::RabbitMq;
pub use redis::Redis;
pub use shared::{shared_folder, skip};

use std::sync::OnceLock;

/// The run's RabbitMQ, started at first use. Panics, naming the package to install, if it can't start.
pub fn rabbitmq() -> &'static RabbitMq {
    static SERVER: OnceLock<RabbitMq> = OnceLock::new();
    SERVER.get_or_init(|| RabbitMq::start().unwrap_or_else(|e| panic!("{e}")))
}

/// The run's Redis, started at first use.
pub fn redis() -> &'static Redis {
    static SERVER: OnceLock<Redis> = OnceLock::new();
    SERVER.get_or_init(|| Redis::start().unwrap_or_else(|e| panic!("{e}")))
}

/// The run's PostgreSQL, started at first use.
pub fn postgres() -> &'static Postgres {
    static SERVER: OnceLock<Postgres> = OnceLock::new();
    SERVER.get_or_init(|| Postgres::start().unwrap_or_else(|e| panic!("{e}")))
}

/// A name no other test of this run has: for vhosts, databases and prefixes.
pub fn unique(stem: &str) -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("{stem}_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}
