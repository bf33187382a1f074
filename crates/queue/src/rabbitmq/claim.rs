//! A delivery in hand.

use super::link::Link;
use super::session::Session;
use super::wire;
use crate::backend::{Settle, Taken};
use crate::error::PublishError;
use crate::{Envelope, QueueName};
use async_trait::async_trait;
use lapin::message::Delivery;
use lapin::options::BasicAckOptions;
use lapin::{Acker, Channel};
use std::sync::Arc;
use std::time::Duration;

/// How long one attempt waits for a connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// The way a delivery came by, which its ack must go by.
pub(super) struct Way {
    /// Closes with its last clone.
    pub(super) channel: Channel,
    /// The connection of that channel.
    pub(super) session: Arc<Session>,
    /// Tells its consumer that a hand is full.
    pub(super) _hand: Option<Arc<()>>,
}

struct Claim {
    acker: Acker,
    way: Way,
    publishing: Link,
}

/// A delivery on its way to whoever takes.
pub(super) fn taken(delivery: Delivery, queue: QueueName, way: Way, publishing: Link) -> Taken {
    let headers = wire::headers_json(&delivery.properties, queue);
    let redelivered = delivery.redelivered;
    let acker = delivery.acker.clone();
    let envelope = wire::envelope(delivery, queue);
    Taken { envelope, headers, redelivered, settle: Box::new(Claim { acker, way, publishing }) }
}

#[async_trait]
impl Settle for Claim {
    /// An ack that can't be sent because its connection is gone is no error: the message comes again, and
    /// what it caused is caused again under the same names.
    async fn forward(&mut self, messages: &[Envelope]) -> Result<(), PublishError> {
        if !messages.is_empty() {
            self.publishing.session(PATIENCE).await?.publish(messages).await?;
        }
        if self.way.session.lost.is_cancelled() || !self.way.channel.status().connected() {
            return Ok(());
        }
        self.way.session.acks();
        let acked = self.acker.ack(BasicAckOptions { multiple: false });
        match self.way.session.alive(PATIENCE, acked).await {
            Some(Ok(_)) => {}
            Some(Err(why)) => tracing::debug!(%why, "the ack could not be sent: the message comes again"),
            None => tracing::debug!("the ack could not be sent in time: the message comes again"),
        }
        Ok(())
    }
}
