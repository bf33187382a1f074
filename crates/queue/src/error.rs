//! What can go wrong between us and the queue.

use crate::QueueName;

/// The queue can't be opened or used; a person has to act.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// Not a URL of a queue.
    #[error("queue.url “{0}” is neither sqlite:PATH nor amqp://… nor amqps://…")]
    Url(String),
    /// Another process owns the embedded queue.
    #[error("{path} belongs to another process: only one `wireroom run` can own it (stop that one first)")]
    Owned {
        /// The lock file.
        path: String,
    },
    /// This process may publish, not take: it did not open the queue as its owner.
    #[error("this process does not own the queue and can only publish to it")]
    NotOwner,
    /// The file of the embedded queue was written by a newer release.
    #[error("{path} was written by a newer release (schema {found}, this one knows {known}): update wireroom")]
    NewerSchema {
        /// Which file.
        path: String,
        /// Its schema.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// A queue exists with other arguments (AMQP 406), or may not be declared.
    #[error("topology: {0}")]
    Topology(String),
    /// The CA file can't be used.
    #[error("queue.ca_file {path}: {why}")]
    CaFile {
        /// Which file.
        path: String,
        /// Why.
        why: String,
    },
    /// The database or the broker refused in a way that waiting does not mend.
    #[error("queue: {0}")]
    Backend(String),
    /// The queue was closed.
    #[error("the queue is closed")]
    Closed,
    /// A message can't be sent at all.
    #[error(transparent)]
    Unsendable(#[from] Unsendable),
}

/// A message that can't be sent, now or later.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsendable {
    /// Above `queue.message_max_bytes`.
    #[error("message for {queue} has {bytes} bytes, {limit} are allowed (queue.message_max_bytes)")]
    TooLarge {
        /// Where it was to go.
        queue: QueueName,
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// The broker returned it (`mandatory`), also after the topology was declared anew.
    #[error("the broker has no queue {queue}: {text}")]
    Unroutable {
        /// Where it was to go.
        queue: QueueName,
        /// The broker's words.
        text: String,
    },
}

/// Why a publish was not confirmed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PublishError {
    /// The queue is at its bound: back-pressure.
    #[error("{0} is full")]
    Full(QueueName),
    /// No connection, no confirm in time, or the disk is full: nothing is known of the message.
    #[error("{0}")]
    Away(String),
    /// Never.
    #[error(transparent)]
    Unsendable(#[from] Unsendable),
    /// The queue was closed.
    #[error("the queue is closed")]
    Closed,
}
