//! Forgetting what the publisher's transaction keeps for a while.

use crate::{Store, StoreError};
use article::Timestamp;

impl Store {
    /// Forgets exact hashes of articles placed before `before` (older than the window nothing is compared
    /// with them), but those that hold a story's articles together. Returns how many.
    pub async fn prune_hashes(&self, before: Timestamp) -> Result<u64, StoreError> {
        let done = sqlx::query(
            "DELETE FROM story_keys WHERE placed_at < $1 AND key LIKE 'hash:%' AND NOT EXISTS
                (SELECT 1 FROM story_keys o WHERE o.key = story_keys.key AND o.article <> story_keys.article)",
        )
        .bind(before.millis())
        .execute(&self.db.write)
        .await?;
        Ok(done.rows_affected())
    }

    /// Forgets what arrivals changed that came before `before`: no message of theirs can be redelivered any
    /// more. Returns how many.
    pub async fn prune_changes(&self, before: Timestamp) -> Result<u64, StoreError> {
        let done =
            sqlx::query("DELETE FROM changes WHERE made_at < $1").bind(before.millis()).execute(&self.db.write).await?;
        Ok(done.rows_affected())
    }
}
