//! What can go wrong with the store, by what a caller does about it.

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It does not answer: wait and probe; nothing is wrong with what was asked.
    #[error("the store is away: {0}")]
    Away(String),
    /// Another worker changed the same rows: try again.
    #[error("another worker changed the same rows: {0}")]
    Conflict(String),
    /// The database was made by a newer release.
    #[error(
        "the database has schema {found}, this release of Wireroom knows {known}: run a newer release, or restore the backup made before the upgrade"
    )]
    NewerSchema {
        /// Schema in the database.
        found: i64,
        /// Newest schema of this binary.
        known: i64,
    },
    /// The URL or a setting is wrong.
    #[error("store.url: {0}")]
    Settings(String),
    /// A bug of ours or damage to the database.
    #[error("the store refused: {0}")]
    Broken(String),
}
