//! Files of all hosts, as long as they are believed, within bounds.

use super::RobotsTxt;
use article::Timestamp;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use url::Url;

/// Origins and what they said. Of too many, those that nobody asked for the longest go first.
#[derive(Debug)]
pub(super) struct Cache {
    entries: Mutex<HashMap<String, Arc<Entry>>>,
    most: usize,
    most_bytes: usize,
    /// Held by all files together; a hostile file is half a megabyte, so counting files isn't enough.
    bytes: AtomicUsize,
}

/// One origin.
#[derive(Debug)]
pub(super) struct Entry {
    known: Mutex<Known>,
    /// Held by whoever fetches; the others wait for it.
    pub(super) fetching: tokio::sync::Mutex<()>,
    /// Handlers that wait for the fetch.
    pub(super) waiting: AtomicUsize,
    used_at: AtomicI64,
}

/// What is known of an origin's rules.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// The last file that came; `None` if none ever did.
    pub(super) file: Option<Arc<File>>,
    /// Not asked for again sooner.
    pub(super) ask_after: Timestamp,
    /// Why the last attempt failed; empty if it didn't.
    pub(super) failure: String,
}

/// A file that came, or the certainty that there is none.
#[derive(Debug)]
pub(super) struct File {
    pub(super) rules: RobotsTxt,
    pub(super) read_at: Timestamp,
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
}

impl Known {
    /// The file, while it may be used: `longest` after it came at most.
    pub(super) fn usable(&self, now: Timestamp, longest: Duration) -> Option<&Arc<File>> {
        self.file.as_ref().filter(|file| now.since(file.read_at) < longest)
    }

    fn bytes(&self) -> usize {
        self.file.as_ref().map_or(0, |file| file.rules.bytes())
    }
}

impl Entry {
    pub(super) fn known(&self) -> Known {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Cache {
    pub(super) fn new(most: usize, most_bytes: usize) -> Self {
        Self { entries: Mutex::default(), most, most_bytes, bytes: AtomicUsize::new(0) }
    }

    /// The entry of an address' origin, made if there is none.
    pub(super) fn entry(&self, url: &Url, now: Timestamp) -> Arc<Entry> {
        let origin = url.origin().ascii_serialization();
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = entries.get(&origin) {
            entry.used_at.store(now.millis(), Relaxed);
            return entry.clone();
        }
        if entries.len() >= self.most || self.bytes.load(Relaxed) > self.most_bytes {
            self.thin(&mut entries);
        }
        let entry = Arc::new(Entry {
            known: Mutex::default(),
            fetching: tokio::sync::Mutex::default(),
            waiting: AtomicUsize::new(0),
            used_at: AtomicI64::new(now.millis()),
        });
        entries.insert(origin, entry.clone());
        entry
    }

    /// Remembers what a fetch taught.
    pub(super) fn learn(&self, entry: &Entry, known: Known) {
        let mut held = entry.known.lock().unwrap_or_else(PoisonError::into_inner);
        // An entry that was thinned out while it was fetched is counted though nobody finds it: `thin` counts anew.
        self.bytes.fetch_add(known.bytes(), Relaxed);
        self.bytes.fetch_sub(held.bytes().min(self.bytes.load(Relaxed)), Relaxed);
        *held = known;
    }

    /// Takes out the longest unused until there is a tenth of room in both bounds.
    fn thin(&self, entries: &mut HashMap<String, Arc<Entry>>) {
        let mut by_use: Vec<(i64, String)> =
            entries.iter().map(|(origin, entry)| (entry.used_at.load(Relaxed), origin.clone())).collect();
        by_use.sort_unstable();
        let mut bytes: usize = entries.values().map(|entry| entry.known().bytes()).sum();
        let (most, most_bytes) = (self.most - self.most / 10, self.most_bytes - self.most_bytes / 10);
        for (_, origin) in by_use {
            if entries.len() < most && bytes <= most_bytes {
                break;
            }
            if let Some(entry) = entries.remove(&origin) {
                bytes -= entry.known().bytes();
            }
        }
        self.bytes.store(bytes, Relaxed);
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.entries.lock().unwrap().len()
    }
}
