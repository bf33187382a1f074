//! What each host was asked, for tests of politeness.

use serde::Serialize;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What came to one host since the start or the last [`crate::RunningPress::forget_traffic`].
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct HostTraffic {
    /// Requests of every kind.
    pub requests: u64,
    /// Of them, for feeds.
    pub feeds: u64,
    /// Of them, for articles' pages.
    pub pages: u64,
    /// Of them, for `robots.txt`.
    pub robots: u64,
    /// Answers 304 Not Modified.
    pub not_modified: u64,
    /// The most requests that were under way at one time. An answer counts until its body begins.
    pub most_at_once: u32,
    /// The most requests within one second.
    pub most_in_a_second: u32,
    /// From the first request to the last, in milliseconds.
    pub span_ms: u64,
}

#[derive(Default)]
struct Host {
    seen: HostTraffic,
    under_way: u32,
    first: Option<Instant>,
    /// Requests of the last second: its length is bounded by the rate at which a host can be asked.
    last_second: VecDeque<Instant>,
}

/// The log of all hosts.
#[derive(Default)]
pub(crate) struct Traffic(Mutex<HashMap<String, Host>>);

/// What a request was for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Asked {
    Feed,
    Page,
    Robots,
    Other,
}

impl Traffic {
    /// A request came in; it is under way until the guard is dropped.
    pub(crate) fn arrive(self: &Arc<Self>, host: &str, asked: Asked) -> UnderWay {
        let now = Instant::now();
        let mut hosts = self.lock();
        let entry = hosts.entry(host.to_owned()).or_default();
        entry.under_way += 1;
        while entry.last_second.front().is_some_and(|t| now.duration_since(*t) >= Duration::from_secs(1)) {
            entry.last_second.pop_front();
        }
        entry.last_second.push_back(now);
        let first = *entry.first.get_or_insert(now);
        let seen = &mut entry.seen;
        seen.requests += 1;
        match asked {
            Asked::Feed => seen.feeds += 1,
            Asked::Page => seen.pages += 1,
            Asked::Robots => seen.robots += 1,
            Asked::Other => {}
        }
        seen.most_at_once = seen.most_at_once.max(entry.under_way);
        seen.most_in_a_second = seen.most_in_a_second.max(u32::try_from(entry.last_second.len()).unwrap_or(u32::MAX));
        seen.span_ms = u64::try_from(now.duration_since(first).as_millis()).unwrap_or(u64::MAX);
        UnderWay { traffic: self.clone(), host: host.to_owned() }
    }

    /// An answer was 304.
    pub(crate) fn not_modified(&self, host: &str) {
        self.lock().entry(host.to_owned()).or_default().seen.not_modified += 1;
    }

    /// All hosts that were asked.
    pub(crate) fn seen(&self) -> BTreeMap<String, HostTraffic> {
        self.lock().iter().map(|(host, entry)| (host.clone(), entry.seen.clone())).collect()
    }

    /// Begins anew; what is under way stays so.
    pub(crate) fn forget(&self) {
        for entry in self.lock().values_mut() {
            *entry = Host { under_way: entry.under_way, ..Host::default() };
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Host>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request under way.
pub(crate) struct UnderWay {
    traffic: Arc<Traffic>,
    host: String,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some(entry) = self.traffic.lock().get_mut(&self.host) {
            entry.under_way = entry.under_way.saturating_sub(1);
        }
    }
}
