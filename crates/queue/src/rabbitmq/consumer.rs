//! Consuming, across broken channels, cancelled consumers and new connections.

use super::ANSWER;
use super::claim::{self, Way};
use super::link::Link;
use super::session::{CONNECT_LIMIT, Session};
use crate::QueueName;
use crate::backend::{Deliveries, Taken};
use crate::backoff::Backoff;
use crate::error::PublishError;
use crate::topology::physical;
use async_trait::async_trait;
use futures_util::StreamExt;
use lapin::options::{BasicCancelOptions, BasicConsumeOptions, BasicQosOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Consumer};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// How often an ended consumer looks whether everything it brought is settled.
const HELD_LOOK: Duration = Duration::from_millis(50);
/// Idle heartbeats after which a consumer subscribes anew.
const REFRESH: u32 = 6;

/// Deliveries of a consumer, through a task that keeps one open.
pub(super) struct Pull {
    taken: mpsc::Receiver<(Arc<Session>, Taken)>,
    stop: CancellationToken,
}

impl Pull {
    pub(super) fn start(consuming: Link, publishing: Link, queue: QueueName, prefetch: u16) -> Self {
        let (out, taken) = mpsc::channel(usize::from(prefetch));
        let stop = CancellationToken::new();
        let task = Task { consuming, publishing, queue, prefetch, out, stop: stop.clone() };
        tokio::spawn(task.run());
        Self { taken, stop }
    }
}

#[async_trait]
impl Deliveries for Pull {
    /// What a lost connection had delivered is not given out: the broker has it back and delivers it again.
    async fn next(&mut self) -> Option<Taken> {
        loop {
            let (session, taken) = self.taken.recv().await?;
            if !session.lost.is_cancelled() {
                return Some(taken);
            }
        }
    }

    async fn stop(&mut self) {
        self.stop.cancel();
    }
}

