//! Bytes as fetched, for a while: so that a parser's fix needs no new fetch.

use crate::{Store, StoreError};
use article::{ArticleId, Timestamp};
use serde::{Deserialize, Serialize};

/// A response as it came.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Capture {
    /// The article it is of; for a page that failed in extraction, of its permalink.
    pub article: ArticleId,
    /// Address after redirects.
    pub url: String,
    /// HTTP status.
    pub status: u16,
    /// Headers, in order.
    pub headers: Vec<(String, String)>,
    /// Body, decompressed.
    pub body: Vec<u8>,
    /// When the response came.
    pub observed_at: Timestamp,
}

impl Store {
    /// Keeps a capture (body compressed with zstd). Of two of the same article the newer stays.
    pub async fn put_capture(&self, capture: &Capture) -> Result<(), StoreError> {
        unimplemented!("{capture:?}")
    }

    /// The capture of an article, if it is still there.
    pub async fn capture(&self, article: &ArticleId) -> Result<Option<Capture>, StoreError> {
        unimplemented!("{article}")
    }

    /// Forgets captures older than `before`, and the oldest while all together are larger than `max_bytes`. Returns how many.
    pub async fn prune_captures(&self, before: Timestamp, max_bytes: u64) -> Result<u64, StoreError> {
        unimplemented!("{before} {max_bytes}")
    }
}
