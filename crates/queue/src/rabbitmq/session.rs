//! A connection while it lives: what may be asked of it, and its end noticed.

use super::publisher::{Publisher, Request};
use super::wire::Outbound;
use crate::error::PublishError;
use crate::topology::topology;
use crate::{Envelope, QueueError, QueueSettings};
use lapin::options::{ConfirmSelectOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, Connection};
use std::future::Future;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

/// How long a connection may take to be made, topology included: some dozens of quorum queues.
pub(super) const CONNECT_LIMIT: Duration = Duration::from_secs(60);
/// How long after the last ack a channel is kept open. A channel of the broker hands a quorum queue 32 commands at
/// once (the soft limit of `rabbit_fifo_client`); acks beyond them wait in the channel, and one that closes takes them
/// along: their messages would come again, and each time would count as a delivery.
const ACKS_TAKEN_IN: Duration = Duration::from_millis(300);
/// Publishes of this process that may wait for the publisher; more wait at their sender.
const WAITING: usize = 256;

/// A connection that lives.
pub(super) struct Session {
    connection: Connection,
    settings: Arc<QueueSettings>,
    /// To the task that publishes; only on the publishing connection.
    publisher: Option<mpsc::Sender<Request>>,
    /// For passive declares; opened anew when a missing queue has closed it.
    asking: Mutex<Option<Channel>>,
    /// Set when it is known to be dead, by whoever notices first.
    pub(super) lost: CancellationToken,
    /// Whether the broker takes no publishes.
    pub(super) blocked: watch::Sender<bool>,
    /// When the last ack went out.
    acked: std::sync::Mutex<Option<Instant>>,
}

impl Session {
    pub(super) fn over(connection: Connection, settings: Arc<QueueSettings>) -> Self {
        Self {
            connection,
            settings,
            publisher: None,
            asking: Mutex::new(None),
            lost: CancellationToken::new(),
            blocked: watch::channel(false).0,
            acked: std::sync::Mutex::default(),
        }
    }

    /// Opens it for publishing, with confirms.
    pub(super) async fn publishes(&mut self) -> Result<(), lapin::Error> {
        let channel = self.channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        let (requests, waiting) = mpsc::channel(WAITING);
        let publisher = Publisher::new(channel, self.lost.clone(), self.blocked.subscribe(), self.settings.clone());
        tokio::spawn(publisher.run(waiting));
        self.publisher = Some(requests);
        Ok(())
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// A channel of its own.
    pub(super) async fn channel(&self) -> Result<Channel, lapin::Error> {
        self.connection.create_channel().await
    }

    pub(super) fn settings(&self) -> &QueueSettings {
        &self.settings
    }

    /// The channel for questions.
    pub(super) async fn asking(&self) -> Result<Channel, lapin::Error> {
        let mut asking = self.asking.lock().await;
        match asking.as_ref().filter(|channel| channel.status().connected()) {
            Some(channel) => Ok(channel.clone()),
            None => Ok(asking.insert(self.connection.create_channel().await?).clone()),
        }
    }

    /// An ack goes out.
    pub(super) fn acks(&self) {
        *self.acked.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Waits until the broker has had the time to take every ack in.
    pub(super) async fn acks_taken_in(&self) {
        let last = *self.acked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = last {
            tokio::select! {
                biased;
                () = self.lost.cancelled() => {}
                () = tokio::time::sleep_until(last + ACKS_TAKEN_IN) => {}
            }
        }
    }

    /// What was asked of the broker, while the connection lives and for at most `limit`: what a dying connection
    /// takes in may never be answered.
    pub(super) async fn alive<T>(&self, limit: Duration, asked: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.lost.cancelled() => None,
            answer = timeout(limit, asked) => answer.ok(),
        }
    }

    /// Publishes, and returns when all are confirmed. A message that the broker returns may have lost its
    /// queue to somebody's hand: the topology is declared anew before it counts as unroutable.
    pub(super) async fn publish(&self, messages: &[Envelope]) -> Result<(), PublishError> {
        if messages.is_empty() {
            return Ok(());
        }
        match self.publish_once(messages).await {
            Err(PublishError::Unsendable(why)) => {
                tracing::warn!(%why, "declaring the topology anew");
                let silent = || PublishError::Away("the broker does not answer".to_owned());
                let declared = self.alive(CONNECT_LIMIT, self.declare()).await.ok_or_else(silent)?;
                declared.map_err(|e| PublishError::Away(e.to_string()))?;
                self.publish_once(messages).await
            }
            answer => answer,
        }
    }

    async fn publish_once(&self, messages: &[Envelope]) -> Result<(), PublishError> {
        let away = || PublishError::Away("the connection to the broker broke".to_owned());
        let publisher = self.publisher.as_ref().ok_or_else(away)?;
        let (done, answer) = oneshot::channel();
        let messages = messages.iter().map(Outbound::of).collect();
        publisher.send(Request { messages, done }).await.map_err(|_| away())?;
        answer.await.map_err(|_| away())?
    }

    /// Declares every queue.
    pub(super) async fn declare(&self) -> Result<(), ConnectError> {
        declare(&self.connection, &self.settings).await
    }

    pub(super) async fn close(&self) {
        self.lost.cancel();
        let _ = timeout(Duration::from_secs(2), self.connection.close(200, "closing".into())).await;
    }
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    /// A queue is there with other arguments.
    #[error(transparent)]
    Topology(QueueError),
    /// Everything that may heal.
    #[error("{0}")]
    Away(String),
}

/// Declares every queue with its arguments. A queue that has others is refused by the broker with 406.
async fn declare(connection: &Connection, settings: &QueueSettings) -> Result<(), ConnectError> {
    let away = |e: lapin::Error| ConnectError::Away(e.to_string());
    let channel = connection.create_channel().await.map_err(away)?;
    for queue in topology(settings) {
        let mut arguments = FieldTable::default();
        for (key, value) in &queue.arguments {
            arguments.insert((*key).into(), argument(value));
        }
        let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        let declared = channel.queue_declare(queue.name.as_str().into(), options, arguments).await;
        declared.map_err(|why| match why.kind() {
            lapin::ErrorKind::ProtocolError(e) if e.get_id() == 406 => {
                ConnectError::Topology(QueueError::Topology(format!(
                    "queue {} exists with other arguments than this release declares ({e}). Move its messages \
                     elsewhere and delete it, or set queue.prefix",
                    queue.name
                )))
            }
            _ => away(why),
        })?;
    }
    let _ = channel.close(200, "declared".into()).await;
    Ok(())
}

fn argument(value: &serde_json::Value) -> AMQPValue {
    match value.as_i64() {
        Some(number) => AMQPValue::LongLongInt(number),
        None => AMQPValue::LongString(value.as_str().unwrap_or_default().into()),
    }
}
