//! A message on its way, and what is known of its journey.

use crate::{Lane, Outgoing, QueueName, trace};
use article::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Derived from belt, id, revision and visit: the same at every redelivery, lap and replay.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(pub String);

impl MessageId {
    /// The first 128 bits of BLAKE3 over the parts, in hexadecimal.
    pub fn derive(parts: &[&str]) -> Self {
        let mut h = blake3::Hasher::new_derive_key("wireroom 1 MessageId");
        for part in parts {
            h.update(&(part.len() as u64).to_le_bytes());
            h.update(part.as_bytes());
        }
        Self(h.finalize().to_hex()[..32].to_owned())
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a handler is told of its message's journey.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Delivery {
    /// Which message.
    pub message_id: MessageId,
    /// From 1; only failures count.
    pub attempt: u32,
    /// How often it waited: laps that spent no attempt.
    pub waits: u32,
    /// When it was first published.
    pub first_seen: Timestamp,
    /// When this delivery was taken.
    pub received_at: Timestamp,
    /// Which way it came.
    pub lane: Lane,
    /// W3C Trace Context of the message.
    pub traceparent: Option<String>,
    /// The ledger row this is a replay of.
    pub replay: Option<i64>,
    /// How often it was replayed.
    pub replays: u32,
    /// Whether the broker has delivered it before.
    pub redelivered: bool,
}

/// A message as it lies in a queue: body and facts, no types.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Envelope {
    /// Where it lies, or is to go.
    #[serde(with = "queue_name")]
    pub queue: QueueName,
    /// The lane it travels on, and returns to from a rung: main or later.
    #[serde(default)]
    pub lane: Lane,
    /// Which message.
    pub message_id: MessageId,
    /// Its type's name.
    pub kind: String,
    /// Its type's version.
    pub schema: u16,
    /// JSON, if whoever sent it was sane.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub body: Vec<u8>,
    /// From 1.
    pub attempt: u32,
    /// Laps that spent no attempt.
    pub waits: u32,
    /// When it was first published.
    pub first_seen: Timestamp,
    /// Not to be handled sooner; set when a rung's time is shorter than what was asked for.
    pub not_before: Option<Timestamp>,
    /// W3C Trace Context.
    pub traceparent: Option<String>,
    /// The ledger row it is a replay of.
    pub replay: Option<i64>,
    /// How often it was replayed.
    pub replays: u32,
    /// The host it is about.
    pub host: Option<String>,
    /// The source it is about.
    pub source: Option<String>,
    /// What it died of, on a dead letter.
    pub death: Option<Death>,
}

impl Envelope {
    /// A dead letter on its way back to the stage where it died, as a replay of ledger row `row`: behind the
    /// news, with a new budget of attempts and time, and one more replay to its name.
    pub fn revived(self, row: i64, now: Timestamp) -> Self {
        Self {
            queue: self.queue.belt().map_or(self.queue, |belt| QueueName::Belt(belt, Lane::Later)),
            lane: Lane::Later,
            attempt: 1,
            waits: 0,
            first_seen: now,
            not_before: None,
            replay: Some(row),
            replays: self.replays.saturating_add(1),
            death: None,
            ..self
        }
    }

    /// A message whose facts can't be read: of no kind, so that its stage buries it where a person sees it.
    pub(crate) fn unreadable(queue: QueueName, name: &str) -> Self {
        Self {
            queue,
            lane: Lane::Main,
            message_id: MessageId(name.to_owned()),
            kind: String::new(),
            schema: 0,
            body: Vec::new(),
            attempt: 1,
            waits: 0,
            first_seen: Timestamp::now(),
            not_before: None,
            traceparent: None,
            replay: None,
            replays: 0,
            host: None,
            source: None,
            death: None,
        }
    }

    /// What a handler caused, or somebody publishes first: attempt 1, in the trace `traceparent` or a new one.
    pub(crate) fn first(outgoing: Outgoing, traceparent: Option<&str>, now: Timestamp) -> Self {
        Self {
            queue: QueueName::Belt(outgoing.belt, outgoing.lane),
            lane: if outgoing.lane == Lane::Later { Lane::Later } else { Lane::Main },
            message_id: outgoing.message_id,
            kind: outgoing.kind.to_owned(),
            schema: outgoing.schema,
            body: outgoing.body,
            attempt: 1,
            waits: 0,
            first_seen: now,
            not_before: None,
            traceparent: Some(trace::of_cause_or_root(traceparent)),
            replay: None,
            replays: 0,
            host: outgoing.host,
            source: outgoing.source,
            death: None,
        }
    }
}

impl From<Outgoing> for Envelope {
    fn from(outgoing: Outgoing) -> Self {
        Envelope::first(outgoing, None, Timestamp::now())
    }
}

/// What a dead letter says of its end.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Death {
    /// A [`crate::DeadReason`]'s name.
    pub reason: String,
    /// Where it died.
    pub stage: String,
    /// The last error chain.
    pub detail: String,
    /// When.
    pub at: Timestamp,
    /// The release that failed.
    pub release: String,
    /// The queue it came from.
    pub origin: String,
}

mod queue_name {
    use crate::QueueName;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(q: &QueueName, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(q)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<QueueName, D::Error> {
        let name = String::deserialize(d)?;
        QueueName::from_name(&name).ok_or_else(|| D::Error::custom(format!("“{name}” is no queue of ours")))
    }
}
