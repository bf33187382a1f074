//! What a handler may decide.

use crate::{DeadReason, DropReason, Lane, Message, RetryReason};
use article::Timestamp;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

/// A handler's decision. The worker alone carries it out.
#[derive(Debug)]
pub enum Outcome {
    /// What is to be published and recorded; then the message is acked.
    Done(Done),
    /// A decision that nothing more is to be done.
    Drop {
        /// Which.
        reason: DropReason,
        /// For people: what was seen.
        detail: String,
        /// An idempotent record to make before the ack.
        then: Option<Then>,
    },
    /// Down the retry ladder.
    Retry {
        /// Why.
        reason: RetryReason,
        /// Not sooner than this; the ladder chooses where `None`.
        not_before: Option<Timestamp>,
        /// The error chain, for people and for the dead letter it may become.
        detail: String,
    },
    /// To the dead letters.
    Dead {
        /// Why.
        reason: DeadReason,
        /// The error chain.
        detail: String,
    },
}

impl Outcome {
    /// Publishes nothing, records nothing: the message has passed.
    pub fn passed() -> Self {
        Outcome::Done(Done::default())
    }

    /// Publishes these.
    pub fn publish(messages: Vec<Outgoing>) -> Self {
        Outcome::Done(Done { publish: messages, then: None, note: String::new() })
    }

    /// Drops.
    pub fn drop(reason: DropReason, detail: impl fmt::Display) -> Self {
        Outcome::Drop { reason, detail: detail.to_string(), then: None }
    }

    /// Retries when the ladder says.
    pub fn retry(reason: RetryReason, detail: impl fmt::Display) -> Self {
        Outcome::Retry { reason, not_before: None, detail: detail.to_string() }
    }

    /// Retries no sooner than `at`.
    pub fn retry_at(reason: RetryReason, at: Timestamp, detail: impl fmt::Display) -> Self {
        Outcome::Retry { reason, not_before: Some(at), detail: detail.to_string() }
    }

    /// To the dead letters.
    pub fn dead(reason: DeadReason, detail: impl fmt::Display) -> Self {
        Outcome::Dead { reason, detail: detail.to_string() }
    }

    /// `done`, `drop`, `retry` or `dead`.
    pub fn name(&self) -> &'static str {
        match self {
            Outcome::Done(_) => "done",
            Outcome::Drop { .. } => "drop",
            Outcome::Retry { .. } => "retry",
            Outcome::Dead { .. } => "dead",
        }
    }

    /// The reason's name; empty for done.
    pub fn reason(&self) -> &'static str {
        match self {
            Outcome::Done(_) => "",
            Outcome::Drop { reason, .. } => reason.as_str(),
            Outcome::Retry { reason, .. } => reason.as_str(),
            Outcome::Dead { reason, .. } => reason.as_str(),
        }
    }

    /// The words for people.
    pub fn detail(&self) -> &str {
        match self {
            Outcome::Done(done) => &done.note,
            Outcome::Drop { detail, .. } | Outcome::Retry { detail, .. } | Outcome::Dead { detail, .. } => detail,
        }
    }
}

/// What a handler caused.
#[derive(Debug, Default)]
pub struct Done {
    /// Published in this order, with confirms, before `then` and the ack.
    pub publish: Vec<Outgoing>,
    /// Run after every publish is confirmed and before the ack.
    pub then: Option<Then>,
    /// For `explain`: what was decided and on which evidence.
    pub note: String,
}

/// A message to publish, still typed as its belt's body.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// Where to.
    pub belt: crate::Belt,
    /// Which way.
    pub lane: Lane,
    /// Derived from what it is about.
    pub message_id: crate::MessageId,
    /// Its type's name.
    pub kind: &'static str,
    /// Its type's version.
    pub schema: u16,
    /// JSON.
    pub body: Vec<u8>,
    /// The host it is about, for filters and slots.
    pub host: Option<String>,
    /// The source it is about, for filters.
    pub source: Option<String>,
}

impl Outgoing {
    /// For the main lane.
    pub fn new<M: Message>(message: &M) -> Self {
        Self::on(Lane::Main, message)
    }

    /// For another lane.
    pub fn on<M: Message>(lane: Lane, message: &M) -> Self {
        Self {
            belt: M::BELT,
            lane,
            message_id: message.message_id(),
            kind: M::KIND,
            schema: M::SCHEMA,
            // Our own message types hold nothing that JSON can't: no maps with other keys, no non-finite floats.
            body: serde_json::to_vec(message).unwrap_or_default(),
            host: message.host(),
            source: message.source().map(|s| s.to_string()),
        }
    }
}

/// An idempotent record that a handler wants made once what it caused is safe: a feed's validators, entries
/// seen. It runs after the confirms and before the ack, so a death around it repeats it and loses nothing.
pub struct Then(Box<dyn FnOnce() -> Recording + Send>);

type Recording = Pin<Box<dyn Future<Output = Result<(), ThenError>> + Send>>;

/// The record could not be made: the message is not acked and takes the ladder, spending no attempt.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ThenError(pub String);

impl Then {
    /// Wraps a record.
    pub fn new<F, Fut>(record: F) -> Self
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = Result<(), ThenError>> + Send + 'static,
    {
        Self(Box::new(move || Box::pin(record())))
    }

    /// Makes the record.
    pub async fn run(self) -> Result<(), ThenError> {
        (self.0)().await
    }
}

impl fmt::Debug for Then {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Then(..)")
    }
}