impl Drop for Pull {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

struct Task {
    consuming: Link,
    publishing: Link,
    queue: QueueName,
    prefetch: u16,
    out: mpsc::Sender<(Arc<Session>, Taken)>,
    stop: CancellationToken,
}

/// Why a consumer ended.
enum End {
    /// We wanted it, or nobody hears any more.
    Stopped,
    /// The broker cancelled it, or its channel or connection broke.
    Broken(String),
}

impl Task {
    async fn run(self) {
        let mut backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(5));
        loop {
            let session = tokio::select! {
                biased;
                () = self.stop.cancelled() => return,
                () = self.consuming.closing().cancelled() => return,
                session = self.consuming.session(Duration::from_secs(3600)) => session,
            };
            let session = match session {
                Ok(session) => session,
                Err(PublishError::Closed) => return,
                Err(_) => continue,
            };
            match self.consume(&session, &mut backoff).await {
                End::Stopped => return,
                End::Broken(why) => tracing::debug!(queue = %self.queue, why, "consumer ended; consuming anew"),
            }
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return,
                () = tokio::time::sleep(backoff.next()) => {}
            }
        }
    }

    /// Consumes until something ends it, and leaves nothing of the consumer at the broker.
    async fn consume(&self, session: &Arc<Session>, backoff: &mut Backoff) -> End {
        let mut consuming = match session.alive(ANSWER, self.subscribe(session)).await {
            Some(Ok(consuming)) => consuming,
            Some(Err(why)) => return self.unsubscribed(&why).await,
            None => return End::Broken("no answer".to_owned()),
        };
        backoff.reset();
        let end = self.pass_on(session, &mut consuming).await;
        if !session.lost.is_cancelled() {
            self.retire(session, consuming).await;
        }
        end
    }

    /// Passes deliveries on until the consumer ends.
    async fn pass_on(&self, session: &Arc<Session>, consuming: &mut Consuming) -> End {
        let mut looks = interval(Duration::from_secs(u64::from(session.settings().heartbeat_secs.max(1))));
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        looks.reset();
        let (mut quiet, mut idle) = (true, 0);
        loop {
            let next = tokio::select! {
                biased;
                () = self.stop.cancelled() => return End::Stopped,
                () = session.lost.cancelled() => return End::Broken("connection lost".to_owned()),
                next = consuming.consumer.next() => next,
                _ = looks.tick() => {
                    idle = if std::mem::replace(&mut quiet, true) { idle + 1 } else { 0 };
                    if idle > 0 && self.is_forgotten(session, consuming.held()).await {
                        return End::Broken("the queue does not know of this consumer".to_owned());
                    }
                    if idle >= REFRESH && consuming.held() == 0 {
                        return End::Broken("idle: subscribing anew".to_owned());
                    }
                    continue;
                }
            };
            quiet = false;
            let delivery = match next {
                Some(Ok(delivery)) => delivery,
                Some(Err(why)) => return End::Broken(why.to_string()),
                None => return End::Broken("cancelled by the broker".to_owned()),
            };
            if !self.give(delivery, consuming, session).await {
                return End::Stopped;
            }
        }
    }

    /// A quorum queue that is deleted and declared anew within a moment (3.10) forgets its consumers and
    /// cancels none of them. So a consumer that is given nothing for a heartbeat asks: a queue without
    /// consumers, or with messages that nobody brings to free hands, is consumed anew. Or it takes the old
    /// consumer for its own and sends it messages that the channel drops as seen already: nothing tells of
    /// those, so who stays idle for some heartbeats subscribes anew, which gives them back.
    async fn is_forgotten(&self, session: &Session, held: usize) -> bool {
        let name = physical(self.queue, session.settings());
        let options = QueueDeclareOptions { passive: true, durable: true, ..QueueDeclareOptions::default() };
        let asked = async {
            let channel = session.asking().await?;
            channel.queue_declare(name.as_str().into(), options, FieldTable::default()).await
        };
        let free = held < usize::from(self.prefetch);
        match session.alive(ANSWER, asked).await {
            Some(Ok(queue)) => queue.consumer_count() == 0 || (queue.message_count() > 0 && free),
            Some(Err(why)) => why.is_amqp_soft_error(),
            None => false,
        }
    }

    /// Whether somebody still hears.
    async fn give(&self, delivery: lapin::message::Delivery, from: &Consuming, session: &Arc<Session>) -> bool {
        let way = Way { channel: from.channel.clone(), session: session.clone(), _hand: Some(from.hands.clone()) };
        let taken = claim::taken(delivery, self.queue, way, self.publishing.clone());
        self.out.send((session.clone(), taken)).await.is_ok()
    }

    async fn subscribe(&self, session: &Session) -> Result<Consuming, lapin::Error> {
        let channel = session.channel().await?;
        channel.basic_qos(self.prefetch, BasicQosOptions::default()).await?;
        let name = physical(self.queue, session.settings());
        let options = BasicConsumeOptions::default();
        let consumer = channel.basic_consume(name.as_str().into(), "".into(), options, FieldTable::default()).await?;
        Ok(Consuming { channel, consumer, hands: Arc::new(()) })
    }

    /// A queue that is gone (404) comes back with the topology.
    async fn unsubscribed(&self, why: &lapin::Error) -> End {
        if why.is_amqp_soft_error()
            && let Some(session) = self.publishing.current()
            && let Some(Err(why)) = session.alive(CONNECT_LIMIT, session.declare()).await
        {
            tracing::warn!(%why, queue = %self.queue, "can't consume");
        }
        End::Broken(why.to_string())
    }

    /// Ends the consumer, passes on what the broker had sent by then, and has the channel closed when all of it is
    /// settled.
    async fn retire(&self, session: &Arc<Session>, mut consuming: Consuming) {
        let (tag, options) = (consuming.consumer.tag(), BasicCancelOptions::default());
        let cancelled = session.alive(ANSWER, consuming.channel.basic_cancel(tag, options)).await;
        if matches!(cancelled, Some(Ok(()))) {
            while let Some(Some(Ok(delivery))) = session.alive(ANSWER, consuming.consumer.next()).await {
                if !self.give(delivery, &consuming, session).await {
                    break;
                }
            }
        }
        tokio::spawn(consuming.close(session.clone()));
    }
}

/// A consumer, and the channel that is its alone.
struct Consuming {
    channel: Channel,
    consumer: Consumer,
    /// A clone in each delivery that is not settled yet.
    hands: Arc<()>,
}

impl Consuming {
    /// Deliveries that are not settled yet.
    fn held(&self) -> usize {
        Arc::strong_count(&self.hands) - 1
    }

    /// Waits until what it brought is settled and the acks are taken in, then closes the channel. That is asked for
    /// by name, not left to the last clone's drop: a quorum queue whose leader can't be reached confirms a cancel and
    /// does not hear of it (3.10); what it goes on to send to the channel comes back only when the channel is closed.
    /// A broker that leaves even that unanswered gets everything back with the connection.
    async fn close(self, session: Arc<Session>) {
        while self.held() > 0 && !session.lost.is_cancelled() {
            tokio::time::sleep(HELD_LOOK).await;
        }
        session.acks_taken_in().await;
        if !self.channel.status().connected() || session.lost.is_cancelled() {
            return;
        }
        if session.alive(ANSWER, self.channel.close(200, "consumed".into())).await.is_none()
            && !session.lost.is_cancelled()
        {
            tracing::warn!("the broker does not close a channel; connecting anew");
            session.lost.cancel();
        }
    }
}
