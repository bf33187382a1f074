//! Logs in Redis, or in a Redis Cluster: streams.

mod entry;
mod health;
mod link;

use super::{Appended, End, Log, Page};
use crate::{IndexError, IndexSettings};
use async_trait::async_trait;
use entry::Id;
use link::Link;
use redis::Script;
use redis::streams::StreamRangeReply;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Version of the keys, of what lies under them and of the shingles' hashes. Another version is another index: the old
/// one is not read, which [`health`] says, and expires by itself.
const VERSION: u8 = 6;

/// Entries read at once: some megabytes of a busy log, in which some dozen articles share one.
const AT_ONCE: usize = 128;

/// Nodes of a stream that are weighed for its size; by Redis' five it was half too much.
const WEIGHED: usize = 256;

/// `EVALSHA` names it by its hash; a Redis that has lost it is sent it again.
static APPEND: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("append.lua")));

/// The field that an entry's batch is in.
const BATCH: &str = "b";

/// The log, as one process has it.
pub(crate) struct RedisLog {
    /// The connection; it reconnects by itself.
    link: Link,
    naming: Naming,
    /// Seconds that a log lives after it was last written.
    keep: u64,
    /// Logs that this process has announced in the index's own list, which measuring and clearing go by.
    announced: BTreeSet<String>,
}

impl RedisLog {
    /// Over `settings.url`; nothing is waited for.
    pub(crate) fn new(settings: &IndexSettings) -> Result<Self, IndexError> {
        Ok(Self {
            link: Link::new(settings)?,
            naming: Naming { prefix: settings.prefix.clone(), is_spread: settings.cluster },
            keep: 3 * u64::from(settings.window_days.max(1)) * 86_400,
            announced: BTreeSet::new(),
        })
    }

    /// Adds a log to the list before anything is written to it.
    async fn announce(&mut self, log: &str) -> Result<(), IndexError> {
        if !self.announced.contains(log) {
            let mut command = redis::cmd("SADD");
            command.arg(self.naming.list(VERSION)).arg(log);
            self.link.run::<()>(&command).await?;
            self.announced.insert(log.to_owned());
        }
        Ok(())
    }
}

#[async_trait]
impl Log for RedisLog {
    fn backend(&self) -> &'static str {
        "redis"
    }

    fn of(&self, language: &str) -> String {
        self.naming.log(language)
    }

    async fn append(&mut self, log: &str, end: &End, day: u16, batch: Vec<u8>) -> Result<Appended, IndexError> {
        self.announce(log).await?;
        let id = Id::after(end, day);
        let mut call = APPEND.prepare_invoke();
        call.key(log).key(last(log)).arg(end).arg(id.to_string()).arg(&batch).arg(self.keep).arg(AT_ONCE);
        let behind: Option<(End, StreamRangeReply)> = self.link.call(call).await?;
        match behind {
            None if batch.is_empty() => Ok(Appended::At(end.clone())),
            None => Ok(Appended::At(id.to_string())),
            Some((last, entries)) => after(end, last, entries),
        }
    }

    async fn all(&mut self) -> Result<Vec<String>, IndexError> {
        let mut command = redis::cmd("SMEMBERS");
        command.arg(self.naming.list(VERSION));
        self.link.run(&command).await
    }

    async fn trim(&mut self, oldest: u16) -> Result<(), IndexError> {
        for log in self.all().await? {
            let mut command = redis::cmd("XTRIM");
            command.arg(&log).arg("MINID").arg(Id::first_of(oldest).to_string());
            self.link.run::<()>(&command).await?;
        }
        Ok(())
    }

    async fn clear(&mut self) -> Result<(), IndexError> {
        for log in self.all().await? {
            // Together: they are of one slot.
            let mut command = redis::cmd("UNLINK");
            command.arg(&log).arg(last(&log));
            self.link.run::<()>(&command).await?;
        }
        let mut command = redis::cmd("UNLINK");
        command.arg(self.naming.list(VERSION));
        self.link.run::<()>(&command).await?;
        self.announced.clear();
        Ok(())
    }

    async fn bytes(&mut self) -> Result<u64, IndexError> {
        let mut bytes = 0;
        for log in self.all().await? {
            let mut command = redis::cmd("MEMORY");
            command.arg("USAGE").arg(&log).arg("SAMPLES").arg(WEIGHED);
            bytes += self.link.run::<Option<u64>>(&command).await?.unwrap_or(0);
        }
        Ok(bytes)
    }

    async fn ping(&mut self) -> Result<(), IndexError> {
        health::writable(&self.link, &self.naming).await
    }

    async fn faults(&mut self) -> Result<Vec<String>, IndexError> {
        health::faults(&self.link, &self.naming).await
    }
}

/// What comes after `end`, of a log's entries from it on and the id of its last one.
fn after(end: &End, last: End, entries: StreamRangeReply) -> Result<Appended, IndexError> {
    let is_last = entries.ids.len() < AT_ONCE;
    let mut entries = entries.ids.into_iter();
    if !end.is_empty() && entries.next().is_none_or(|entry| entry.id != *end) {
        return Ok(Appended::Lost);
    }
    let (mut batches, mut read) = (Vec::with_capacity(entries.len()), end.clone());
    for entry in entries {
        batches.push(entry.get(BATCH).ok_or_else(|| IndexError::Damaged(format!("entry {} has no batch", entry.id)))?);
        read = entry.id;
    }
    // The last may have been trimmed.
    let end = if is_last { last } else { read };
    Ok(Appended::Behind(Page { batches, end, is_last }))
}

/// How an installation's keys are named. A log and the id of its last entry share a hash tag, so that on a Cluster they
/// share a slot (Redis Cluster specification, “Hash tags”).
pub(super) struct Naming {
    prefix: String,
    is_spread: bool,
}

impl Naming {
    /// No language is called `*`.
    fn log(&self, language: &str) -> String {
        let tag = if self.is_spread { language } else { "*" };
        self.key(VERSION, &format!("{{{tag}}}"))
    }

    /// The list of logs of an index of this version.
    pub(super) fn list(&self, version: u8) -> String {
        // Up to version 5 it listed languages.
        self.key(version, if version > 5 { "logs" } else { "languages" })
    }

    /// What is written to see whether it can be.
    pub(super) fn ping(&self) -> String {
        self.key(VERSION, "ping")
    }

    fn key(&self, version: u8, name: &str) -> String {
        format!("{}:{version}:{name}", self.prefix)
    }
}

fn last(log: &str) -> String {
    format!("{log}:last")
}
