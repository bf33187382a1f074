//! Whether a Redis is fit to remember.

use super::Naming;
use super::link::Link;
use crate::IndexError;
use redis::InfoDict;

/// What would make this Redis forget: eviction, no persistence, an index of another release. Empty of one that is fit.
pub(super) async fn faults(link: &Link, naming: &Naming) -> Result<Vec<String>, IndexError> {
    if link.is_cluster() {
        // Each master has its own settings; its operator checks them (`CONFIG GET maxmemory-policy appendonly`).
        link.run::<()>(&redis::cmd("PING")).await?;
        return Ok(Vec::new());
    }
    let mut command = redis::cmd("INFO");
    command.arg("memory").arg("persistence");
    let info: InfoDict = link.run(&command).await?;
    let mut faults = Vec::new();
    let policy: Option<String> = info.get("maxmemory_policy");
    if let Some(policy) = policy.filter(|p| p != "noeviction") {
        faults.push(format!(
            "Redis evicts keys (maxmemory-policy {policy}): copies would pass as new; set maxmemory-policy noeviction"
        ));
    }
    if info.get::<u8>("aof_enabled").unwrap_or(0) != 1 {
        let why = "Redis keeps no append-only file (appendonly no): after its restart run `wireroom index rebuild`";
        faults.push(why.to_owned());
    }
    if is_outdated(link, naming).await? {
        let why = "Redis holds the index of an earlier release, which this one does not read: copies of what it knew would \
                   pass as new; run `wireroom index rebuild`";
        faults.push(why.to_owned());
    }
    Ok(faults)
}

/// Whether there is an index of an earlier version and none of ours.
async fn is_outdated(link: &Link, naming: &Naming) -> Result<bool, IndexError> {
    let (ours, earlier) = naming.signs();
    let held = async |keys: &[String]| {
        let mut command = redis::cmd("EXISTS");
        command.arg(keys);
        link.run::<u32>(&command).await
    };
    Ok(held(&[ours]).await? == 0 && held(&earlier).await? > 0)
}

/// A write that changes nothing: a Redis that is full, failing over or a replica answers `PING` and takes no claim.
pub(super) async fn writable(link: &Link, naming: &Naming) -> Result<(), IndexError> {
    let mut command = redis::cmd("SET");
    command.arg(naming.ping()).arg(1).arg("EX").arg(60);
    link.run(&command).await
}
