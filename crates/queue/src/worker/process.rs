//! One message, from being taken to being settled.

use super::Inner;
use super::decide::Decided;
use crate::backend::Taken;
use crate::gate::Open;
use crate::{
    DeadReason, Decision, Delivery, Envelope, Handler, Lane, Message, Outcome, QueueName, RetryReason, Stage, trace,
};
use article::{ArticleId, SourceId, Timestamp};
use futures_util::FutureExt;
use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use telemetry::events::belt::{InHand, LoneRetry, MessageParked};
use tokio::time::{Instant, timeout};
use tracing::Instrument;

/// Counts a message as in hand while it lives.
struct Held(&'static str);

impl Held {
    fn new(stage: &'static str) -> Self {
        InHand { stage, by: 1.0 }.emit();
        Self(stage)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        InHand { stage: self.0, by: -1.0 }.emit();
    }
}

impl<H: Handler> Inner<H> {
    /// `open` says that the process may hold it; it is let go when the message is settled.
    pub(super) async fn process(self: Arc<Self>, mut taken: Taken, lane: Lane, open: Option<Arc<Open>>) {
        let _held = Held::new(H::STAGE.as_str());
        let envelope = &taken.envelope;
        let span = tracing::info_span!(
            "message",
            stage = H::STAGE.as_str(),
            message_id = %envelope.message_id,
            attempt = envelope.attempt,
            trace_id = trace::trace_id(envelope.traceparent.as_deref()),
        );
        async {
            if lane == Lane::Lone {
                LoneRetry { stage: H::STAGE.as_str(), message_id: &taken.envelope.message_id.0 }.emit();
            }
            if self.not_now(&mut taken, lane).await {
                return;
            }
            let handling = Handling::begin(&mut taken.envelope);
            let (outcome, about) = self.outcome(&mut taken, lane).await;
            self.settle(&mut taken, outcome, about, handling.end()).await;
        }
        .instrument(span)
        .await;
        drop(open);
    }

    /// Hands on what is not to be handled now, spending nothing; `true` if that was done.
    async fn not_now(&self, taken: &mut Taken, lane: Lane) -> bool {
        let belt = H::STAGE.belt();
        if let Some(reason) = self.hands_full() {
            self.give_back(taken, reason).await;
            return true;
        }
        // Rungs return to the main lane; who belongs behind the news goes there.
        if lane == Lane::Main && taken.envelope.lane == Lane::Later {
            self.park(taken, QueueName::Belt(belt, Lane::Later)).await;
            return true;
        }
        let Some(at) = taken.envelope.not_before else { return false };
        let wait = at.since(self.queue.shared.backend.now());
        if wait.is_zero() {
            return false;
        }
        if !self.ladder.worth_holding(wait) {
            self.park(taken, QueueName::Retry(belt, self.ladder.in_time(wait))).await;
            return true;
        }
        tokio::select! {
            biased;
            () = self.draining.cancelled() => {
                self.give_back(taken, RetryReason::Draining).await;
                true
            }
            () = tokio::time::sleep(wait) => false,
        }
    }

    /// Why no handler should be started now.
    fn hands_full(&self) -> Option<RetryReason> {
        if self.draining.is_cancelled() {
            Some(RetryReason::Draining)
        } else if self.circuit.is_open() {
            Some(RetryReason::DependencyAway)
        } else {
            None
        }
    }

    async fn give_back(&self, taken: &mut Taken, reason: RetryReason) {
        let about = About::unread(&taken.envelope);
        self.settle(taken, Outcome::retry(reason, "handed on unhandled"), about, Handled::default()).await;
    }

    /// Moves the message as it is.
    async fn park(&self, taken: &mut Taken, queue: QueueName) {
        let moved = [Envelope { queue, ..taken.envelope.clone() }];
        if self.forward(taken, &moved).await.is_ok() {
            let message_id = &taken.envelope.message_id.0;
            MessageParked { stage: H::STAGE.as_str(), message_id, queue: &queue.to_string() }.emit();
        }
    }

    /// Reads the message and lets the handler decide.
    async fn outcome(&self, taken: &mut Taken, lane: Lane) -> (Outcome, About) {
        let envelope = &taken.envelope;
        let message = match read::<H::Message>(envelope) {
            Ok(message) => message,
            Err(outcome) => return (outcome, About::unread(envelope)),
        };
        let delivery = Delivery {
            message_id: envelope.message_id.clone(),
            attempt: envelope.attempt,
            waits: envelope.waits,
            first_seen: envelope.first_seen,
            received_at: self.queue.shared.backend.now(),
            lane,
            traceparent: envelope.traceparent.clone(),
            replay: envelope.replay,
            replays: envelope.replays,
            redelivered: taken.redelivered,
        };
        let outcome = self.guarded(&message, &delivery).await;
        (outcome, About::of(&message, &taken.envelope))
    }

    /// The handler, with its time-out, its panics and the end of drain time turned into outcomes.
    async fn guarded(&self, message: &H::Message, delivery: &Delivery) -> Outcome {
        let limit = self.settings.handler_timeout;
        let handled = AssertUnwindSafe(self.handler.handle(message, delivery)).catch_unwind();
        tokio::select! {
            biased;
            () = self.abandon.cancelled() => Outcome::retry(RetryReason::Draining, "drain time is over"),
            handled = timeout(limit, handled) => match handled {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(panic)) => Outcome::retry(RetryReason::Panicked, words(panic.as_ref())),
                Err(_) => Outcome::retry(RetryReason::HandlerTimeout, format_args!("no outcome in {limit:?}")),
            }
        }
    }
}

