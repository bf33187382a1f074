//! Where records are kept, in an order that all replicas agree on.

pub(crate) mod redis;
pub(crate) mod sqlite;

use crate::IndexError;
use async_trait::async_trait;

/// How far a log was read: the name of its last batch, empty of none.
pub(crate) type End = String;

/// What came of an append.
#[derive(Debug)]
pub(crate) enum Appended {
    /// It is the last now, under this name.
    At(End),
    /// Nothing was appended: others were there before.
    Behind(Page),
    /// Nothing was appended: the log has no such batch as the asker has read. It was emptied, or lost its end with a server,
    /// or was not asked for a window. It is to be read from its beginning.
    Lost,
}

/// What comes after what was read of a log.
#[derive(Debug)]
pub(crate) struct Page {
    /// In order; some hundred at most.
    pub(crate) batches: Vec<Vec<u8>>,
    /// So far the log was read with them.
    pub(crate) end: End,
    /// Whether that was its end.
    pub(crate) is_last: bool,
}

/// Batches read at once: some megabytes of a busy log, in which some dozen articles share one.
const AT_ONCE: usize = 128;

impl Appended {
    /// What an asker who has read a log up to `end` is told: `last` is the name of its last batch, and `found` are those from
    /// `end` on, or from its beginning for none, [`AT_ONCE`] at most.
    fn behind(end: &End, last: End, found: Vec<(End, Vec<u8>)>) -> Self {
        let is_last = found.len() < AT_ONCE;
        let mut found = found.into_iter();
        if !end.is_empty() && found.next().is_none_or(|(name, _)| name != *end) {
            return Self::Lost;
        }
        let (names, batches): (Vec<End>, Vec<Vec<u8>>) = found.unzip();
        // The last may have been trimmed.
        let read = if is_last { Some(last) } else { names.into_iter().next_back() };
        Self::Behind(Page { batches, end: read.unwrap_or_else(|| end.clone()), is_last })
    }
}

/// Logs of batches of records. There is one, or on a Redis Cluster one a language, so that they spread over its masters.
#[async_trait]
pub(crate) trait Log: Send {
    /// As metrics and `index stats` call it.
    fn backend(&self) -> &'static str;

    /// The log that has articles of this language.
    fn of(&self, language: &str) -> String;

    /// Appends a batch to a log if `end` is the last of it, atomically; an empty one only asks whether it is. It is dated
    /// `day`, or as the last batch where that is later.
    async fn append(&mut self, log: &str, end: &End, day: u16, batch: Vec<u8>) -> Result<Appended, IndexError>;

    /// Every log that was begun, or may have been.
    async fn all(&mut self) -> Result<Vec<String>, IndexError>;

    /// Removes batches from before `oldest`, a day.
    async fn trim(&mut self, oldest: u16) -> Result<(), IndexError>;

    /// Removes everything.
    async fn clear(&mut self) -> Result<(), IndexError>;

    /// Bytes they take, about.
    async fn bytes(&mut self) -> Result<u64, IndexError>;

    /// Whether it can be written to.
    async fn ping(&mut self) -> Result<(), IndexError>;

    /// What would make it forget.
    async fn faults(&mut self) -> Result<Vec<String>, IndexError>;
}
