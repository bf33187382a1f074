//! The belts in one SQLite file.
//!
//! One process owns the file and takes from it; others may publish through WAL, and the owner looks for
//! their messages at least every 200 ms. All writing of a process goes through one task, in transactions of
//! up to 64 operations with `synchronous = FULL`: a confirm is a committed transaction, and a claim commits
//! its delivery count before the handler starts. A rung is a time before which a message is not taken.

mod claim;
mod database;
mod restart;
mod rows;
mod writer;

use crate::backend::{Backend, Deliveries, Depth, Taken};
use crate::error::PublishError;
use crate::{Envelope, QueueError, QueueName, QueueSettings};
use async_trait::async_trait;
use claim::Claims;
use database::Ownership;
use rows::Row;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use telemetry::Health;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use writer::{Op, Writer};

/// What this process may do with the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    /// Take and publish; one process at a time.
    Owner,
    /// Publish.
    Publisher,
}

/// Operations that wait for the writer: as many as all workers of a process can have under way, and more
/// wait at the sender.
const WAITING_OPS: usize = 1024;

/// How long closing may take: with the drain it has to fit into a pod's grace period.
const CLOSE_LIMIT: Duration = Duration::from_secs(3);

/// The embedded queue.
pub(crate) struct Embedded {
    ops: mpsc::Sender<Op>,
    /// Reads beside the writer; WAL lets them not wait for each other.
    reader: sqlx::SqlitePool,
    role: Role,
    next_subscription: AtomicU64,
    /// Held while the process owns the file; closing lets it go.
    ownership: Mutex<Option<Ownership>>,
    writer: Mutex<Option<tokio::task::JoinHandle<()>>>,
}

impl Embedded {
    pub(crate) async fn open(
        path: &Path,
        role: Role,
        settings: &QueueSettings,
        health: Health,
    ) -> Result<Self, QueueError> {
        let ownership = match role {
            Role::Owner => Some(Ownership::take(path)?),
            Role::Publisher => None,
        };
        let mut connection = database::open(path).await?;
        if role == Role::Owner {
            restart::recover(&mut connection, settings.lone_delivery_limit).await?;
        }
        let reader = database::reader(path).await?;
        let (ops, waiting) = mpsc::channel(WAITING_OPS);
        health.up("queue");
        let writer = Writer::new(connection, waiting, ops.downgrade(), settings, health);
        let writer = tokio::spawn(writer.run());
        Ok(Self {
            ops,
            reader,
            role,
            next_subscription: AtomicU64::new(0),
            ownership: Mutex::new(ownership),
            writer: Mutex::new(Some(writer)),
        })
    }

    fn may_take(&self) -> Result<(), QueueError> {
        match self.role {
            Role::Owner => Ok(()),
            Role::Publisher => Err(QueueError::NotOwner),
        }
    }
}

#[async_trait]
impl Backend for Embedded {
    async fn publish(&self, messages: &[Envelope]) -> Result<(), PublishError> {
        let (done, answer) = oneshot::channel();
        let rows = messages.iter().map(Row::new).collect();
        self.ops.send(Op::Publish { rows, done }).await.map_err(|_| PublishError::Closed)?;
        answer.await.map_err(|_| PublishError::Closed)?
    }

    async fn consume(&self, queue: QueueName, prefetch: u16) -> Result<Box<dyn Deliveries>, QueueError> {
        self.may_take()?;
        let id = self.next_subscription.fetch_add(1, Ordering::Relaxed);
        let (subscription, claims) = Claims::new(id, queue, prefetch, self.ops.clone());
        self.ops.send(Op::Subscribe(subscription)).await.map_err(|_| QueueError::Closed)?;
        Ok(Box::new(claims))
    }

    async fn get(&self, queue: QueueName) -> Result<Option<Taken>, PublishError> {
        let (reply, answer) = oneshot::channel();
        self.ops.send(Op::Get { queue, reply }).await.map_err(|_| PublishError::Closed)?;
        answer.await.map_err(|_| PublishError::Closed)
    }

    /// A message on a rung counts there, not on its lane.
    async fn depths(&self, queues: &[QueueName]) -> Result<Vec<Depth>, PublishError> {
        let told = |e: sqlx::Error| PublishError::Away(e.to_string());
        let mut reader = self.reader.acquire().await.map_err(told)?;
        let loads = database::loads(&mut reader).await.map_err(told)?;
        let on_rungs = database::on_rungs(&mut reader).await.map_err(told)?;
        let depth = |queue: &QueueName| {
            let load = loads.get(queue).copied().unwrap_or_default();
            let waiting: u64 = on_rungs.iter().filter(|(lane, _, _)| lane == queue).map(|(_, _, n)| n).sum();
            let here: u64 = on_rungs.iter().filter(|(_, rung, _)| rung == queue).map(|(_, _, n)| n).sum();
            let positive = |n: i64| u64::try_from(n).unwrap_or(0);
            Depth {
                queue: *queue,
                ready: positive(load.messages - load.in_flight).saturating_sub(waiting) + here,
                in_flight: Some(positive(load.in_flight)),
                bytes: Some(positive(load.bytes)),
            }
        };
        Ok(queues.iter().map(depth).collect())
    }

    async fn close(&self) {
        let Some(mut writer) = lock(&self.writer).take() else { return };
        let asked = async {
            let _ = self.ops.send(Op::Close).await;
            let _ = (&mut writer).await;
        };
        // A writer that waits for room on the disk hears nothing. What it was writing was confirmed to nobody.
        if timeout(CLOSE_LIMIT, asked).await.is_err() {
            tracing::warn!("the queue's file could not be written to the end: what was under way comes again");
            writer.abort();
            let _ = writer.await;
        }
        self.reader.close().await;
        lock(&self.ownership).take();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // What is inside is taken out whole or not at all.
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
