//! The file: its schema, its owner, and how much lies in it.

use crate::{QueueError, QueueName};
use article::Timestamp;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, Row};
use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

/// The schema this release writes, in `user_version`.
const SCHEMA: i64 = 1;

/// `ready` serves claims in the order of their time; `depth` answers counts without touching a body.
const TABLES: &str = "
    CREATE TABLE message (
        id INTEGER PRIMARY KEY,
        queue TEXT NOT NULL,
        rung TEXT,
        visible_at INTEGER NOT NULL,
        claimed INTEGER NOT NULL DEFAULT 0,
        deliveries INTEGER NOT NULL DEFAULT 0,
        facts BLOB NOT NULL,
        body BLOB NOT NULL
    ) STRICT;
    CREATE INDEX message_ready ON message (queue, visible_at) WHERE claimed = 0;
";

/// The one process that may take from the file. A lock of the operating system: it ends with the process,
/// however that ends.
#[derive(Debug)]
pub(super) struct Ownership {
    _lock: File,
}

impl Ownership {
    pub(super) fn take(database: &Path) -> Result<Self, QueueError> {
        let mut path = database.as_os_str().to_owned();
        path.push(".lock");
        let path = Path::new(&path);
        let shown = path.display().to_string();
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|e| QueueError::Backend(format!("{}: {e}", folder.display())))?;
        }
        let opened = File::options().create(true).truncate(false).write(true).open(path);
        let lock = opened.map_err(|e| QueueError::Backend(format!("{shown}: {e}")))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(QueueError::Owned { path: shown }),
            Err(TryLockError::Error(e)) => Err(QueueError::Backend(format!("{shown}: {e}"))),
        }
    }
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // A confirm is a promise that survives the power.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5))
        .pragma("journal_size_limit", "67108864")
}

/// The writing connection, with the schema in place.
pub(super) async fn open(path: &Path) -> Result<SqliteConnection, QueueError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|e| QueueError::Backend(format!("{}: {e}", folder.display())))?;
    }
    let shown = path.display().to_string();
    let told = |e: sqlx::Error| QueueError::Backend(format!("{shown}: {e}"));
    let mut connection = options(path).disable_statement_logging().connect().await.map_err(told)?;
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await.map_err(told)?;
    let found: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *tx).await.map_err(told)?;
    match found {
        0 => {
            sqlx::raw_sql(TABLES).execute(&mut *tx).await.map_err(told)?;
            sqlx::raw_sql("PRAGMA user_version = 1").execute(&mut *tx).await.map_err(told)?;
        }
        SCHEMA => {}
        found => return Err(QueueError::NewerSchema { path: shown.clone(), found, known: SCHEMA }),
    }
    tx.commit().await.map_err(told)?;
    Ok(connection)
}

/// Connections that only read.
pub(super) async fn reader(path: &Path) -> Result<SqlitePool, QueueError> {
    SqlitePoolOptions::new()
        .max_connections(2)
        .connect_with(options(path).disable_statement_logging())
        .await
        .map_err(|e| QueueError::Backend(format!("{}: {e}", path.display())))
}

/// How much lies in a queue.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Load {
    pub(super) ready: u64,
    pub(super) in_flight: u64,
    pub(super) bytes: u64,
}

impl Load {
    pub(super) fn messages(self) -> u64 {
        self.ready + self.in_flight
    }
}

/// How much lies in every queue that holds anything. A message on a rung counts there, not on its belt.
pub(super) async fn depths<'e, E>(executor: E) -> Result<HashMap<QueueName, Load>, sqlx::Error>
where
    E: sqlx::Executor<'e, Database = sqlx::Sqlite>,
{
    let rows = sqlx::query(
        "SELECT CASE WHEN rung IS NOT NULL AND visible_at > ? THEN rung ELSE queue END AS place, claimed,
                count(*) AS n, sum(length(body)) AS bytes
         FROM message GROUP BY place, claimed",
    )
    .bind(Timestamp::now().millis())
    .fetch_all(executor)
    .await?;
    let mut all: HashMap<QueueName, Load> = HashMap::new();
    for row in rows {
        let (place, claimed, n, bytes): (String, i64, i64, i64) = (row.get(0), row.get(1), row.get(2), row.get(3));
        let Some(queue) = QueueName::from_name(&place) else { continue };
        let load = all.entry(queue).or_default();
        let n = u64::try_from(n).unwrap_or(0);
        if claimed == 0 {
            load.ready += n;
        } else {
            load.in_flight += n;
        }
        load.bytes += u64::try_from(bytes).unwrap_or(0);
    }
    Ok(all)
}
