//! The worker: takes messages, lets a handler decide, and carries the decision out. It alone settles.
//!
//! What if the process dies here? Wherever it dies before the ack, the message comes again, and everything
//! it caused is caused again under the same names. The order in [`settle`] is the whole promise: publish,
//! confirm, *then*, ack.

mod circuit;
mod decide;
mod process;
mod settle;
#[cfg(test)]
mod tests;

use crate::backend::Deliveries;
use crate::gate::Open;
use crate::ladder::Ladder;
use crate::{Chronicle, DeadReason, Handler, Lane, Queue, QueueError, QueueName, WorkerSettings};
use circuit::Circuit;
pub(crate) use process::read;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use telemetry::events::belt::StageBegan;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

#[cfg(any(test, feature = "planted-defects"))]
pub use settle::Defect;

/// How long a lone lane is served before the news goes on.
const LONE_TURN: Duration = Duration::from_secs(10);
/// How long handing on may take once drain time is over.
const LAST_CALL: Duration = Duration::from_secs(10);
/// How long the broker may take to end a consumer.
const CANCEL_LIMIT: Duration = Duration::from_secs(5);

/// One stage of this process.
pub struct Worker<H: Handler> {
    inner: Arc<Inner<H>>,
}

/// What each message in hand needs; shared by their tasks.
struct Inner<H: Handler> {
    queue: Queue,
    handler: H,
    settings: WorkerSettings,
    ladder: Ladder,
    chronicle: Option<Arc<dyn Chronicle>>,
    circuit: Circuit,
    /// The process is stopping: what is not being handled yet is handed on.
    draining: CancellationToken,
    /// Drain time is over: what is still being handled is handed on.
    abandon: CancellationToken,
}

/// Why a worker stopped taking.
enum Pause {
    Shutdown,
    /// What the handler needs is away.
    Circuit,
    /// Another worker of this process needs to be alone.
    Quiet,
    /// The belt this stage feeds is nearly full.
    NoRoom,
    /// Somebody waits on the lone lane.
    Lone,
    /// The queue was closed under it.
    Closed,
}

impl<H: Handler> Worker<H> {
    /// A worker for the handler's stage. `settings` come from [`crate::QueueSettings::worker`].
    pub fn new(queue: Queue, handler: H, settings: WorkerSettings, chronicle: Option<Arc<dyn Chronicle>>) -> Self {
        let ladder = Ladder { rungs: queue.settings().rungs(), attempts: settings.attempts, max_age: settings.max_age };
        let deaths = DeadReason::ALL.iter().map(|reason| reason.as_str()).collect();
        StageBegan { stage: H::STAGE.as_str(), deaths }.emit();
        let circuit = Circuit::new(H::STAGE, queue.shared.health.clone());
        let (draining, abandon) = (CancellationToken::new(), CancellationToken::new());
        let inner = Inner { queue, handler, settings, ladder, chronicle, circuit, draining, abandon };
        Self { inner: Arc::new(inner) }
    }

    /// Works until told to stop, then drains: takes nothing more, lets handlers finish within the drain
    /// time, hands what is left to the shortest rung, and returns. Fails only where this process may not
    /// take from the queue at all.
    pub async fn run(self, shutdown: CancellationToken) -> Result<(), QueueError> {
        let mut hands = JoinSet::new();
        let mut lone_after = Instant::now();
        loop {
            match self.take(&shutdown, &mut hands, lone_after).await? {
                Pause::Shutdown | Pause::Closed => break,
                Pause::Circuit => self.inner.circuit.mend(&self.inner.handler, &shutdown).await,
                Pause::NoRoom => self.wait_for_room(&shutdown).await,
                // Entering again waits behind whoever asked for quiet.
                Pause::Quiet => {}
                Pause::Lone => {
                    let began = Instant::now();
                    self.serve_lone(&shutdown).await;
                    // A lane full of killers must not keep the news from flowing: half the time is theirs.
                    lone_after = Instant::now() + began.elapsed().max(self.inner.settings.lone_every);
                }
            }
        }
        self.drain(hands).await;
        Ok(())
    }

