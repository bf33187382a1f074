//! Slots of one process.

use super::{Ask, Away, HostSlots, Slot, WINDOW, micros, span, timestamp};
use article::Timestamp;
use async_trait::async_trait;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Keeps slots in memory: for one process alone. A restart forgets them, which costs a host at most one
/// request too soon. Bounded: with no room left even after a sweep, nothing more is booked.
#[derive(Debug)]
pub struct MemorySlots {
    state: Mutex<State>,
    /// Most hosts and reservations kept.
    bound: usize,
}

#[derive(Debug, Default)]
struct State {
    hosts: HashMap<String, Host>,
    /// Slots booked by domain and second.
    domains: HashMap<String, HashMap<i64, u32>>,
    /// Reservations in all hosts together.
    held: usize,
    /// Sweeping is linear, so it waits at least a second between two.
    swept_at: i64,
}

#[derive(Debug, Default)]
struct Host {
    /// The next slot nobody has.
    free: i64,
    /// Left alone until then.
    slow: i64,
    /// Slot by message.
    held: HashMap<String, Held>,
}

#[derive(Debug)]
struct Held {
    slot: i64,
    /// When it is missed for good.
    ends: i64,
}

impl MemorySlots {
    /// Keeps at most `bound` hosts and reservations.
    pub fn new(bound: usize) -> Self {
        Self { state: Mutex::default(), bound }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // A panic while the state was held leaves at worst a slot that nobody uses.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl HostSlots for MemorySlots {
    async fn reserve(&self, ask: &Ask<'_>) -> Result<Slot, Away> {
        Ok(self.lock().reserve(ask, self.bound))
    }

    async fn slow_down(&self, host: &str, _domain: &str, until: Timestamp, now: Timestamp) -> Result<(), Away> {
        let mut state = self.lock();
        state.make_room(micros(now), self.bound);
        let host = state.hosts.entry(host.to_owned()).or_default();
        host.slow = host.slow.max(micros(until));
        Ok(())
    }

    async fn probe(&self) -> Result<(), Away> {
        Ok(())
    }
}

impl State {
    fn reserve(&mut self, ask: &Ask<'_>, bound: usize) -> Slot {
        let (now, interval, horizon) = (micros(ask.now), span(ask.interval), span(ask.horizon));
        let (free, slow, held) = match self.hosts.get(ask.host) {
            Some(host) => (host.free, host.slow, host.held.get(ask.message_id).map(|h| h.slot)),
            None => (0, 0, None),
        };
        if let Some(slot) = held.filter(|slot| *slot >= slow && slot.saturating_add(interval) >= now) {
            return Slot::At(timestamp(slot));
        }
        let wanted = now.max(micros(ask.earliest)).max(free).max(slow);
        let slot = self.room_in_domain(ask, wanted, now.saturating_add(horizon));
        if slot.saturating_sub(now) > horizon {
            return Slot::Later(timestamp(slot));
        }
        if !self.make_room(now, bound) {
            return Slot::Later(ask.now.plus(ask.horizon));
        }
        let window = slot.div_euclid(span(WINDOW));
        *self.domains.entry(ask.domain.to_owned()).or_default().entry(window).or_default() += 1;
        let host = self.hosts.entry(ask.host.to_owned()).or_default();
        host.free = slot.saturating_add(interval);
        let held = Held { slot, ends: slot.saturating_add(interval) };
        if host.held.insert(ask.message_id.to_owned(), held).is_none() {
            self.held += 1;
        }
        Slot::At(timestamp(slot))
    }

    /// The first time from `slot` on, and not after `last`, whose second has room left in the domain.
    fn room_in_domain(&self, ask: &Ask<'_>, mut slot: i64, last: i64) -> i64 {
        let Some(windows) = self.domains.get(ask.domain) else { return slot };
        let width = span(WINDOW);
        while slot <= last && windows.get(&slot.div_euclid(width)).is_some_and(|n| *n >= ask.domain_per_second) {
            slot = (slot.div_euclid(width) + 1) * width;
        }
        slot
    }

    /// Forgets what is over where there is no room; whether there is some now.
    fn make_room(&mut self, now: i64, bound: usize) -> bool {
        let full = |state: &Self| state.held + state.hosts.len() >= bound;
        if full(self) && now.saturating_sub(self.swept_at) >= span(WINDOW) {
            self.swept_at = now;
            for host in self.hosts.values_mut() {
                host.held.retain(|_, held| held.ends >= now);
            }
            self.hosts.retain(|_, host| !host.held.is_empty() || host.free > now || host.slow > now);
            self.held = self.hosts.values().map(|host| host.held.len()).sum();
            let window = now.div_euclid(span(WINDOW));
            for windows in self.domains.values_mut() {
                windows.retain(|w, _| *w >= window);
            }
            self.domains.retain(|_, windows| !windows.is_empty());
        }
        !full(self)
    }
}
