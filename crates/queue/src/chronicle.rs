//! What became of each message, for `explain`.

use crate::{MessageId, Stage};
use article::{ArticleId, SourceId, Timestamp};

/// One decision about one message.
#[derive(Clone, PartialEq, Debug)]
pub struct Decision {
    /// When it was settled.
    pub at: Timestamp,
    /// Where.
    pub stage: Stage,
    /// Which message.
    pub message_id: MessageId,
    /// The article it is about, if known.
    pub article: Option<ArticleId>,
    /// The address it is about.
    pub url: Option<String>,
    /// The source it is about.
    pub source: Option<SourceId>,
    /// The host it is about.
    pub host: Option<String>,
    /// `done`, `drop`, `retry` or `dead`.
    pub outcome: &'static str,
    /// The reason's name; empty for done.
    pub reason: &'static str,
    /// Which attempt decided.
    pub attempt: u32,
    /// Evidence or error chain, for people.
    pub detail: String,
}

/// Who remembers decisions. No ack waits for it: `note` must return at once, and drop and count what it
/// can't keep.
pub trait Chronicle: Send + Sync + 'static {
    /// Takes note.
    fn note(&self, decision: Decision);
}