    /// Takes from both lanes until there is a reason to stop; what the broker had already sent is still put
    /// into hands.
    async fn take(
        &self,
        shutdown: &CancellationToken,
        hands: &mut JoinSet<()>,
        lone_after: Instant,
    ) -> Result<Pause, QueueError> {
        let inner = &self.inner;
        let open = tokio::select! {
            biased;
            () = shutdown.cancelled() => return Ok(Pause::Shutdown),
            open = inner.queue.shared.gate.enter() => Arc::new(open),
        };
        if let Some(pause) = self.look(lone_after).await {
            return Ok(pause);
        }
        let belt = H::STAGE.belt();
        let backend = &inner.queue.shared.backend;
        let mut main = backend.consume(QueueName::Belt(belt, Lane::Main), inner.settings.prefetch).await?;
        let mut later = backend.consume(QueueName::Belt(belt, Lane::Later), inner.settings.prefetch_later).await?;
        let mut looks = tokio::time::interval(inner.settings.lone_every.min(Duration::from_secs(1)));
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        looks.reset();
        let pause = {
            let mut quiet = pin!(inner.queue.shared.gate.quiet_wanted());
            let mut opened = pin!(inner.circuit.opened());
            loop {
                let taken = tokio::select! {
                    biased;
                    () = shutdown.cancelled() => break Pause::Shutdown,
                    () = &mut opened => break Pause::Circuit,
                    () = &mut quiet => break Pause::Quiet,
                    _ = looks.tick() => {
                        if let Some(pause) = self.look(lone_after).await {
                            break pause;
                        }
                        continue;
                    }
                    Some(_) = hands.join_next(), if !hands.is_empty() => continue,
                    taken = main.next() => taken.map(|t| (t, Lane::Main)),
                    taken = later.next() => taken.map(|t| (t, Lane::Later)),
                };
                let Some((taken, lane)) = taken else { break Pause::Closed };
                hands.spawn(inner.clone().process(taken, lane, Some(open.clone())));
            }
        };
        if matches!(pause, Pause::Shutdown) {
            inner.draining.cancel();
        }
        for (deliveries, lane) in [(&mut main, Lane::Main), (&mut later, Lane::Later)] {
            self.end(deliveries, lane, hands, &open).await;
        }
        Ok(pause)
    }

    /// Ends a consumer and takes into hands what was on its way.
    async fn end(&self, deliveries: &mut Box<dyn Deliveries>, lane: Lane, hands: &mut JoinSet<()>, open: &Arc<Open>) {
        let ended = timeout(CANCEL_LIMIT, async {
            deliveries.stop().await;
            while let Some(taken) = deliveries.next().await {
                hands.spawn(self.inner.clone().process(taken, lane, Some(open.clone())));
            }
        });
        if ended.await.is_err() {
            tracing::warn!(stage = H::STAGE.as_str(), "the broker did not end a consumer in time");
        }
    }

    /// Whether there is a reason not to take from the belt.
    async fn look(&self, lone_after: Instant) -> Option<Pause> {
        let inner = &self.inner;
        if inner.circuit.is_open() {
            return Some(Pause::Circuit);
        }
        if let Some(next) = H::STAGE.belt().next()
            && !inner.queue.has_room(next).await
        {
            return Some(Pause::NoRoom);
        }
        if Instant::now() >= lone_after {
            let lone = [QueueName::Belt(H::STAGE.belt(), Lane::Lone)];
            let depths = inner.queue.shared.backend.depths(&lone).await.unwrap_or_default();
            if depths.iter().any(|d| d.ready > 0) {
                return Some(Pause::Lone);
            }
        }
        None
    }

    async fn wait_for_room(&self, shutdown: &CancellationToken) {
        let Some(next) = H::STAGE.belt().next() else { return };
        while !self.inner.queue.has_room(next).await {
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(Duration::from_millis(250)) => {}
            }
        }
    }

    /// A turn of the lone lane. A stop meets whoever is being served there as it meets the belt's.
    async fn serve_lone(&self, shutdown: &CancellationToken) {
        tokio::select! {
            biased;
            () = self.lone_turn(shutdown) => {}
            () = self.last_moment(shutdown) => {
                tracing::error!(stage = H::STAGE.as_str(), "a lone message could not be handed on: it comes again");
            }
        }
    }

    /// After a stop: time to finish in, then time to hand on in. Resolves when both are over.
    async fn last_moment(&self, shutdown: &CancellationToken) {
        shutdown.cancelled().await;
        self.inner.draining.cancel();
        tokio::time::sleep(self.inner.settings.drain).await;
        self.inner.abandon.cancel();
        tokio::time::sleep(LAST_CALL).await;
    }

    /// Retries messages alone, one after another, while nothing else in the process is held.
    async fn lone_turn(&self, shutdown: &CancellationToken) {
        let inner = &self.inner;
        let _alone = tokio::select! {
            biased;
            () = shutdown.cancelled() => return,
            alone = inner.queue.shared.gate.alone() => alone,
        };
        let end = Instant::now() + LONE_TURN;
        let lone = QueueName::Belt(H::STAGE.belt(), Lane::Lone);
        while Instant::now() < end && !shutdown.is_cancelled() && !inner.circuit.is_open() {
            match inner.queue.shared.backend.get(lone).await {
                Ok(Some(taken)) => inner.clone().process(taken, Lane::Lone, None).await,
                Ok(None) | Err(_) => return,
            }
        }
    }

    async fn drain(&self, mut hands: JoinSet<()>) {
        let inner = &self.inner;
        inner.draining.cancel();
        if timeout(inner.settings.drain, finish(&mut hands)).await.is_ok() {
            return;
        }
        inner.abandon.cancel();
        if timeout(LAST_CALL, finish(&mut hands)).await.is_err() {
            let left = hands.len();
            tracing::error!(stage = H::STAGE.as_str(), left, "messages could not be handed on: they come again");
        }
    }
}

async fn finish(hands: &mut JoinSet<()>) {
    while hands.join_next().await.is_some() {}
}
