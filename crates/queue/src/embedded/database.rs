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

/// What lies in a queue is counted in `load` by
/// every transaction, because counting rows of some kilobytes each costs more than carrying them; only rungs
/// run out without a transaction, so they are counted, by an index of their own.
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
    CREATE INDEX message_rung ON message (rung, queue, visible_at) WHERE rung IS NOT NULL;
    CREATE TABLE load (
        queue TEXT PRIMARY KEY,
        messages INTEGER NOT NULL,
        in_flight INTEGER NOT NULL,
        bytes INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
";

/// Both serve claims in the order of their time: one what can be taken at once, whatever the clock says, the
/// other what has to wait for its time. Apart, because together a look at a belt without news would read every
/// row that waits. Made at every opening, for files that have only their forerunner.
const CLAIMS: &str = "
    DROP INDEX IF EXISTS message_ready;
    CREATE INDEX IF NOT EXISTS message_news ON message (queue, visible_at) WHERE claimed = 0 AND rung IS NULL;
    CREATE INDEX IF NOT EXISTS message_due ON message (queue, visible_at) WHERE claimed = 0 AND rung IS NOT NULL;
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
    sqlx::raw_sql(CLAIMS).execute(&mut *tx).await.map_err(told)?;
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

/// How much lies in a queue, or is to be added to that.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Load {
    /// Claimed ones and those on rungs included.
    pub(super) messages: i64,
    pub(super) in_flight: i64,
    pub(super) bytes: i64,
}

impl Load {
    pub(super) fn add(&mut self, by: Load) {
        self.messages += by.messages;
        self.in_flight += by.in_flight;
        self.bytes += by.bytes;
    }
}

/// Carries a transaction's changes into `load`.
pub(super) async fn change(
    connection: &mut SqliteConnection,
    changes: &HashMap<QueueName, Load>,
) -> Result<(), sqlx::Error> {
    for (queue, by) in changes {
        sqlx::query(
            "INSERT INTO load (queue, messages, in_flight, bytes) VALUES (?, ?, ?, ?)
             ON CONFLICT (queue) DO UPDATE SET messages = messages + excluded.messages,
                 in_flight = in_flight + excluded.in_flight, bytes = bytes + excluded.bytes",
        )
        .bind(queue.to_string())
        .bind(by.messages)
        .bind(by.in_flight)
        .bind(by.bytes)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Counts everything anew: at restart, when rows have moved.
pub(super) async fn recount(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(
        "DELETE FROM load;
         INSERT INTO load (queue, messages, in_flight, bytes)
         SELECT queue, count(*), sum(claimed), sum(length(body)) FROM message GROUP BY queue;",
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What lies in every queue that ever held anything.
pub(super) async fn loads(connection: &mut SqliteConnection) -> Result<HashMap<QueueName, Load>, sqlx::Error> {
    let rows = sqlx::query("SELECT queue, messages, in_flight, bytes FROM load").fetch_all(connection).await?;
    let load = |row: &sqlx::sqlite::SqliteRow| {
        let queue = QueueName::from_name(&row.get::<String, _>(0))?;
        Some((queue, Load { messages: row.get(1), in_flight: row.get(2), bytes: row.get(3) }))
    };
    Ok(rows.iter().filter_map(load).collect())
}

/// Messages that wait on rungs, by their lane and their rung.
pub(super) async fn on_rungs(
    connection: &mut SqliteConnection,
) -> Result<Vec<(QueueName, QueueName, u64)>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT queue, rung, count(*) FROM message WHERE rung IS NOT NULL AND visible_at > ? GROUP BY rung, queue",
    )
    .bind(Timestamp::now().millis())
    .fetch_all(connection)
    .await?;
    let counted = |row: &sqlx::sqlite::SqliteRow| {
        let (queue, rung, n): (String, String, i64) = (row.get(0), row.get(1), row.get(2));
        Some((QueueName::from_name(&queue)?, QueueName::from_name(&rung)?, u64::try_from(n).unwrap_or(0)))
    };
    Ok(rows.iter().filter_map(counted).collect())
}
