//! One door to each host: its rate, its crawl delay, the operator's word and the slots, tied together.

use crate::guard::lookup;
use crate::slots::{Ask, Away, HostSlots, Slot};
use crate::{HostOverride, PolitenessSettings, WebError, client::host_of};
use article::{Timestamp, registrable_domain};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use telemetry::events::fetch::{HostSlowed, SlotAsked};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

/// How long a host is left alone that says 429 or 503 and not how long.
const SLOW_DOWN: Duration = Duration::from_secs(60);

/// Not now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SlotRefusal {
    /// The host's next slot is too far to wait for. Waiting, not failing: park the message until then.
    #[error("the host is busy until {free_at}")]
    Busy {
        /// When to ask again, under the same message id. A little before the booked slot, so that the way
        /// back through the queue doesn't miss it.
        free_at: Timestamp,
    },
    /// The slots' Redis doesn't answer: nothing may go out.
    #[error(transparent)]
    Away(#[from] Away),
}

/// Asks for slots and keeps each host's connections. One a process.
#[derive(Debug)]
pub struct Politeness {
    slots: Arc<dyn HostSlots>,
    settings: PolitenessSettings,
    /// A host's door, while somebody is at it or its pace is worth remembering.
    doors: Mutex<HashMap<String, Arc<Door>>>,
}

/// What this process knows of a host.
#[derive(Debug)]
struct Door {
    /// One permit a connection.
    connections: Arc<Semaphore>,
    /// Handlers that wait here for their slot or a connection.
    waiting: AtomicUsize,
    /// How long a request takes, in microseconds: a moving mean. Slots that come faster than connections
    /// are freed would be missed, one after the other.
    pace: AtomicU64,
}

/// A slot that has come, with a connection of the host. Drop it when the response is read: until then the
/// connection is taken, and the time it is held is the host's pace.
#[derive(Debug)]
#[must_use = "the slot is given back when this is dropped"]
pub struct SlotGuard {
    door: Arc<Door>,
    since: Instant,
    _connection: OwnedSemaphorePermit,
}

impl Drop for SlotGuard {
    fn drop(&mut self) {
        let took = u64::try_from(self.since.elapsed().as_micros()).unwrap_or(u64::MAX);
        // The mean of eight forgets one slow page within a minute. Two that end at once may lose one of the
        // two: it is a mean.
        let pace = self.door.pace.load(Relaxed);
        self.door.pace.store(pace - pace / 8 + took / 8, Relaxed);
    }
}

/// Counts a handler that waits at a door.
struct Waiting<'d>(&'d AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl Politeness {
    /// Fails on rates of nothing.
    pub fn new(slots: Arc<dyn HostSlots>, settings: PolitenessSettings) -> Result<Self, WebError> {
        let rates = std::iter::once(("web.politeness.host_per_second".to_owned(), settings.host_per_second))
            .chain(std::iter::once((
                "web.politeness.domain_per_second".to_owned(),
                f64::from(settings.domain_per_second),
            )))
            .chain(settings.hosts.iter().flat_map(|(host, o)| {
                let key = |name: &str| format!("web.politeness.hosts.\"{host}\".{name}");
                let domain = o.domain_per_second.map(|rate| (key("domain_per_second"), f64::from(rate)));
                o.per_second.map(|rate| (key("per_second"), rate)).into_iter().chain(domain)
            }));
        for (key, rate) in rates {
            if !(rate > 0.0 && rate.is_finite()) {
                return Err(WebError::Rate { key });
            }
        }
        Ok(Self { slots, settings, doors: Mutex::default() })
    }

    /// A slot of the address' host for this message: waited for if it is near, else booked and refused with
    /// the time to come back. `crawl_delay` is what robots.txt asks for; `now` the clock at the call.
    ///
    /// A death after this costs a slot that nobody uses; asking again under the same message id gives the
    /// same slot while it is not missed.
    pub async fn reserve(
        &self,
        url: &Url,
        message_id: &str,
        crawl_delay: Option<Duration>,
        now: Timestamp,
    ) -> Result<SlotGuard, SlotRefusal> {
        self.reserve_within(url, message_id, crawl_delay, now, Duration::from_secs(self.settings.horizon_secs)).await
    }

    /// As [`Politeness::reserve`], but only a slot that nobody else waits for, at once: for revisits, captures
    /// and replays, which news goes before.
    pub async fn reserve_spare(
        &self,
        url: &Url,
        message_id: &str,
        crawl_delay: Option<Duration>,
        now: Timestamp,
    ) -> Result<SlotGuard, SlotRefusal> {
        self.reserve_within(url, message_id, crawl_delay, now, self.max_wait()).await
    }

    /// The host asked to be left alone (429, 503, Retry-After): no slot before `until`, for any replica. Without
    /// a time it is a minute; bounded by the settings. Gives the time that was set.
    pub async fn slow_down(&self, url: &Url, until: Option<Timestamp>, now: Timestamp) -> Result<Timestamp, Away> {
        let cap = now.plus(Duration::from_secs(self.settings.slow_down_cap_secs));
        let until = until.unwrap_or_else(|| now.plus(SLOW_DOWN)).clamp(now, cap);
        let host = host_of(url);
        self.slots.slow_down(&host, registrable_domain(&host), until, now).await?;
        HostSlowed { host: &host, seconds: until.since(now).as_secs_f64() }.emit();
        Ok(until)
    }

