//! The index in Redis.

use crate::{Index, IndexError, IndexSettings, IndexStats, Known, Query};
use article::{ArticleId, Timestamp, Verdict};
use async_trait::async_trait;

/// The index in Redis.
#[derive(Clone, Debug)]
pub struct Redis {}

impl Redis {
    /// Connects.
    pub async fn open(settings: &IndexSettings) -> Result<Self, IndexError> {
        Err(IndexError::Settings(format!("url “{}”: not built in", settings.url)))
    }
}

#[async_trait]
impl Index for Redis {
    async fn decide(&self, _: &Query, _: Timestamp) -> Result<Verdict, IndexError> {
        Err(IndexError::Away("not built in".to_owned()))
    }
    async fn restore(&self, _: &Query, _: &Verdict, _: Timestamp) -> Result<(), IndexError> {
        Err(IndexError::Away("not built in".to_owned()))
    }
    async fn known(&self, _: &ArticleId) -> Result<Option<Known>, IndexError> {
        Err(IndexError::Away("not built in".to_owned()))
    }
    async fn clear(&self) -> Result<(), IndexError> {
        Err(IndexError::Away("not built in".to_owned()))
    }
    async fn stats(&self) -> Result<IndexStats, IndexError> {
        Err(IndexError::Away("not built in".to_owned()))
    }
    async fn ping(&self) -> Result<(), IndexError> {
        Err(IndexError::Away("not built in".to_owned()))
    }
}
