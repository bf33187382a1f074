//! Slots of all replicas, in Redis or a Redis Cluster.

use super::connection::{Connection, SlotSettings};
use super::{Ask, Away, HostSlots, Slot, SlotsError, WINDOW, micros, span, timestamp};
use ::redis::Script;
use article::Timestamp;
use async_trait::async_trait;

/// Keeps slots in Redis, a domain's under one hash tag. Every key expires by itself soon after its last slot.
pub struct RedisSlots {
    connection: Connection,
    prefix: String,
    reserve: Script,
    slow_down: Script,
}

impl RedisSlots {
    /// Doesn't wait for Redis: the connection is opened at first use.
    pub fn open(settings: &SlotSettings) -> Result<Self, SlotsError> {
        Ok(Self {
            connection: Connection::new(settings)?,
            prefix: settings.prefix.clone(),
            reserve: Script::new(include_str!("reserve.lua")),
            slow_down: Script::new(include_str!("slow_down.lua")),
        })
    }

    fn host_key(&self, host: &str, domain: &str) -> String {
        format!("{}:{{{domain}}}:host:{host}", self.prefix)
    }
}

#[async_trait]
impl HostSlots for RedisSlots {
    async fn reserve(&self, ask: &Ask<'_>) -> Result<Slot, Away> {
        let (prefix, Ask { host, domain, message_id, .. }) = (&self.prefix, ask);
        let mut call = self.reserve.key(self.host_key(host, domain));
        call.key(format!("{prefix}:{{{domain}}}:held:{host}:{message_id}"))
            .key(format!("{prefix}:{{{domain}}}:domain"))
            .arg(micros(ask.now))
            .arg(micros(ask.earliest))
            .arg(span(ask.interval))
            .arg(span(ask.horizon))
            .arg(span(WINDOW))
            .arg(ask.domain_per_second);
        let (booked, slot): (bool, i64) = self.connection.call(&call).await?;
        Ok(if booked { Slot::At(timestamp(slot)) } else { Slot::Later(timestamp(slot)) })
    }

    async fn slow_down(&self, host: &str, domain: &str, until: Timestamp, now: Timestamp) -> Result<(), Away> {
        let mut call = self.slow_down.key(self.host_key(host, domain));
        call.arg(micros(now)).arg(micros(until));
        let _: i64 = self.connection.call(&call).await?;
        Ok(())
    }

    async fn probe(&self) -> Result<(), Away> {
        self.connection.ping().await
    }
}

impl std::fmt::Debug for RedisSlots {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The connection's own Debug would print the URL.
        f.debug_struct("RedisSlots").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}
