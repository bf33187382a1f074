//! The ledger's bounds.

use crate::ReplaySettings;
use article::Timestamp;
use std::time::Duration;
use store::Store;
use telemetry::events::store::RowsPruned;
use tokio_util::sync::CancellationToken;

/// Forgets letters beyond their time or number, every so often, until told to stop. One process is enough;
/// more do no harm.
pub async fn forget(store: Store, settings: ReplaySettings, stop: CancellationToken) {
    let every = Duration::from_secs(settings.forget_every_secs.max(1));
    loop {
        match store.prune_ledger(Timestamp::now().minus(settings.kept()), settings.keep_letters).await {
            Ok(rows) => RowsPruned { what: "ledger", rows }.emit(),
            Err(error) => tracing::warn!(%error, "the ledger could not be pruned; it is tried again"),
        }
        if stop.run_until_cancelled(tokio::time::sleep(every)).await.is_none() {
            return;
        }
    }
}
