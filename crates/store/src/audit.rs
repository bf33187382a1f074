//! Who did what, when.

use crate::{Store, StoreError};
use article::Timestamp;
use serde::Serialize;

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
        unimplemented!("{entry:?}")
    }

    /// The newest entries, newest first.
    pub async fn audit_log(&self, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        unimplemented!("{limit}")
    }
}
