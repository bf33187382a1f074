//! What a backend does for the queue: the line between the worker's rules and SQLite, RabbitMQ or a
//! simulation.

use crate::error::PublishError;
use crate::{Envelope, QueueError, QueueName};
use article::Timestamp;
use async_trait::async_trait;
use std::fmt;

/// A place where messages lie.
#[async_trait]
pub(crate) trait Backend: Send + Sync + 'static {
    /// Returns when every message is confirmed: on a majority's disks, or in a committed transaction.
    /// `Err` means that nothing is known of any of them. One attempt; whoever calls decides about the next.
    async fn publish(&self, messages: &[Envelope]) -> Result<(), PublishError>;

    /// Takes messages from a queue, `prefetch` at a time, until told to stop. Reconnects by itself.
    async fn consume(&self, queue: QueueName, prefetch: u16) -> Result<Box<dyn Deliveries>, QueueError>;

    /// Takes one message, if there is one.
    async fn get(&self, queue: QueueName) -> Result<Option<Taken>, PublishError>;

    /// How much lies in these queues.
    async fn depths(&self, queues: &[QueueName]) -> Result<Vec<Depth>, PublishError>;

    /// Hands back what can be handed back, and closes.
    async fn close(&self);

    /// The clock that the worker goes by.
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// Messages of one queue as they come.
#[async_trait]
pub(crate) trait Deliveries: Send {
    /// The next; `None` once stopped and empty, or when the queue was closed.
    async fn next(&mut self) -> Option<Taken>;

    /// No more from now on, except what was already on its way, which `next` still gives.
    async fn stop(&mut self);
}

/// A message in hand. Dropped without being settled it comes again.
pub(crate) struct Taken {
    pub(crate) envelope: Envelope,
    /// Headers as they came, JSON; of dead letters and outcomes, else possibly empty.
    pub(crate) headers: Vec<u8>,
    /// Delivered before.
    pub(crate) redelivered: bool,
    pub(crate) settle: Box<dyn Settle>,
}

impl fmt::Debug for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Taken").field("envelope", &self.envelope).finish_non_exhaustive()
    }
}

/// The right to say that a message is dealt with.
#[async_trait]
pub(crate) trait Settle: Send + Sync {
    /// Publishes and, once that is confirmed, acks: in one transaction where the backend has them. May be
    /// tried again after an error.
    async fn forward(&mut self, messages: &[Envelope]) -> Result<(), PublishError>;

    /// Acks.
    async fn ack(&mut self) -> Result<(), PublishError> {
        self.forward(&[]).await
    }
}

/// How much lies in a queue.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Depth {
    /// Which queue, by name.
    #[serde(serialize_with = "by_name")]
    pub queue: QueueName,
    /// Messages that wait to be taken; on a rung, that wait for their time.
    pub ready: u64,
    /// Messages in hand; RabbitMQ does not tell over AMQP.
    pub in_flight: Option<u64>,
    /// Bytes of the bodies; RabbitMQ does not tell over AMQP.
    pub bytes: Option<u64>,
}

fn by_name<S: serde::Serializer>(queue: &QueueName, s: S) -> Result<S::Ok, S::Error> {
    s.collect_str(queue)
}
