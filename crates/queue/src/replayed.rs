//! What became of a replayed message at its stage, for the registrar.

use crate::{Envelope, MessageId, QueueName, Stage};
use article::Timestamp;
use serde::{Deserialize, Serialize};

/// Published to [`QueueName::Outcomes`] together with what the handler caused, once for each end: done,
/// drop or dead. A retry is no end.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ReplayOutcome {
    /// The ledger row it was a replay of.
    pub row: i64,
    /// Which message.
    pub message_id: MessageId,
    /// Where.
    pub stage: Stage,
    /// `done`, `drop` or `dead`.
    pub outcome: String,
    /// The reason's name; empty for done.
    pub reason: String,
    /// For people.
    pub detail: String,
    /// When.
    pub at: Timestamp,
}

impl ReplayOutcome {
    /// Its name on the wire.
    pub const KIND: &'static str = "replay_outcome";

    /// On its way to the registrar.
    pub fn envelope(&self) -> Envelope {
        Envelope {
            queue: QueueName::Outcomes,
            lane: crate::Lane::Main,
            message_id: self.message_id.clone(),
            kind: Self::KIND.to_owned(),
            schema: 1,
            // Strings and numbers: nothing that JSON can't hold.
            body: serde_json::to_vec(self).unwrap_or_default(),
            attempt: 1,
            waits: 0,
            first_seen: self.at,
            not_before: None,
            traceparent: None,
            replay: Some(self.row),
            replays: 0,
            host: None,
            source: None,
            death: None,
        }
    }

    /// Reads what [`ReplayOutcome::envelope`] wrote.
    pub fn from_envelope(envelope: &Envelope) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(&envelope.body)
    }
}
