//! What a stage would decide about a message now, found out without anything coming of it.

use crate::queue::check_sizes;
use crate::worker::read;
use crate::{DeadReason, Delivery, Done, Envelope, Handler, Lane, Outcome, RetryReason, Stage};
use article::Timestamp;
use async_trait::async_trait;
use futures_util::FutureExt;
use serde::Serialize;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tokio::time::timeout;

/// What a trial found.
#[derive(Debug)]
pub enum Trial {
    /// What [`Handler::handle`] would decide. What it carries is never published nor recorded.
    Would(Outcome),
    /// Only the doing can tell; why.
    Untried(&'static str),
}

/// A handler that can say what it would decide.
pub trait Foresight: Handler {
    /// Like [`Handler::handle`], but nothing outside changes: no claim, no record, no slot taken, nobody asked but the
    /// store and the index. Where that leaves the decision open it says so.
    fn foresee(&self, message: &Self::Message, delivery: &Delivery) -> impl Future<Output = Trial> + Send;
}

/// How a message would fare.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It would be done.
    Pass,
    /// It would be dead again.
    DeadAgain,
    /// It would be dropped: a decision.
    Dropped,
    /// It would be tried again later.
    Retried,
    /// Only the doing can tell.
    Untried,
}

/// How one message would fare, and why.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Foreseen {
    /// How.
    pub fate: Fate,
    /// The reason's name; for what would pass none, for what can't be tried the words that say why not.
    pub reason: String,
    /// For people.
    pub detail: String,
}

/// A stage that can be asked about any message that lies before it.
#[async_trait]
pub trait Seer: Send + Sync {
    /// Whose messages it knows.
    fn stage(&self) -> Stage;

    /// How this message would fare.
    async fn foresee(&self, envelope: &Envelope) -> Foreseen;
}

/// A handler with the bounds its worker would hold it to.
pub struct Trying<H> {
    handler: H,
    time_limit: Duration,
    message_max_bytes: usize,
}

impl<H: Foresight> Trying<H> {
    /// Bounds come from the queue's settings, as the worker's do.
    pub fn new(handler: H, settings: &crate::QueueSettings) -> Self {
        let time_limit = settings.worker(H::STAGE).handler_timeout;
        Self { handler, time_limit, message_max_bytes: settings.message_max_bytes }
    }

    async fn trial(&self, envelope: &Envelope) -> Trial {
        let message = match read::<H::Message>(envelope) {
            Ok(message) => message,
            Err(outcome) => return Trial::Would(outcome),
        };
        let delivery = Delivery {
            message_id: envelope.message_id.clone(),
            attempt: envelope.attempt,
            waits: envelope.waits,
            first_seen: envelope.first_seen,
            received_at: Timestamp::now(),
            lane: Lane::Later,
            traceparent: envelope.traceparent.clone(),
            replay: envelope.replay,
            replays: envelope.replays,
            redelivered: false,
        };
        let foreseen = AssertUnwindSafe(self.handler.foresee(&message, &delivery)).catch_unwind();
        match timeout(self.time_limit, foreseen).await {
            Ok(Ok(Trial::Would(Outcome::Done(done)))) => Trial::Would(self.publishable(done)),
            Ok(Ok(trial)) => trial,
            Ok(Err(_)) => Trial::Would(Outcome::retry(RetryReason::Panicked, "it panics")),
            Err(_) => Trial::Would(Outcome::retry(RetryReason::HandlerTimeout, "it takes too long")),
        }
    }

    fn publishable(&self, done: Done) -> Outcome {
        let now = Timestamp::now();
        let publish: Vec<Envelope> = done.publish.iter().map(|o| Envelope::first(o.clone(), None, now)).collect();
        match check_sizes(&publish, self.message_max_bytes) {
            Ok(()) => Outcome::Done(done),
            Err(why) => Outcome::dead(DeadReason::Unpublishable, why),
        }
    }
}

#[async_trait]
impl<H: Foresight> Seer for Trying<H> {
    fn stage(&self) -> Stage {
        H::STAGE
    }

    async fn foresee(&self, envelope: &Envelope) -> Foreseen {
        match self.trial(envelope).await {
            Trial::Would(outcome) => Foreseen {
                fate: match &outcome {
                    Outcome::Done(_) => Fate::Pass,
                    Outcome::Drop { .. } => Fate::Dropped,
                    Outcome::Retry { .. } => Fate::Retried,
                    Outcome::Dead { .. } => Fate::DeadAgain,
                },
                reason: outcome.reason().to_owned(),
                detail: outcome.detail().to_owned(),
            },
            Trial::Untried(why) => Foreseen { fate: Fate::Untried, reason: why.to_owned(), detail: String::new() },
        }
    }
}
