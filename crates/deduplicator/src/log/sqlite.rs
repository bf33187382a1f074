//! The log in a SQLite file, or in memory.

use super::{AT_ONCE, Appended, End, Log};
use crate::{IndexError, IndexSettings};
use async_trait::async_trait;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Error, Executor};
use std::str::FromStr;
use std::time::Duration;

/// Version of the tables and of the shingles' hashes in them.
const SCHEMA: i64 = 4;

/// A batch is never named as one was before. `last` is the name of the last one, 0 of none; it stays when batches are
/// trimmed, and goes when all are removed.
const CREATE: &str = "
    CREATE TABLE IF NOT EXISTS batches (id INTEGER PRIMARY KEY AUTOINCREMENT, day INTEGER NOT NULL, records BLOB NOT NULL);
    CREATE INDEX IF NOT EXISTS batches_day ON batches (day);
    CREATE TABLE IF NOT EXISTS last (only INTEGER PRIMARY KEY CHECK (only = 1), id INTEGER NOT NULL);
    INSERT OR IGNORE INTO last VALUES (1, 0);
";

/// The log, in this process's connection. Another process may have the file open too.
pub(crate) struct SqliteLog {
    connection: SqliteConnection,
}

impl SqliteLog {
    /// Opens or makes the file at `settings.url` (`sqlite:PATH`, `sqlite::memory:`).
    pub(crate) async fn open(settings: &IndexSettings) -> Result<Self, IndexError> {
        let wrong = |why: &dyn std::fmt::Display| IndexError::Settings(format!("url “{}”: {why}", settings.url));
        let options = SqliteConnectOptions::from_str(&settings.url).map_err(|e| wrong(&e))?;
        if let Some(folder) = options.get_filename().parent().filter(|f| !f.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|e| wrong(&e))?;
        }
        let connection = options
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // The index is a memory of the store: after a power cut the last claims may be gone, and their
            // articles get a new judgement when they are delivered again.
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(Duration::from_secs(5))
            .connect()
            .await
            .map_err(|e| wrong(&e))?;
        let mut log = Self { connection };
        let found: i64 =
            sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut log.connection).await.map_err(|e| failed(&e))?;
        // An empty file has 0.
        if found != SCHEMA && found != 0 {
            return Err(wrong(&format!(
                "the index has schema {found}, this release knows {SCHEMA}: remove the file and run `wireroom index rebuild`"
            )));
        }
        log.connection.execute(CREATE).await.map_err(|e| failed(&e))?;
        let stamp = format!("PRAGMA user_version = {SCHEMA}");
        log.connection.execute(sqlx::AssertSqlSafe(stamp)).await.map_err(|e| failed(&e))?;
        Ok(log)
    }

    /// In one transaction, so that another process's batch can't come between.
    async fn append_or_read(&mut self, end: &End, day: u16, batch: Vec<u8>) -> Result<Appended, Error> {
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        let last: i64 = sqlx::query_scalar("SELECT id FROM last").fetch_one(&mut *transaction).await?;
        let done = match (last == number(end), batch.is_empty()) {
            (true, true) => Ok(Appended::At(end.clone())),
            (true, false) => insert(&mut transaction, day, batch).await,
            (false, _) => after(&mut transaction, end, last).await,
        };
        // Not left to the drop, which keeps other processes out until this one asks something again.
        if done.is_ok() {
            transaction.commit().await?
        } else {
            transaction.rollback().await?
        }
        done
    }
}

async fn insert(connection: &mut SqliteConnection, day: u16, batch: Vec<u8>) -> Result<Appended, Error> {
    let insert = "INSERT INTO batches (day, records) \
                  VALUES (max(?, coalesce((SELECT max(day) FROM batches), 0)), ?) RETURNING id";
    let id: i64 = sqlx::query_scalar(insert).bind(i64::from(day)).bind(batch).fetch_one(&mut *connection).await?;
    sqlx::query("UPDATE last SET id = ?").bind(id).execute(&mut *connection).await?;
    Ok(Appended::At(id.to_string()))
}

/// What comes after `end` in a log whose last batch is `last`.
async fn after(connection: &mut SqliteConnection, end: &End, last: i64) -> Result<Appended, Error> {
    let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as("SELECT id, records FROM batches WHERE id >= ? ORDER BY id LIMIT ?")
        .bind(number(end))
        .bind(AT_ONCE as i64)
        .fetch_all(connection)
        .await?;
    let found = rows.into_iter().map(|(id, records)| (id.to_string(), records)).collect();
    Ok(Appended::behind(end, last.to_string(), found))
}

/// A batch's number, 0 of none.
fn number(end: &End) -> i64 {
    end.parse().unwrap_or(0)
}

#[async_trait]
impl Log for SqliteLog {
    fn backend(&self) -> &'static str {
        "embedded"
    }

    fn of(&self, _: &str) -> String {
        String::new()
    }

    async fn append(&mut self, _: &str, end: &End, day: u16, batch: Vec<u8>) -> Result<Appended, IndexError> {
        self.append_or_read(end, day, batch).await.map_err(|e| failed(&e))
    }

    async fn all(&mut self) -> Result<Vec<String>, IndexError> {
        Ok(vec![String::new()])
    }

    async fn trim(&mut self, oldest: u16) -> Result<(), IndexError> {
        let delete = sqlx::query("DELETE FROM batches WHERE day < ?").bind(i64::from(oldest));
        delete.execute(&mut self.connection).await.map(|_| ()).map_err(|e| failed(&e))
    }

    async fn clear(&mut self) -> Result<(), IndexError> {
        let clear = "BEGIN IMMEDIATE; DELETE FROM batches; UPDATE last SET id = 0; COMMIT";
        self.connection.execute(clear).await.map(|_| ()).map_err(|e| failed(&e))
    }

    async fn bytes(&mut self) -> Result<u64, IndexError> {
        let pages = "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size";
        let bytes: i64 = sqlx::query_scalar(pages).fetch_one(&mut self.connection).await.map_err(|e| failed(&e))?;
        Ok(bytes.cast_unsigned())
    }

    async fn ping(&mut self) -> Result<(), IndexError> {
        self.connection.ping().await.map_err(|e| failed(&e))
    }

    async fn faults(&mut self) -> Result<Vec<String>, IndexError> {
        Ok(Vec::new())
    }
}

/// A full or failing disk, or a commit that did not pass, is away; what else SQLite calls an error is broken.
fn failed(why: &Error) -> IndexError {
    const BUSY: u32 = 5;
    const LOCKED: u32 = 6;
    const IO: u32 = 10;
    const FULL: u32 = 13;
    const CONSTRAINT: u32 = 19;
    let code = why.as_database_error().and_then(|e| e.code()?.parse::<u32>().ok());
    // Extended codes hold the primary one in their low byte (SQLite, “Result and Error Codes”).
    match code.map(|code| code & 0xFF) {
        Some(BUSY | LOCKED | IO | FULL | CONSTRAINT) => IndexError::Away(why.to_string()),
        Some(_) | None => IndexError::Damaged(why.to_string()),
    }
}
