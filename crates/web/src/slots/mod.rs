//! When may we ask a host? Slots, one interval apart (GCRA without a burst), shared by all replicas.
//!
//! A reservation belongs to its message: asked again it gives the same slot, so that a page which parks on
//! the retry ladder finds its place kept. A slot missed by more than the host's interval is exchanged for the
//! next free one, never used late on top of it. A registrable domain has room for so many slots a second,
//! counted where they lie: a host that is booked far ahead takes nothing from its neighbours' present.

mod connection;
mod memory;
mod redis;
#[cfg(test)]
mod tests;

pub use connection::SlotSettings;
pub use memory::MemorySlots;
pub use redis::RedisSlots;

use crate::PolitenessSettings;
use article::Timestamp;
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;

/// A second: the window in which a domain's slots are counted.
const WINDOW: Duration = Duration::from_secs(1);

/// Redis does not answer. Nothing may go out meanwhile: the fetcher waits and says so in readiness.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the host slots' Redis is away: {why}")]
pub struct Away {
    /// Its word, or the network's.
    pub why: String,
}

/// A question for a slot.
#[derive(Clone, PartialEq, Debug)]
pub struct Ask<'a> {
    /// The host, in lower case.
    pub host: &'a str,
    /// Its registrable domain.
    pub domain: &'a str,
    /// For which message: the same at every redelivery and lap.
    pub message_id: &'a str,
    /// The asker's clock; replicas' clocks are expected to agree within an interval.
    pub now: Timestamp,
    /// No sooner than this, for one who can't use a sooner one; `now` for everybody else.
    pub earliest: Timestamp,
    /// Time between two slots of the host.
    pub interval: Duration,
    /// Slots in one second of the domain.
    pub domain_per_second: u32,
    /// How far ahead a slot may be booked.
    pub horizon: Duration,
}

/// An answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Slot {
    /// Booked for this message.
    At(Timestamp),
    /// Nothing booked: the next slot would be then, beyond the horizon.
    Later(Timestamp),
}

/// Where slots are kept.
#[async_trait]
pub trait HostSlots: Send + Sync + std::fmt::Debug {
    /// Books a slot, or gives the one the message holds. Harmless to repeat.
    async fn reserve(&self, ask: &Ask<'_>) -> Result<Slot, Away>;

    /// Leaves a host alone until then, for everybody; slots booked before it are void.
    async fn slow_down(&self, host: &str, domain: &str, until: Timestamp, now: Timestamp) -> Result<(), Away>;

    /// Whether it answers.
    async fn probe(&self) -> Result<(), Away>;
}

/// Opens where the settings say: Redis, or this process where no URL is given. Doesn't wait for Redis to be
/// there; fails only on settings that can't be right.
pub fn open_slots(settings: &SlotSettings, politeness: &PolitenessSettings) -> Result<Arc<dyn HostSlots>, SlotsError> {
    if settings.url.is_empty() {
        return Ok(Arc::new(MemorySlots::new(politeness.remembered)));
    }
    Ok(Arc::new(RedisSlots::open(settings)?))
}

/// The host slots can't be opened: the settings are wrong.
#[derive(Debug, thiserror::Error)]
pub enum SlotsError {
    /// Not a Redis URL.
    #[error("hosts.url is not a Redis URL like redis://localhost:6379 or rediss://…: {why}")]
    Url {
        /// What is wrong.
        why: String,
    },
    /// The certificate authority's file.
    #[error("hosts.ca_file {path}: {why}")]
    CaFile {
        /// Which.
        path: String,
        /// What is wrong with it.
        why: String,
    },
}

/// Slots are reckoned in microseconds: a press's interval may be less than a millisecond's multiple.
fn micros(t: Timestamp) -> i64 {
    t.millis().saturating_mul(1_000)
}

fn span(d: Duration) -> i64 {
    i64::try_from(d.as_micros()).unwrap_or(i64::MAX / 4)
}

/// The first whole millisecond of a slot.
fn timestamp(micros: i64) -> Timestamp {
    Timestamp(micros.saturating_add(999).div_euclid(1_000))
}
