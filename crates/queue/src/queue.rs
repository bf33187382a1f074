//! The queue as the rest of the house sees it.

use crate::backend::{Backend, Deliveries, Depth, Settle};
use crate::backoff::Backoff;
use crate::embedded::{Embedded, Role};
use crate::error::PublishError;
use crate::gate::Gate;
use crate::rabbitmq::RabbitMq;
use crate::{Belt, Envelope, Lane, QueueError, QueueName, QueueSettings, Unsendable};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use telemetry::events::belt::{BackPressure, MessageSent, QueueDepth};
use telemetry::{Health, MessageSpan};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long a look at a belt's depth holds: publishers look every second.
const LOOK: Duration = Duration::from_secs(1);

/// The belts of this installation. Cheap to clone; all clones share one connection.
#[derive(Clone)]
pub struct Queue {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) backend: Box<dyn Backend>,
    pub(crate) settings: QueueSettings,
    pub(crate) health: Health,
    pub(crate) gate: Gate,
    /// Whether a belt had room when last looked at.
    room: Mutex<HashMap<Belt, (Instant, bool)>>,
}

impl Queue {
    /// Opens the queue to publish and to take. Embedded: as its one owner, and fails if another process is
    /// that. RabbitMQ: if the broker is away, says so in log and readiness (part `queue`) and returns; what
    /// is asked of the queue meanwhile waits.
    pub async fn open(settings: &QueueSettings, health: Health) -> Result<Queue, QueueError> {
        Self::with_role(settings, health, Role::Owner).await
    }

    /// Opens the queue to publish only, beside its owner: for commands.
    pub async fn open_to_publish(settings: &QueueSettings, health: Health) -> Result<Queue, QueueError> {
        Self::with_role(settings, health, Role::Publisher).await
    }

    async fn with_role(settings: &QueueSettings, health: Health, role: Role) -> Result<Queue, QueueError> {
        let backend: Box<dyn Backend> = match settings.url.split_once(':') {
            Some(("sqlite", path)) if !path.is_empty() => {
                Box::new(Embedded::open(path.as_ref(), role, settings, health.clone()).await?)
            }
            Some(("amqp" | "amqps", _)) => {
                Box::new(RabbitMq::open(settings, role == Role::Owner, health.clone()).await?)
            }
            _ => return Err(QueueError::Url(telemetry::without_password(&settings.url))),
        };
        Ok(Self::over(backend, settings.clone(), health))
    }

    /// Over a backend that is open already.
    pub(crate) fn over(backend: Box<dyn Backend>, settings: QueueSettings, health: Health) -> Queue {
        let room = Mutex::new(HashMap::new());
        Queue { shared: Arc::new(Shared { backend, settings, health, gate: Gate::new(), room }) }
    }

    /// The settings it was opened with.
    pub fn settings(&self) -> &QueueSettings {
        &self.shared.settings
    }

    /// Publishes, and returns when every message is confirmed (embedded: committed). Waits while a belt is
    /// full or the broker away; a caller that can't wait drops the future and has to publish again, which
    /// is harmless: everything is idempotent by message id.
    pub async fn publish<M: Into<Envelope>>(&self, messages: Vec<M>) -> Result<(), QueueError> {
        let messages: Vec<Envelope> = messages.into_iter().map(Into::into).collect();
        if messages.is_empty() {
            return Ok(());
        }
        let (began, mut wait) = (SystemTime::now(), Patience::default());
        loop {
            match self.attempt(&messages).await {
                Ok(()) => {
                    tell_sent(&messages, began);
                    return Ok(());
                }
                Err(PublishError::Unsendable(why)) => return Err(why.into()),
                Err(PublishError::Closed) => return Err(QueueError::Closed),
                Err(PublishError::Full(queue)) => wait.full(queue).await,
                Err(PublishError::Away(why)) => wait.away(&why).await,
            }
        }
    }

    async fn attempt(&self, messages: &[Envelope]) -> Result<(), PublishError> {
        check_sizes(messages, self.shared.settings.message_max_bytes)?;
        self.shared.backend.publish(messages).await
    }

    /// How much lies in each queue of the topology.
    pub async fn depths(&self) -> Result<Vec<Depth>, QueueError> {
        let queues = QueueName::with_ladder(&self.shared.settings.rungs());
        self.shared.backend.depths(&queues).await.map_err(unanswered)
    }

    /// Whether more may be put on a belt: below the share of its bound at which publishers stop. Looks at
    /// most once a second. A broker that does not answer has no room.
    pub async fn has_room(&self, belt: Belt) -> bool {
        if let Some((looked, room)) = self.room().get(&belt)
            && looked.elapsed() < LOOK
        {
            return *room;
        }
        let lanes = [QueueName::Belt(belt, Lane::Main), QueueName::Belt(belt, Lane::Later)];
        let room = match self.shared.backend.depths(&lanes).await {
            Ok(depths) => depths.iter().all(|d| self.below_stop(d)),
            Err(_) => false,
        };
        let before = self.room().insert(belt, (Instant::now(), room)).map(|(_, room)| room);
        let pressure = BackPressure { belt: belt.as_str(), on: !room };
        match before {
            None if room => pressure.measure(),
            Some(before) if before == room => {}
            _ => pressure.emit(),
        }
        room
    }

