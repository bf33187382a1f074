//! What differs between PostgreSQL and SQLite: connecting, transactions and locks, a few words of SQL, and
//! full-text search. Everything else is written once, in the SQL both speak: `$1` placeholders, BIGINT for
//! numbers, times and flags, TEXT for words and JSON.

use crate::{StoreError, StoreSettings};
use sqlx::any::AnyPoolOptions;
use sqlx::{Any, AnyConnection, AnyPool, AssertSqlSafe, Connection, Executor, Row, Transaction};
use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::time::Duration;

/// A transaction that will write.
pub(crate) type Tx = Transaction<'static, Any>;

/// Which database it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Backend {
    Postgres,
    Sqlite,
}

/// The connections.
#[derive(Clone)]
pub(crate) struct Db {
    pub(crate) backend: Backend,
    /// For reading; on SQLite every connection sees the last commit and never waits for the writer (WAL).
    pub(crate) read: AnyPool,
    /// For writing: on PostgreSQL the same pool, on SQLite one connection, so that this process's writers
    /// queue here and not at the file's lock.
    pub(crate) write: AnyPool,
}

/// The URL holds a password and is not shown.
impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Db({:?})", self.backend)
    }
}

/// How long SQLite waits for another process's transaction. They are short; a longer wait means that
/// something is stuck, and the caller should know.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// How long after its last use a connection is taken to be alive unasked: to ask is a round trip more for every question.
const UNASKED: Duration = Duration::from_secs(1);

/// Number of the advisory lock under which PostgreSQL's schema is changed: “wireroom” in ASCII.
const SCHEMA_LOCK: i64 = 0x7769_7265_726f_6f6d;

impl Db {
    pub(crate) async fn connect(settings: &StoreSettings) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let backend = match settings.url.split(':').next() {
            Some("sqlite") => Backend::Sqlite,
            Some("postgres" | "postgresql") => Backend::Postgres,
            _ => {
                return Err(StoreError::Settings(format!(
                    "“{}” is neither sqlite:PATH nor postgres://…",
                    settings.shown_url()
                )));
            }
        };
        match backend {
            Backend::Postgres => {
                let pool =
                    options(settings).max_connections(settings.connections.max(1)).connect(&settings.url).await?;
                Ok(Self { backend, read: pool.clone(), write: pool })
            }
            Backend::Sqlite => {
                let url = sqlite_url(&settings.url)?;
                // The writer first: it makes the file and turns it to WAL.
                let write = options(settings)
                    .max_connections(1)
                    .after_connect(|c, _| Box::pin(prepare_sqlite(c)))
                    .connect(&url)
                    .await?;
                let read = options(settings)
                    .max_connections(settings.connections.max(1))
                    .after_connect(|c, _| Box::pin(prepare_sqlite(c)))
                    .connect(&url)
                    .await?;
                Ok(Self { backend, read, write })
            }
        }
    }

    /// Begins a transaction that will write. SQLite takes its write lock at once: a transaction that reads
    /// first and writes later can't be made to wait, only to fail.
    pub(crate) async fn begin(&self) -> Result<Tx, StoreError> {
        Ok(match self.backend {
            Backend::Postgres => self.write.begin().await?,
            Backend::Sqlite => self.write.begin_with("BEGIN IMMEDIATE").await?,
        })
    }

    /// Begins the transaction in which the schema is made or changed; another process that starts at the
    /// same time waits here and then finds it done.
    pub(crate) async fn begin_schema(&self) -> Result<Tx, StoreError> {
        let mut tx = self.begin().await?;
        if self.backend == Backend::Postgres {
            sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(SCHEMA_LOCK).execute(&mut *tx).await?;
        }
        Ok(tx)
    }

    /// Keeps other transactions that name one of these from running until this one ends, in one order for
    /// all. SQLite has one writer anyway.
    pub(crate) async fn lock_names(&self, tx: &mut Tx, names: &BTreeSet<String>) -> Result<(), StoreError> {
        if self.backend == Backend::Sqlite || names.is_empty() {
            return Ok(());
        }
        let numbers: BTreeSet<i64> = names.iter().map(|n| number_of(n)).collect();
        let calls: Vec<String> = (1..=numbers.len()).map(|n| format!("pg_advisory_xact_lock(${n})")).collect();
        let mut query = sqlx::query(AssertSqlSafe(format!("SELECT {}", calls.join(", "))));
        for number in numbers {
            query = query.bind(number);
        }
        query.execute(&mut **tx).await?;
        Ok(())
    }

    /// Appended to a SELECT whose rows are to be this transaction's until it ends.
    pub(crate) fn for_update(&self) -> &'static str {
        match self.backend {
            Backend::Postgres => " FOR UPDATE",
            Backend::Sqlite => "",
        }
    }

    /// Appended to a SELECT that takes what nobody else is taking.
    pub(crate) fn skip_locked(&self) -> &'static str {
        match self.backend {
            Backend::Postgres => " FOR UPDATE SKIP LOCKED",
            Backend::Sqlite => "",
        }
    }

    /// The schema's statement in this database's words: `{id}` a number given by the database, `{blob}` bytes.
    pub(crate) fn ddl(&self, statement: &str) -> String {
        let (id, blob) = match self.backend {
            Backend::Postgres => ("BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY", "BYTEA"),
            Backend::Sqlite => ("INTEGER PRIMARY KEY AUTOINCREMENT", "BLOB"),
        };
        statement.replace("{id}", id).replace("{blob}", blob)
    }

    /// The search index. Both hold only which words a document has: no text can be read from either.
    pub(crate) fn search_ddl(&self) -> &'static [&'static str] {
        match self.backend {
            Backend::Postgres => &[
                "CREATE TABLE search (doc BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)",
                "CREATE INDEX search_words ON search USING GIN (words)",
            ],
            // Our own tokens come in; every character of them is part of a word.
            Backend::Sqlite => &["CREATE VIRTUAL TABLE search USING fts5(words, content='', contentless_delete=1, \
                 detail=none, tokenize=\"unicode61 remove_diacritics 0 categories 'L* N* M* Co S*'\")"],
        }
    }

    /// Puts a document's words (parted by spaces, `$2`) into the index, in place of what was there under `$1`.
    pub(crate) fn search_put(&self) -> &'static str {
        match self.backend {
            Backend::Postgres => {
                "INSERT INTO search (doc, words) VALUES ($1, array_to_tsvector(string_to_array($2, ' '))) \
                 ON CONFLICT (doc) DO UPDATE SET words = excluded.words"
            }
            Backend::Sqlite => "INSERT OR REPLACE INTO search (rowid, words) VALUES ($1, $2)",
        }
    }

    /// Takes a document out of the index.
    pub(crate) fn search_remove(&self) -> &'static str {
        match self.backend {
            Backend::Postgres => "DELETE FROM search WHERE doc = $1",
            Backend::Sqlite => "DELETE FROM search WHERE rowid = $1",
        }
    }

    /// A SELECT of the documents that have all words of the query `$1`, made by [`Db::search_query`].
    pub(crate) fn search_match(&self) -> &'static str {
        match self.backend {
            Backend::Postgres => "SELECT doc FROM search WHERE words @@ CAST($1 AS tsquery)",
            Backend::Sqlite => "SELECT rowid FROM search WHERE search MATCH $1",
        }
    }

    /// All of `words`, in this index's query language. Words hold letters, digits and marks only, so quotes
    /// are enough to keep them from being read as operators.
    pub(crate) fn search_query(&self, words: &[String]) -> String {
        let (quote, and) = match self.backend {
            Backend::Postgres => ('\'', " & "),
            Backend::Sqlite => ('"', " AND "),
        };
        let quoted: Vec<String> = words.iter().map(|w| format!("{quote}{w}{quote}")).collect();
        quoted.join(and)
    }
}

