//! A broker in memory that does to messages what brokers do, as a seed decides.

use crate::backend::{Backend, Deliveries, Depth, Settle, Taken};
use crate::dice::draw;
use crate::error::PublishError;
use crate::{Belt, DeadReason, Death, Envelope, Lane, QueueError, QueueName};
use article::Timestamp;
use async_trait::async_trait;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};

/// How often what goes wrong. All zero once the trouble is over.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Trouble {
    /// A publish fails and nothing was stored.
    pub(super) refused: f64,
    /// A publish is stored, wholly or in part, and its confirm is lost.
    pub(super) unconfirmed: f64,
    /// A queue says that it is full.
    pub(super) full: f64,
    /// An ack does not arrive.
    pub(super) lost_ack: f64,
}

/// What went wrong so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Suffered {
    pub(super) refused: u64,
    pub(super) unconfirmed: u64,
    pub(super) full: u64,
    pub(super) lost_acks: u64,
    pub(super) lost_connections: u64,
    pub(super) returned: u64,
}

#[derive(Clone, Debug)]
struct Stored {
    envelope: Envelope,
    deliveries: u32,
    visible: Instant,
}

#[derive(Default)]
struct State {
    queues: BTreeMap<QueueName, VecDeque<Stored>>,
    in_hand: BTreeMap<u64, (QueueName, Stored)>,
    tag: u64,
    trouble: Trouble,
    suffered: Suffered,
    closed: bool,
}

/// Cheap to clone; a clone is another connection to the same broker.
#[derive(Clone)]
pub(super) struct Broker {
    state: Arc<Mutex<State>>,
    changed: Arc<Notify>,
    began: Instant,
    limits: (u32, u32),
}

impl Broker {
    pub(super) fn new(trouble: Trouble, limits: (u32, u32)) -> Self {
        let state = State { trouble, ..State::default() };
        Self { state: Arc::new(Mutex::new(state)), changed: Arc::default(), began: Instant::now(), limits }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(super) fn suffered(&self) -> Suffered {
        self.lock().suffered
    }

    pub(super) fn end_trouble(&self) {
        self.lock().trouble = Trouble::default();
    }

    /// The client is gone: what it held is delivered again, and counts against each.
    pub(super) fn lose_connection(&self) {
        let mut state = self.lock();
        state.suffered.lost_connections += 1;
        for (_, (queue, mut stored)) in std::mem::take(&mut state.in_hand) {
            stored.deliveries += 1;
            state.suffered.returned += 1;
            let (limit, next) = match queue {
                QueueName::Belt(belt, Lane::Lone) => (self.limits.1, QueueName::Dead(belt)),
                QueueName::Belt(belt, _) => (self.limits.0, QueueName::Belt(belt, Lane::Lone)),
                other => (u32::MAX, other),
            };
            if stored.deliveries > limit {
                stored.deliveries = 0;
                if let QueueName::Dead(belt) = next {
                    stored.envelope.death = Some(by_limit(belt, self.now()));
                }
                state.queues.entry(next).or_default().push_back(stored);
            } else {
                state.queues.entry(queue).or_default().push_front(stored);
            }
        }
        drop(state);
        self.changed.notify_waiters();
    }

    /// Messages on belts, rungs and in hand; dead letters and outcomes too.
    pub(super) fn held(&self) -> usize {
        let state = self.lock();
        state.queues.values().map(VecDeque::len).sum::<usize>() + state.in_hand.len()
    }

    /// Every message that lies anywhere, for a failing seed's report.
    pub(super) fn listing(&self) -> Vec<String> {
        let state = self.lock();
        state
            .queues
            .iter()
            .flat_map(|(q, m)| m.iter().map(move |s| format!("{q}: {}", s.envelope.message_id)))
            .collect()
    }

    fn store(&self, state: &mut State, envelope: &Envelope) {
        let now = Instant::now();
        let (place, visible) = match envelope.queue {
            QueueName::Retry(belt, rung) => (QueueName::Belt(belt, Lane::Main), now + rung.wait()),
            queue => (queue, now),
        };
        let stored = Stored { envelope: envelope.clone(), deliveries: 0, visible };
        state.queues.entry(place).or_default().push_back(stored);
        self.changed.notify_waiters();
    }

    fn pop(&self, queue: QueueName) -> Option<(u64, Stored)> {
        let mut state = self.lock();
        let now = Instant::now();
        let waiting = state.queues.get_mut(&queue)?;
        let at = waiting.iter().position(|s| s.visible <= now)?;
        let mut stored = waiting.remove(at)?;
        stored.envelope.queue = queue;
        state.tag += 1;
        let tag = state.tag;
        state.in_hand.insert(tag, (queue, stored.clone()));
        Some((tag, stored))
    }

    /// When the next message of a queue that can't be seen yet can be.
    fn next_due(&self, queue: QueueName) -> Option<Instant> {
        let now = Instant::now();
        self.lock().queues.get(&queue)?.iter().map(|s| s.visible).filter(|at| *at > now).min()
    }

    fn taken(&self, tag: u64, stored: Stored) -> Taken {
        Taken {
            redelivered: stored.deliveries > 0,
            envelope: stored.envelope,
            headers: b"{}".to_vec(),
            settle: Box::new(Held { broker: self.clone(), tag }),
        }
    }
}

fn by_limit(belt: Belt, at: Timestamp) -> Death {
    Death {
        reason: DeadReason::DeliveryLimit.as_str().to_owned(),
        stage: belt.stage().as_str().to_owned(),
        detail: String::new(),
        at,
        release: String::new(),
        origin: String::new(),
    }
}

/// The network, now and then slower.
async fn travel() {
    let micros = if draw() < 0.05 { 20_000.0 * draw() } else { 500.0 * draw() };
    sleep(Duration::from_micros(micros as u64 + 1)).await;
}

#[async_trait]
impl Backend for Broker {
    async fn publish(&self, messages: &[Envelope]) -> Result<(), PublishError> {
        travel().await;
        let fate = draw();
        let Trouble { refused, unconfirmed, full, .. } = self.lock().trouble;
        if fate < refused {
            self.lock().suffered.refused += 1;
            return Err(PublishError::Away("refused".to_owned()));
        }
        if fate < refused + full {
            self.lock().suffered.full += 1;
            return Err(PublishError::Full(messages.first().map_or(QueueName::Outcomes, |m| m.queue)));
        }
        let lost = fate < refused + full + unconfirmed;
        let stored = if lost { (draw() * (messages.len() + 1) as f64) as usize } else { messages.len() };
        {
            let mut state = self.lock();
            for message in &messages[..stored] {
                self.store(&mut state, message);
            }
        }
        travel().await;
        if lost {
            self.lock().suffered.unconfirmed += 1;
            return Err(PublishError::Away("the confirm was lost".to_owned()));
        }
        Ok(())
    }

