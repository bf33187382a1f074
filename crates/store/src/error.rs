//! What can go wrong with the store, by what a caller does about it.

use sqlx::Error as Sql;

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
    /// What was given as an article's address is none.
    #[error("{0}")]
    Address(String),
    /// A bug of ours or damage to the database.
    #[error("the store refused: {0}")]
    Broken(String),
}

impl StoreError {
    /// What was read back is not what this code writes.
    pub(crate) fn damaged(column: &str, why: impl std::fmt::Display) -> Self {
        StoreError::Broken(format!("column {column} holds what Wireroom does not write: {why}"))
    }
}

/// SQLite's primary result codes (<https://sqlite.org/rescode.html>); the extended ones keep them in the low byte.
mod sqlite {
    pub(super) const BUSY: i64 = 5;
    pub(super) const LOCKED: i64 = 6;
    pub(super) const IO: i64 = 10;
    pub(super) const FULL: i64 = 13;
    pub(super) const CANT_OPEN: i64 = 14;
}

impl From<Sql> for StoreError {
    fn from(error: Sql) -> Self {
        match &error {
            Sql::PoolTimedOut => StoreError::Away("no connection became free or could be made in time".to_owned()),
            Sql::Io(_) | Sql::Tls(_) | Sql::PoolClosed | Sql::WorkerCrashed | Sql::Protocol(_) | Sql::BeginFailed => {
                StoreError::Away(error.to_string())
            }
            Sql::Configuration(_) => StoreError::Settings(error.to_string()),
            Sql::Database(database) => {
                let code = database.code().unwrap_or_default();
                let said = format!("{} ({code})", database.message());
                match code.parse::<i64>() {
                    // SQLSTATEs have five characters, SQLite's codes at most four digits.
                    Ok(number) if code.len() < 5 => match number & 0xff {
                        sqlite::BUSY | sqlite::LOCKED => StoreError::Conflict(said),
                        sqlite::IO | sqlite::FULL | sqlite::CANT_OPEN => StoreError::Away(said),
                        _ => StoreError::Broken(said),
                    },
                    _ => by_sqlstate(&code, said),
                }
            }
            _ => StoreError::Broken(error.to_string()),
        }
    }
}

/// By PostgreSQL's SQLSTATE classes (PostgreSQL documentation, appendix A).
fn by_sqlstate(code: &str, said: String) -> StoreError {
    match code {
        // serialization_failure, deadlock_detected, lock_not_available
        "40001" | "40P01" | "55P03" => StoreError::Conflict(said),
        // invalid_catalog_name: no such database
        "3D000" => StoreError::Settings(said),
        _ => match code.get(..2) {
            // invalid authorization
            Some("28") => StoreError::Settings(said),
            // connection exception, insufficient resources, operator intervention, system error;
            // 25006 is a standby that was promoted away from under us.
            Some("08" | "53" | "57" | "58") => StoreError::Away(said),
            _ if code == "25006" => StoreError::Away(said),
            _ => StoreError::Broken(said),
        },
    }
}
