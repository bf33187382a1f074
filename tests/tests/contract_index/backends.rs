//! The backends under contract.

use deduplicator::{Index, IndexSettings, Thresholds};
use std::sync::Arc;

/// A fresh index and the way to a second replica of it.
pub(super) struct Backend {
    settings: IndexSettings,
    pub(super) index: Arc<dyn Index>,
}

impl Backend {
    pub(super) async fn embedded() -> Self {
        Self::open("sqlite::memory:".to_owned(), false).await
    }

    /// With thresholds of its own.
    pub(super) async fn embedded_with(thresholds: Thresholds) -> Self {
        let settings = IndexSettings { url: "sqlite::memory:".to_owned(), thresholds, ..IndexSettings::default() };
        let index = deduplicator::open(&settings).await.unwrap();
        Self { settings, index }
    }

    pub(super) async fn redis() -> Self {
        Self::open(harness::redis().url(), false).await
    }

    pub(super) async fn cluster() -> Self {
        Self::open(super::cluster::cluster().await.url(), true).await
    }

    async fn open(url: String, cluster: bool) -> Self {
        let settings = IndexSettings { url, cluster, prefix: harness::unique("index"), ..IndexSettings::default() };
        let index = deduplicator::open(&settings).await.unwrap();
        Self { settings, index }
    }

    /// Beginning of its keys.
    pub(super) fn prefix(&self) -> &str {
        &self.settings.prefix
    }

    /// As another process would have it; the embedded index is of one process, and there it is the same.
    pub(super) async fn replica(&self) -> Arc<dyn Index> {
        if self.settings.url.starts_with("sqlite") {
            return self.index.clone();
        }
        deduplicator::open(&self.settings).await.unwrap()
    }
}