    async fn consume(&self, queue: QueueName, prefetch: u16) -> Result<Box<dyn Deliveries>, QueueError> {
        Ok(Box::new(Pull {
            broker: self.clone(),
            queue,
            prefetch: usize::from(prefetch),
            out: Vec::new(),
            stopped: false,
        }))
    }

    async fn get(&self, queue: QueueName) -> Result<Option<Taken>, PublishError> {
        travel().await;
        Ok(self.pop(queue).map(|(tag, stored)| self.taken(tag, stored)))
    }

    async fn depths(&self, queues: &[QueueName]) -> Result<Vec<Depth>, PublishError> {
        travel().await;
        let state = self.lock();
        let ready = |queue: &QueueName| state.queues.get(queue).map_or(0, |q| q.len() as u64);
        let depth = |queue: &QueueName| Depth { queue: *queue, ready: ready(queue), in_flight: None, bytes: None };
        Ok(queues.iter().map(depth).collect())
    }

    async fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_waiters();
    }

    fn now(&self) -> Timestamp {
        Timestamp(1_700_000_000_000).plus(self.began.elapsed())
    }
}

struct Pull {
    broker: Broker,
    queue: QueueName,
    prefetch: usize,
    /// Tags given out, settled ones among them.
    out: Vec<u64>,
    stopped: bool,
}

#[async_trait]
impl Deliveries for Pull {
    async fn next(&mut self) -> Option<Taken> {
        loop {
            let changed = self.broker.changed.clone();
            let changed = changed.notified();
            if self.stopped || self.broker.lock().closed {
                return None;
            }
            let in_hand = |tag: &u64| self.broker.lock().in_hand.contains_key(tag);
            self.out.retain(in_hand);
            if self.out.len() < self.prefetch
                && let Some((tag, stored)) = self.broker.pop(self.queue)
            {
                self.out.push(tag);
                return Some(self.broker.taken(tag, stored));
            }
            let due = self.broker.next_due(self.queue);
            tokio::select! {
                biased;
                () = changed => {}
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {}
            }
        }
    }

    async fn stop(&mut self) {
        travel().await;
        self.stopped = true;
    }
}

struct Held {
    broker: Broker,
    tag: u64,
}

#[async_trait]
impl Settle for Held {
    async fn forward(&mut self, messages: &[Envelope]) -> Result<(), PublishError> {
        if !messages.is_empty() {
            self.broker.publish(messages).await?;
        }
        travel().await;
        let mut state = self.broker.lock();
        let lost = state.trouble.lost_ack;
        self.broker.changed.notify_waiters();
        if draw() >= lost {
            state.in_hand.remove(&self.tag);
        } else if let Some((queue, mut stored)) = state.in_hand.remove(&self.tag) {
            state.suffered.lost_acks += 1;
            stored.deliveries += 1;
            state.queues.entry(queue).or_default().push_back(stored);
        }
        Ok(())
    }
}