fn options(settings: &StoreSettings) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .acquire_timeout(Duration::from_secs(settings.acquire_timeout_secs.max(1)))
        // sqlx asks a connection whether it lives when it is given back, and again each time before it is used.
        .test_before_acquire(false)
        .before_acquire(|connection, how| {
            Box::pin(async move {
                if how.idle_for >= UNASKED {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
}

/// A name's lock number: the first 64 bits of its hash. Two names with the same number only wait for each other.
fn number_of(name: &str) -> i64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&blake3::hash(name.as_bytes()).as_bytes()[..8]);
    i64::from_le_bytes(bytes)
}

/// The URL with the mode that makes a missing file; its folder is made here.
fn sqlite_url(url: &str) -> Result<String, StoreError> {
    let (place, query) = url.split_once('?').unwrap_or((url, ""));
    let path = place.trim_start_matches("sqlite:").trim_start_matches("//");
    if path.is_empty() || path == ":memory:" {
        return Err(StoreError::Settings(format!("“{url}” names no file: a store must outlive its process")));
    }
    if let Some(folder) = Path::new(path).parent().filter(|f| !f.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .map_err(|e| StoreError::Settings(format!("the folder {} can't be made: {e}", folder.display())))?;
    }
    Ok(match query {
        "" => format!("{place}?mode=rwc"),
        _ if query.contains("mode=") => url.to_owned(),
        _ => format!("{url}&mode=rwc"),
    })
}

/// WAL lets readers go on while one writes; FULL makes a commit outlive a loss of power.
async fn prepare_sqlite(connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    let busy = format!("PRAGMA busy_timeout = {}", BUSY_TIMEOUT.as_millis());
    connection.execute(AssertSqlSafe(busy)).await?;
    // Turning to WAL needs the file for a moment alone and does not honour the busy time-out.
    for wait in [5, 20, 80, 320, 1000] {
        match connection.execute("PRAGMA journal_mode = WAL").await {
            Ok(_) => break,
            Err(_) => tokio::time::sleep(Duration::from_millis(wait)).await,
        }
    }
    let mode: String = connection.fetch_one("PRAGMA journal_mode").await?.try_get(0)?;
    if mode != "wal" {
        tracing::warn!(
            mode,
            "SQLite can't use its write-ahead log here: readers and the writer will wait for each other"
        );
    }
    connection.execute("PRAGMA synchronous = FULL").await?;
    Ok(())
}

/// `$from, $from+1, …`: `count` placeholders for an IN list.
pub(crate) fn placeholders(from: usize, count: usize) -> String {
    let list: Vec<String> = (from..from + count).map(|n| format!("${n}")).collect();
    list.join(", ")
}

/// Placeholders for `rows` rows of `columns` values each.
pub(crate) fn value_rows(rows: usize, columns: usize) -> String {
    let list: Vec<String> = (0..rows).map(|r| format!("({})", placeholders(1 + r * columns, columns))).collect();
    list.join(", ")
}
