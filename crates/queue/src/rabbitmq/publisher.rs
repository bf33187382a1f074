//! The one task that publishes on a connection.
//!
//! One, for two reasons that lapin gives. It numbers a publish before it queues its frames, so two tasks on
//! one channel can be given each other's confirms. And it hands a returned message (`mandatory`) to
//! whichever confirm comes next, so only somebody who sees all confirms in order can tell whose it was: each
//! publish carries its number as `correlation_id`, and no confirm is passed on before every confirm that
//! had come with it was looked at.

use super::wire::Outbound;
use crate::error::PublishError;
use crate::topology::physical;
use crate::{QueueName, QueueSettings, Unsendable};
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use lapin::options::BasicPublishOptions;
use lapin::{Channel, Confirmation};
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// Requests taken up at once.
const BATCH: usize = 64;

/// Publish these; answered when all are confirmed or one is not.
pub(super) struct Request {
    pub(super) messages: Vec<Outbound>,
    pub(super) done: oneshot::Sender<Result<(), PublishError>>,
}

/// A request under way.
struct UnderWay {
    done: oneshot::Sender<Result<(), PublishError>>,
    unconfirmed: usize,
    trouble: Option<PublishError>,
}

type Numbered = Pin<Box<dyn Future<Output = (u64, lapin::Result<Confirmation>)> + Send>>;

pub(super) struct Publisher {
    channel: Channel,
    lost: CancellationToken,
    blocked: watch::Receiver<bool>,
    settings: Arc<QueueSettings>,
    /// Confirms to come.
    confirms: FuturesUnordered<Numbered>,
    /// Which request a publish belongs to, and where it went.
    publishes: HashMap<u64, (u64, QueueName)>,
    requests: HashMap<u64, UnderWay>,
    next: u64,
    /// When a confirm last came, or a publish went out with none under way.
    alive: Instant,
}

impl Publisher {
    pub(super) fn new(
        channel: Channel,
        lost: CancellationToken,
        blocked: watch::Receiver<bool>,
        settings: Arc<QueueSettings>,
    ) -> Self {
        Self {
            channel,
            lost,
            blocked,
            settings,
            confirms: FuturesUnordered::new(),
            publishes: HashMap::new(),
            requests: HashMap::new(),
            next: 0,
            alive: Instant::now(),
        }
    }

    /// Runs until the connection is lost; what is under way then is answered by its sender's being dropped.
    pub(super) async fn run(mut self, mut waiting: mpsc::Receiver<Request>) {
        let mut batch = Vec::with_capacity(BATCH);
        let mut looks = interval(Duration::from_millis(250));
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let lost = self.lost.clone();
        loop {
            let blocked = *self.blocked.borrow_and_update();
            tokio::select! {
                biased;
                () = lost.cancelled() => return,
                // The time that a block took is nobody's silence, however late we hear of its end.
                Ok(()) = self.blocked.changed() => self.alive = Instant::now(),
                Some(first) = self.confirms.next(), if !self.confirms.is_empty() => self.confirmed(first),
                n = waiting.recv_many(&mut batch, BATCH), if !blocked => {
                    if n == 0 {
                        return;
                    }
                    tokio::select! {
                        biased;
                        () = lost.cancelled() => return,
                        () = self.publish(&mut batch) => {}
                    }
                }
                _ = looks.tick() => {
                    if self.is_stuck(blocked) {
                        tracing::warn!(waiting = self.confirms.len(), "no confirm came in time");
                        lost.cancel();
                        return;
                    }
                }
            }
            if !self.channel.status().connected() {
                lost.cancel();
                return;
            }
        }
    }

    /// A blocked broker is waited for; a silent one is not.
    fn is_stuck(&mut self, blocked: bool) -> bool {
        if blocked || self.confirms.is_empty() {
            self.alive = Instant::now();
        }
        self.alive.elapsed() > Duration::from_secs(self.settings.confirm_timeout_secs)
    }

