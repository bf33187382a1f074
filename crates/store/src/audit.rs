//! Who did what, when.

use crate::row::{Reader, read_all};
use crate::{Store, StoreError};
use article::Timestamp;
use serde::Serialize;
use sqlx::AnyConnection;

/// An act of an operator.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// Who: an operator's name, or `cli:user`.
    pub actor: String,
    /// What: `dead.replay`, `takedown.execute`, `source.pause`, …
    pub action: String,
    /// To what.
    pub target: String,
    /// Details.
    pub detail: String,
}

impl Store {
    /// Writes an entry. Entries are never changed.
    pub async fn audit(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        write(&mut *self.db.write.acquire().await?, entry).await
    }

    /// The newest entries, newest first.
    pub async fn audit_log(&self, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        let rows = sqlx::query("SELECT at, actor, action, target, detail FROM audit ORDER BY id DESC LIMIT $1")
            .bind(i64::from(limit))
            .fetch_all(&self.db.read)
            .await?;
        read_all(&rows, |row| {
            Ok(AuditEntry {
                at: row.time("at")?,
                actor: row.text("actor")?,
                action: row.text("action")?,
                target: row.text("target")?,
                detail: row.text("detail")?,
            })
        })
    }
}

/// Also inside the transaction of the act itself, so that neither is there without the other.
pub(crate) async fn write(connection: &mut AnyConnection, entry: &AuditEntry) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO audit (at, actor, action, target, detail) VALUES ($1, $2, $3, $4, $5)")
        .bind(entry.at.millis())
        .bind(article::clean(&entry.actor))
        .bind(article::clean(&entry.action))
        .bind(article::clean(&entry.target))
        .bind(article::clean(&entry.detail))
        .execute(connection)
        .await?;
    Ok(())
}