/// A message in its handler's hands.
struct Handling {
    began: (Instant, SystemTime),
    parent: Option<String>,
}

impl Handling {
    /// From here on it travels in a span of its own; a message made by hand may have had none.
    fn begin(envelope: &mut Envelope) -> Self {
        let parent = envelope.traceparent.take();
        envelope.traceparent = Some(trace::child_or_root(parent.as_deref()));
        Self { began: (Instant::now(), SystemTime::now()), parent }
    }

    fn end(self) -> Handled {
        Handled { took: self.began.0.elapsed(), span: Some((self.began.1, self.parent)) }
    }
}

/// How long a handler took.
#[derive(Default)]
pub(super) struct Handled {
    pub(super) took: Duration,
    /// When it began, and the `traceparent` that the message came with; none where no handler was asked.
    pub(super) span: Option<(SystemTime, Option<String>)>,
}

/// What a message is about, for `explain`.
pub(super) struct About {
    article: Option<ArticleId>,
    url: Option<String>,
    source: Option<SourceId>,
    host: Option<String>,
}

impl About {
    fn of<M: Message>(message: &M, envelope: &Envelope) -> Self {
        Self {
            article: message.article(),
            url: message.url(),
            source: message.source().cloned(),
            host: envelope.host.clone(),
        }
    }

    fn unread(envelope: &Envelope) -> Self {
        Self { article: None, url: None, source: None, host: envelope.host.clone() }
    }

    /// What `explain` will show.
    pub(super) fn decision(self, at: Timestamp, stage: Stage, envelope: &Envelope, decided: Decided) -> Decision {
        let Self { article, url, source, host } = self;
        let Decided { outcome, reason, detail, .. } = decided;
        let (message_id, attempt) = (envelope.message_id.clone(), envelope.attempt);
        Decision { at, stage, message_id, article, url, source, host, outcome, reason, attempt, detail }
    }
}

/// A newer schema is for a newer worker: it waits. Anything else that can't be read is a dead letter.
pub(crate) fn read<M: Message>(envelope: &Envelope) -> Result<M, Outcome> {
    if envelope.kind != M::KIND {
        let detail = format!("“{}” on a belt of “{}”", envelope.kind, M::KIND);
        return Err(Outcome::dead(DeadReason::Undecodable, detail));
    }
    if envelope.schema > M::SCHEMA {
        let detail = format!("schema {} of “{}”, this worker reads {}", envelope.schema, M::KIND, M::SCHEMA);
        return Err(Outcome::retry(RetryReason::NewerSchema, detail));
    }
    serde_json::from_slice(&envelope.body).map_err(|why| Outcome::dead(DeadReason::Undecodable, why))
}

fn words(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|s| (*s).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "panic without words".to_owned())
}
