//! Whether a Redis is fit to remember.

use super::link::Link;
use crate::IndexError;
use redis::InfoDict;
use telemetry::events::index::IndexUnsafe;

/// Says what would make this Redis forget: eviction, no persistence.
pub(super) async fn check(link: &Link) -> Result<(), IndexError> {
    if link.is_cluster() {
        // Each master has its own settings; its operator checks them (`CONFIG GET maxmemory-policy appendonly`).
        return link.run(&redis::cmd("PING")).await;
    }
    let mut command = redis::cmd("INFO");
    command.arg("memory").arg("persistence");
    let info: InfoDict = link.run(&command).await?;
    let policy: Option<String> = info.get("maxmemory_policy");
    if let Some(policy) = policy.filter(|p| p != "noeviction") {
        let why = format!(
            "Redis evicts keys (maxmemory-policy {policy}): copies would pass as new; set maxmemory-policy noeviction"
        );
        IndexUnsafe { why: &why }.emit();
    }
    let append_only = info.get::<u8>("aof_enabled").unwrap_or(0) == 1;
    if !append_only {
        let why = "Redis keeps no append-only file (appendonly no): after its restart run `wireroom index rebuild`";
        IndexUnsafe { why }.emit();
    }
    Ok(())
}

/// A write that changes nothing: a Redis that is full, failing over or a replica answers `PING` and takes no claim.
pub(super) async fn writable(link: &Link, prefix: &str) -> Result<(), IndexError> {
    let mut command = redis::cmd("SET");
    command.arg(format!("{prefix}:{}:ping", super::call::VERSION)).arg(1).arg("EX").arg(60);
    link.run(&command).await
}