    /// Sends a batch. The frames are queued in the order of the first polls, and `join_all` polls in order.
    async fn publish(&mut self, batch: &mut Vec<Request>) {
        if self.confirms.is_empty() {
            self.alive = Instant::now();
        }
        let (mut numbers, mut sends) = (Vec::new(), Vec::new());
        for Request { messages, done } in batch.drain(..) {
            let id = self.next;
            self.requests.insert(id, UnderWay { done, unconfirmed: messages.len(), trouble: None });
            for message in messages {
                self.next += 1;
                self.publishes.insert(self.next, (id, message.queue));
                numbers.push(self.next);
                sends.push(send(&self.channel, &self.settings, message, self.next));
            }
            self.next += 1;
        }
        for (number, sent) in numbers.into_iter().zip(join_all(sends).await) {
            match sent {
                Ok(confirm) => self.confirms.push(confirm.map(move |c| (number, c)).boxed()),
                Err(why) => self.resolve(number, Some(PublishError::Away(why.to_string()))),
            }
        }
    }

    /// A confirm came, and with it perhaps others: first whose messages were returned, then the answers.
    fn confirmed(&mut self, first: (u64, lapin::Result<Confirmation>)) {
        self.alive = Instant::now();
        let mut came = vec![first];
        while let Some(Some(next)) = self.confirms.next().now_or_never() {
            came.push(next);
        }
        let mut answers = Vec::with_capacity(came.len());
        for (number, confirmation) in came {
            // A returned message says nothing of the publish whose confirm brought it.
            if let Ok(Confirmation::Ack(Some(message)) | Confirmation::Nack(Some(message))) = &confirmation {
                self.returned(message);
            }
            let refused = match confirmation {
                Ok(Confirmation::Ack(_)) => None,
                // Reject-publish: the queue is at its length limit.
                Ok(Confirmation::Nack(_)) => self.publishes.get(&number).map(|(_, q)| PublishError::Full(*q)),
                Ok(Confirmation::NotRequested) => Some(PublishError::Away("confirms are off".to_owned())),
                Err(why) => Some(PublishError::Away(why.to_string())),
            };
            answers.push((number, refused));
        }
        for (number, refused) in answers {
            self.resolve(number, refused);
        }
    }

    /// Marks the request whose message it was.
    fn returned(&mut self, message: &lapin::message::BasicReturnMessage) {
        let number = message.properties.correlation_id().as_ref().and_then(|id| id.as_str().parse::<u64>().ok());
        let found = number.and_then(|n| self.publishes.get(&n).copied());
        let Some((id, queue)) = found else { return };
        if let Some(request) = self.requests.get_mut(&id) {
            let text = message.reply_text.to_string();
            request.trouble = Some(PublishError::Unsendable(Unsendable::Unroutable { queue, text }));
        }
    }

    fn resolve(&mut self, number: u64, refused: Option<PublishError>) {
        let Some((id, _)) = self.publishes.remove(&number) else { return };
        let Some(request) = self.requests.get_mut(&id) else { return };
        request.unconfirmed -= 1;
        if request.trouble.is_none() {
            request.trouble = refused;
        }
        if request.unconfirmed == 0
            && let Some(request) = self.requests.remove(&id)
        {
            let _ = request.done.send(request.trouble.map_or(Ok(()), Err));
        }
    }
}

async fn send(
    channel: &Channel,
    settings: &QueueSettings,
    message: Outbound,
    number: u64,
) -> lapin::Result<impl Future<Output = lapin::Result<Confirmation>> + Send + 'static> {
    let properties = message.properties.with_correlation_id(number.to_string().as_str().into());
    let options = BasicPublishOptions { mandatory: true, immediate: false };
    let queue = physical(message.queue, settings);
    channel.basic_publish("".into(), queue.as_str().into(), options, &message.body, properties).await
}
