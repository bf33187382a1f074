//! Which backend an address means.

use crate::{Embedded, Index, IndexError, IndexSettings, Redis};
use std::sync::Arc;

/// Opens the index at `settings.url`. The only place that knows both backends.
pub async fn open(settings: &IndexSettings) -> Result<Arc<dyn Index>, IndexError> {
    match settings.url.split_once(':').map(|(scheme, _)| scheme) {
        Some("sqlite") => Ok(Arc::new(Embedded::open(settings).await?)),
        Some("redis" | "rediss") => Ok(Arc::new(Redis::open(settings).await?)),
        _ => Err(IndexError::Settings(format!(
            "url “{}” names no index: write sqlite:data/index.db or redis://host:6379/0",
            settings.url
        ))),
    }
}
