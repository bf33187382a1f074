//! How messages travel: every bound of the belts, in one place.

use crate::{Belt, Rung, Stage};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Where the queue is and what it may hold.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QueueSettings {
    /// `sqlite:PATH`, or `amqp://user:password@host/vhost` and `amqps://…`.
    pub url: String,
    /// PEM file of the authority that signed the broker's certificate, beside the system's; `amqps` only.
    pub ca_file: Option<PathBuf>,
    /// Put before every queue's name on the broker, so that two installations can share a vhost.
    pub prefix: String,
    /// Deliveries a worker holds at once. The broker costs 100–140 µs a message, and 64 hide its round trip.
    pub prefetch: u16,
    /// The same for pages, which wait for hosts and are large: a crash counts against all that are held.
    pub prefetch_pages: u16,
    /// The same for articles, of which the deduplicator decides many together in no time: 64 are less than what is on its way
    /// to the broker and back at any moment.
    pub prefetch_articles: u16,
    /// The same for the later lanes, which must not take what the news needs.
    pub prefetch_later: u16,
    /// How often a message may fail before it is dead. Waiting spends none.
    pub attempts: u32,
    /// Hours that a poll or a page may travel, waits included: older ones have been asked for anew.
    pub age_hours: u32,
    /// Hours that an article, a story or a notice may travel: nobody would ask for it anew.
    pub age_hours_articles: u32,
    /// Seconds a handler may take before its message is retried. Below the broker's consumer time-out
    /// (30 minutes) times prefetch, and below the grace period of a pod.
    pub handler_timeout_secs: u64,
    /// Seconds that handlers may finish in after the signal to stop; what is left goes to the shortest rung.
    pub drain_secs: u64,
    /// Messages a belt may hold.
    pub belt_max_messages: u64,
    /// Bytes a belt may hold; embedded only: on RabbitMQ an operator's policy bounds them.
    pub belt_max_bytes: u64,
    /// The share of a belt, in percent, at which publishers stop, so that rungs always find room to return.
    pub stop_at_percent: u8,
    /// Bytes of one message's body. RabbitMQ 4 refuses above 16 MiB; ours are blocks of text, never HTML.
    pub message_max_bytes: usize,
    /// Crashes and lost connections a message may survive before it is retried alone (RabbitMQ; embedded
    /// knows whose crash it was and retries alone after the first).
    pub delivery_limit: u32,
    /// Crashes a message may survive alone before it is dead.
    pub lone_delivery_limit: u32,
    /// Milliseconds between looks at the lone lane. Looking costs one request; serving it stops the belt.
    pub lone_every_ms: u64,
    /// The retry ladder, shortest first, as `5s`, `30s`, `5m`, `1h`.
    pub ladder: Vec<Rung>,
    /// Seconds between heartbeats; a peer silent for twice as long is gone, whatever TCP says.
    pub heartbeat_secs: u16,
    /// Milliseconds before the first attempt to reconnect; doubled, with jitter, at each further one.
    pub reconnect_min_ms: u64,
    /// Milliseconds it grows to.
    pub reconnect_max_ms: u64,
    /// Seconds to wait for a publisher confirm before the connection counts as broken.
    pub confirm_timeout_secs: u64,
}

impl Default for QueueSettings {
    fn default() -> Self {
        Self {
            url: "sqlite:data/queue.db".to_owned(),
            ca_file: None,
            prefix: String::new(),
            prefetch: 64,
            prefetch_pages: 16,
            prefetch_articles: 256,
            prefetch_later: 4,
            attempts: 8,
            age_hours: 24,
            age_hours_articles: 7 * 24,
            handler_timeout_secs: 60,
            drain_secs: 30,
            belt_max_messages: 100_000,
            belt_max_bytes: 1 << 30,
            stop_at_percent: 80,
            message_max_bytes: 1 << 20,
            delivery_limit: 5,
            lone_delivery_limit: 2,
            lone_every_ms: 2_000,
            ladder: Rung::ALL.to_vec(),
            heartbeat_secs: 10,
            reconnect_min_ms: 200,
            reconnect_max_ms: 15_000,
            confirm_timeout_secs: 30,
        }
    }
}

impl QueueSettings {
    /// What a stage's worker goes by.
    pub fn worker(&self, stage: Stage) -> WorkerSettings {
        let hours = match stage.belt() {
            Belt::Feeds | Belt::Pages => self.age_hours,
            Belt::Articles | Belt::Stories | Belt::Notices => self.age_hours_articles,
        };
        WorkerSettings {
            prefetch: match stage {
                Stage::Retriever => self.prefetch_pages,
                Stage::Deduplicator => self.prefetch_articles,
                _ => self.prefetch,
            }
            .max(1),
            prefetch_later: self.prefetch_later.max(1),
            attempts: self.attempts.max(1),
            max_age: Duration::from_secs(u64::from(hours) * 3600),
            handler_timeout: Duration::from_secs(self.handler_timeout_secs.max(1)),
            drain: Duration::from_secs(self.drain_secs),
            lone_every: Duration::from_millis(self.lone_every_ms.max(10)),
            #[cfg(any(test, feature = "planted-defects"))]
            defect: None,
        }
    }

    /// The ladder, shortest first; never empty.
    pub(crate) fn rungs(&self) -> Vec<Rung> {
        let mut rungs = if self.ladder.is_empty() { Rung::ALL.to_vec() } else { self.ladder.clone() };
        rungs.sort();
        rungs.dedup();
        rungs
    }

    /// Messages of a belt at which publishers stop.
    pub(crate) fn stop_at_messages(&self) -> u64 {
        self.belt_max_messages.saturating_mul(u64::from(self.stop_at_percent.min(100))) / 100
    }

    /// Bytes of a belt at which publishers stop.
    pub(crate) fn stop_at_bytes(&self) -> u64 {
        self.belt_max_bytes / 100 * u64::from(self.stop_at_percent.min(100))
    }
}

impl fmt::Debug for QueueSettings {
    /// Without the password that a broker's URL may carry.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueueSettings").field("url", &telemetry::without_password(&self.url)).finish_non_exhaustive()
    }
}

/// What one stage's worker goes by; made by [`QueueSettings::worker`].
#[derive(Clone, PartialEq, Debug)]
pub struct WorkerSettings {
    /// Deliveries held at once on the main lane.
    pub prefetch: u16,
    /// Deliveries held at once on the later lane.
    pub prefetch_later: u16,
    /// How often a message may fail.
    pub attempts: u32,
    /// How long a message may travel.
    pub max_age: Duration,
    /// How long a handler may take.
    pub handler_timeout: Duration,
    /// How long handlers may finish in after the signal to stop.
    pub drain: Duration,
    /// Time between looks at the lone lane.
    pub lone_every: Duration,
    /// A mistake to make, for tests that show they would see it.
    #[cfg(any(test, feature = "planted-defects"))]
    pub defect: Option<crate::Defect>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Queue;
    use telemetry::Health;

    #[tokio::test]
    async fn a_broker_url_that_does_not_parse_is_refused_without_its_password() {
        for url in ["amqp://u:hun/ter2@h", "amqp://u:hun#ter2@h"] {
            let settings = QueueSettings { url: url.to_owned(), ..QueueSettings::default() };
            let refused = Queue::open(&settings, Health::new()).await.unwrap_err();
            let told = format!("{refused} {settings:?}");
            assert!(told.contains("amqp://u:…@h") && !told.contains("hun") && !told.contains("ter2"), "{told}");
        }
    }
}