    fn below_stop(&self, depth: &Depth) -> bool {
        let held = depth.ready + depth.in_flight.unwrap_or(0);
        held < self.shared.settings.stop_at_messages()
            && depth.bytes.unwrap_or(0) < self.shared.settings.stop_at_bytes()
    }

    fn room(&self) -> std::sync::MutexGuard<'_, HashMap<Belt, (Instant, bool)>> {
        // A panic while the map was held leaves a map that is still whole.
        self.shared.room.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes raw messages from a queue, `prefetch` at a time: for the registrar, which reads dead letters
    /// and outcomes without knowing their types.
    pub async fn consume(&self, queue: QueueName, prefetch: u16) -> Result<Consumer, QueueError> {
        Ok(Consumer { deliveries: self.shared.backend.consume(queue, prefetch.max(1)).await? })
    }

    /// Moves the depth gauges every `every` until told to stop. One process is enough.
    pub async fn report_depths(&self, every: Duration, shutdown: CancellationToken) {
        loop {
            if let Ok(depths) = self.depths().await {
                for d in &depths {
                    QueueDepth { queue: &d.queue.to_string(), ready: d.ready, in_flight: d.in_flight }.emit();
                }
            }
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(every) => {}
            }
        }
    }

    /// Closes: what is held un-acked comes again at the next start.
    pub async fn close(&self) {
        self.shared.backend.close().await;
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").field("settings", &self.shared.settings).finish_non_exhaustive()
    }
}

/// Raw messages of one queue.
pub struct Consumer {
    deliveries: Box<dyn Deliveries>,
}

impl Consumer {
    /// The next message; waits for one. `None` when the queue was closed, or stopped and empty.
    pub async fn next(&mut self) -> Option<RawDelivery> {
        let taken = self.deliveries.next().await?;
        Some(RawDelivery { envelope: taken.envelope, headers: taken.headers, settle: taken.settle })
    }

    /// Takes no more; what was already on its way still comes from `next`.
    pub async fn stop(&mut self) {
        self.deliveries.stop().await;
    }
}

impl fmt::Debug for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consumer").finish_non_exhaustive()
    }
}

/// A message in hand, as it lay in the queue. Dropped without an ack it comes again.
pub struct RawDelivery {
    /// Body and facts; a death by the broker has been given its reason and its stage.
    pub envelope: Envelope,
    /// Headers as they came, JSON.
    pub headers: Vec<u8>,
    settle: Box<dyn Settle>,
}

impl RawDelivery {
    /// It is dealt with. Fails where the connection it came by is gone: then it comes again.
    pub async fn ack(mut self) -> Result<(), QueueError> {
        self.settle.ack().await.map_err(unanswered)
    }
}

impl fmt::Debug for RawDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawDelivery").field("envelope", &self.envelope).finish_non_exhaustive()
    }
}

fn unanswered(why: PublishError) -> QueueError {
    match why {
        PublishError::Unsendable(why) => why.into(),
        PublishError::Closed => QueueError::Closed,
        PublishError::Full(_) | PublishError::Away(_) => QueueError::Backend(why.to_string()),
    }
}

/// Where traces begin: what has come back from the dead goes on in the one it died in.
fn tell_sent(messages: &[Envelope], began: SystemTime) {
    for message in messages.iter().filter(|m| m.replay.is_none()) {
        if let (Some(belt), Some(own)) = (message.queue.belt(), message.traceparent.as_deref()) {
            let span = MessageSpan { own, parent: None, began };
            MessageSent { belt: belt.as_str(), message_id: &message.message_id.0, span }.emit();
        }
    }
}

/// No body above the limit.
pub(crate) fn check_sizes(messages: &[Envelope], limit: usize) -> Result<(), Unsendable> {
    match messages.iter().find(|m| m.body.len() > limit) {
        Some(m) => Err(Unsendable::TooLarge { queue: m.queue, bytes: m.body.len(), limit }),
        None => Ok(()),
    }
}

/// Waiting for room or for the broker.
pub(crate) struct Patience(Backoff);

impl Default for Patience {
    fn default() -> Self {
        Self(Backoff::new(Duration::from_millis(50), Duration::from_secs(2)))
    }
}

impl Patience {
    pub(crate) async fn full(&mut self, queue: QueueName) {
        tracing::debug!(%queue, "queue is full; publishing again later");
        tokio::time::sleep(self.0.next()).await;
    }

    pub(crate) async fn away(&mut self, why: &str) {
        tracing::debug!(why, "not confirmed; publishing again");
        tokio::time::sleep(self.0.next()).await;
    }
}
