//! Taking: a subscription at the writer, which claims as many rows as there are free hands.

use super::rows::{Claimed, Row};
use super::writer::Op;
use crate::backend::{Deliveries, Settle, Taken};
use crate::error::PublishError;
use crate::{Envelope, QueueName};
use async_trait::async_trait;
use std::sync::Arc;
use tokio::sync::{Semaphore, mpsc, oneshot};

/// What the writer knows of who takes from a queue.
pub(super) struct Subscription {
    pub(super) id: u64,
    pub(super) queue: QueueName,
    /// Free hands; each claimed row takes one until it is settled.
    pub(super) hands: Arc<Semaphore>,
    /// As wide as there are hands, so that sending never waits.
    pub(super) out: mpsc::Sender<Taken>,
    /// The last claim may have left something behind.
    pub(super) hungry: bool,
}

/// The other end.
pub(super) struct Claims {
    id: u64,
    ops: mpsc::Sender<Op>,
    taken: mpsc::Receiver<Taken>,
    stopped: bool,
}

impl Claims {
    pub(super) fn new(id: u64, queue: QueueName, prefetch: u16, ops: mpsc::Sender<Op>) -> (Subscription, Self) {
        let hands = Arc::new(Semaphore::new(usize::from(prefetch)));
        let (out, taken) = mpsc::channel(usize::from(prefetch));
        (Subscription { id, queue, hands, out, hungry: true }, Self { id, ops, taken, stopped: false })
    }
}

#[async_trait]
impl Deliveries for Claims {
    async fn next(&mut self) -> Option<Taken> {
        self.taken.recv().await
    }

    async fn stop(&mut self) {
        if !self.stopped {
            self.stopped = true;
            let _ = self.ops.send(Op::Unsubscribe(self.id)).await;
        }
    }
}

impl Drop for Claims {
    fn drop(&mut self) {
        // Its channel closes with it, and the writer forgets a subscription that nobody hears.
        if !self.stopped {
            let _ = self.ops.try_send(Op::Unsubscribe(self.id));
        }
    }
}

/// A claimed row in somebody's hand.
#[derive(Clone)]
pub(super) struct Held {
    pub(super) id: i64,
    pub(super) queue: QueueName,
    pub(super) bytes: i64,
    /// Where the hand is free again once the row is settled; none of a row that was asked for by itself.
    hands: Option<Arc<Semaphore>>,
}

impl Held {
    /// The row takes no hand any more.
    pub(super) fn let_go(&self) {
        if let Some(hands) = &self.hands {
            hands.add_permits(1);
        }
    }
}

/// The right to settle a claimed row.
struct Claim {
    /// Gone once it is settled.
    held: Option<Held>,
    ops: mpsc::Sender<Op>,
}

/// A claimed row on its way to whoever takes.
pub(super) fn taken(claimed: Claimed, queue: QueueName, hands: Option<Arc<Semaphore>>, ops: mpsc::Sender<Op>) -> Taken {
    let held = Held { id: claimed.id, queue, bytes: claimed.envelope.body.len() as i64, hands };
    Taken {
        redelivered: claimed.deliveries > 1,
        headers: claimed.facts,
        envelope: claimed.envelope,
        settle: Box::new(Claim { held: Some(held), ops }),
    }
}

#[async_trait]
impl Settle for Claim {
    async fn forward(&mut self, messages: &[Envelope]) -> Result<(), PublishError> {
        let Some(row) = self.held.clone() else { return Ok(()) };
        let (done, answer) = oneshot::channel();
        let rows = messages.iter().map(Row::new).collect();
        self.ops.send(Op::Settle { row, rows, done }).await.map_err(|_| PublishError::Closed)?;
        answer.await.map_err(|_| PublishError::Closed)??;
        self.held = None;
        Ok(())
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if let Some(row) = self.held.take() {
            let _ = self.ops.try_send(Op::Release { row });
        }
    }
}
