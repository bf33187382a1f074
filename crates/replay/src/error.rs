//! What can go wrong with dead letters.

use queue::QueueError;
use store::StoreError;

/// Why a command about dead letters could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The queue.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// The file that is written or read.
    #[error("the file: {0}")]
    File(#[from] std::io::Error),
    /// A line of an import. Nothing of the file was taken in.
    #[error("line {line}, {field}: {why}; nothing was imported")]
    Line {
        /// From 1.
        line: usize,
        /// Which field of it; `line` for the whole of it.
        field: String,
        /// What is wrong with it.
        why: String,
    },
}