    /// Whether slots can be had at all.
    pub async fn probe(&self) -> Result<(), Away> {
        self.slots.probe().await
    }

    /// Whether a crawl delay is above what is honoured: such a host is polled, not crawled.
    pub fn is_too_slow(&self, url: &Url, crawl_delay: Option<Duration>) -> bool {
        let agreed = self.host_override(&host_of(url)).and_then(|o| o.per_second).is_some();
        !agreed && crawl_delay.is_some_and(|d| d > self.crawl_delay_cap())
    }

    /// How many handlers may wait for one host, and how long.
    pub(crate) fn patience(&self) -> (usize, Duration) {
        (self.settings.waiting_per_host, self.max_wait())
    }

    async fn reserve_within(
        &self,
        url: &Url,
        message_id: &str,
        crawl_delay: Option<Duration>,
        now: Timestamp,
        horizon: Duration,
    ) -> Result<SlotGuard, SlotRefusal> {
        let host = host_of(url);
        let door = self.door(&host);
        let interval = self.interval(&host, crawl_delay, &door);
        let crowded = door.waiting.fetch_add(1, Relaxed) >= self.settings.waiting_per_host;
        let _waiting = Waiting(&door.waiting);
        let spare = horizon <= self.max_wait();
        let ask = Ask {
            host: &host,
            domain: registrable_domain(&host),
            message_id,
            now,
            // Where enough handlers wait already, the slot must be one that can be parked for.
            earliest: if crowded && !spare { now.plus(self.max_wait() + interval) } else { now },
            interval,
            domain_per_second: self.domain_per_second(&host),
            horizon,
        };
        let slot = match self.slots.reserve(&ask).await? {
            Slot::At(slot) => slot,
            Slot::Later(slot) => {
                return Err(busy(&host, "full", slot.since(now), now.plus(self.lap())));
            }
        };
        let wait = slot.since(now);
        if wait > self.max_wait() {
            let early = (interval * 2).min(Duration::from_secs(2));
            return Err(busy(&host, "far", wait, slot.minus(early)));
        }
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        let left = self.max_wait().saturating_sub(wait);
        let connection = tokio::time::timeout(left, door.connections.clone().acquire_owned()).await;
        // The semaphore is never closed, so its error is the time-out's twin.
        let Ok(Ok(connection)) = connection else {
            return Err(busy(&host, "connected", self.max_wait(), now.plus(self.max_wait() * 2)));
        };
        SlotAsked { host: &host, result: "taken", wait_seconds: wait.as_secs_f64() }.emit();
        Ok(SlotGuard { door: door.clone(), since: Instant::now(), _connection: connection })
    }

    /// When to ask again where nothing was booked: half the horizon on, by when half of the slots before it
    /// are used, and not all at the same moment.
    fn lap(&self) -> Duration {
        Duration::from_secs(self.settings.horizon_secs) / 2 + self.max_wait().mul_f64(rand::random::<f64>())
    }

    fn interval(&self, host: &str, crawl_delay: Option<Duration>, door: &Door) -> Duration {
        let cap = self.crawl_delay_cap();
        let asked = match self.host_override(host).and_then(|o| o.per_second) {
            Some(rate) => period(rate),
            None => period(self.settings.host_per_second).max(crawl_delay.unwrap_or_default().min(cap)),
        };
        let connections = u32::try_from(self.connections(host)).unwrap_or(1);
        let pace = Duration::from_micros(door.pace.load(Relaxed)) / connections;
        asked.max(pace.min(cap))
    }

    fn host_override(&self, host: &str) -> Option<&HostOverride> {
        lookup(&self.settings.hosts, host)
    }

    fn domain_per_second(&self, host: &str) -> u32 {
        self.host_override(host).and_then(|o| o.domain_per_second).unwrap_or(self.settings.domain_per_second)
    }

    fn connections(&self, host: &str) -> usize {
        let connections = self.host_override(host).and_then(|o| o.connections);
        connections.unwrap_or(self.settings.connections_per_host).max(1)
    }

    fn crawl_delay_cap(&self) -> Duration {
        Duration::from_secs(self.settings.crawl_delay_cap_secs)
    }

    fn max_wait(&self) -> Duration {
        Duration::from_millis(self.settings.max_wait_ms.min(5_000))
    }

    fn door(&self, host: &str) -> Arc<Door> {
        let mut doors = self.doors.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(door) = doors.get(host) {
            return door.clone();
        }
        if doors.len() >= self.settings.remembered {
            // A door with nobody at it is only a pace.
            doors.retain(|_, door| Arc::strong_count(door) > 1);
        }
        let door = Arc::new(Door {
            connections: Arc::new(Semaphore::new(self.connections(host))),
            waiting: AtomicUsize::new(0),
            pace: AtomicU64::new(0),
        });
        doors.insert(host.to_owned(), door.clone());
        door
    }
}

fn period(per_second: f64) -> Duration {
    Duration::try_from_secs_f64(1.0 / per_second).unwrap_or(Duration::MAX / 4)
}

fn busy(host: &str, result: &'static str, wait: Duration, free_at: Timestamp) -> SlotRefusal {
    SlotAsked { host, result, wait_seconds: wait.as_secs_f64() }.emit();
    SlotRefusal::Busy { free_at }
}

#[cfg(test)]
#[path = "politeness_tests.rs"]
mod tests;
