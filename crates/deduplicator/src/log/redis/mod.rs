//! Logs in Redis, or in a Redis Cluster: streams.

mod entry;
mod health;
mod link;

use super::{AT_ONCE, Appended, End, Log};
use crate::{IndexError, IndexSettings};
use async_trait::async_trait;
use entry::Id;
use link::Link;
use redis::Script;
use redis::streams::{StreamId, StreamRangeReply};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Version of the keys, of what lies under them and of the shingles' hashes. Another version is another index: the old
/// one is not read, which [`health`] says, and expires by itself.
const VERSION: u8 = 6;

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
    /// On a Cluster, logs that this process has announced in the index's own list, which measuring and clearing go by.
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
        if self.naming.is_spread && !self.announced.contains(log) {
            let mut command = redis::cmd("SADD");
            command.arg(self.naming.list()).arg(log);
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
        if !batch.is_empty() {
            self.announce(log).await?;
        }
        let id = Id::after(end, day);
        let mut call = APPEND.prepare_invoke();
        call.key(log).key(last(log)).arg(end).arg(id.to_string()).arg(&batch).arg(self.keep).arg(AT_ONCE);
        let behind: Option<(End, StreamRangeReply)> = self.link.call(call).await?;
        match behind {
            None if batch.is_empty() => Ok(Appended::At(end.clone())),
            None => Ok(Appended::At(id.to_string())),
            Some((last, entries)) => {
                let appended = Appended::behind(end, last, batches(entries)?);
                if matches!(appended, Appended::Lost) {
                    // Whoever emptied it may have emptied the list.
                    self.announced.clear();
                }
                Ok(appended)
            }
        }
    }

    async fn all(&mut self) -> Result<Vec<String>, IndexError> {
        if !self.naming.is_spread {
            return Ok(vec![self.naming.log("")]);
        }
        let mut command = redis::cmd("SMEMBERS");
        command.arg(self.naming.list());
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
        if self.naming.is_spread {
            let mut command = redis::cmd("UNLINK");
            command.arg(self.naming.list());
            self.link.run::<()>(&command).await?;
            self.announced.clear();
        }
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

/// A log's entries, each with its batch.
fn batches(entries: StreamRangeReply) -> Result<Vec<(End, Vec<u8>)>, IndexError> {
    let batch = |entry: StreamId| {
        let batch = entry.get(BATCH).ok_or_else(|| IndexError::Damaged(format!("entry {} has no batch", entry.id)))?;
        Ok((entry.id, batch))
    };
    entries.ids.into_iter().map(batch).collect()
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

    /// The list of logs on a Cluster.
    fn list(&self) -> String {
        self.key(VERSION, "logs")
    }

    /// What an index of this version and one of each earlier version has on one Redis, if there is one.
    pub(super) fn signs(&self) -> (String, Vec<String>) {
        let earlier = (1..VERSION).map(|version| self.key(version, "languages"));
        (last(&self.log("")), earlier.collect())
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
