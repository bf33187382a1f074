//! The tables, and nothing of what they mean.

use super::close;
use super::sweep::PARTS;
use crate::memory::{Claim, ExactRecord, Posting, StoryNumber, StoryRecord};
use crate::{IndexError, IndexSettings, IndexStats};
use article::{ArticleId, ContentHash, Mark};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Error, Executor, Row};
use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

/// Bytes of a page in a new file. An article changes some fifty rows of two dozen bytes anywhere in it, and each costs
/// a page written to the log and one written home: small ones cost less.
const PAGE_BYTES: u32 = 1024;

/// Pages in the write-ahead log before they go to their places, 256 MB: a page that changed often since the last time is
/// written there once. With 64 MB an index of 100,000 articles, which takes twice that, was a quarter to a third slower
/// than one of 10,000; with these it is an eighth (`cargo bench -p deduplicator`).
const CHECKPOINT_PAGES: &str = "262144";

/// Version of the tables and of the shingles' hashes in them.
const SCHEMA: i64 = 3;

/// Keys of `postings` are hashes and spread evenly over all 64-bit integers, those of the other tables begin
/// with hashes: a sweep goes through all in ranges of equal size. A row is read by one lookup of its key.
const CREATE: &str = "
    CREATE TABLE IF NOT EXISTS claims (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS exacts (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS stories (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS postings (key INTEGER PRIMARY KEY, value BLOB NOT NULL);
";

pub(super) struct Tables {
    connection: SqliteConnection,
}

impl Tables {
    pub(super) async fn open(settings: &IndexSettings) -> Result<Self, IndexError> {
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
            .page_size(PAGE_BYTES)
            // Negative: kibibytes.
            .pragma("cache_size", format!("-{}", u64::from(settings.cache_mb) * 1024))
            .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
            .connect()
            .await
            .map_err(|e| wrong(&e))?;
        let mut tables = Self { connection };
        let found: i64 =
            sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut tables.connection).await.map_err(super::failed)?;
        // An empty file has 0.
        if found != SCHEMA && found != 0 {
            return Err(wrong(&format!(
                "the index has schema {found}, this release knows {SCHEMA}: remove the file and run `wireroom index rebuild`"
            )));
        }
        tables.connection.execute(CREATE).await.map_err(super::failed)?;
        let stamp = format!("PRAGMA user_version = {SCHEMA}");
        tables.connection.execute(sqlx::AssertSqlSafe(stamp)).await.map_err(super::failed)?;
        Ok(tables)
    }

    pub(super) async fn begin(&mut self) -> Result<(), Error> {
        self.connection.execute("BEGIN IMMEDIATE").await.map(|_| ())
    }

    pub(super) async fn commit(&mut self) -> Result<(), Error> {
        self.connection.execute("COMMIT").await.map(|_| ())
    }

    pub(super) async fn rollback(&mut self) -> Result<(), Error> {
        self.connection.execute("ROLLBACK").await.map(|_| ())
    }

    pub(super) async fn close(self) -> Result<(), Error> {
        close(self.connection).await
    }

    pub(super) async fn claim(&mut self, article: &ArticleId) -> Result<Option<Claim>, Error> {
        let value = self.value("SELECT value FROM claims WHERE key = ?", article.bytes()).await?;
        Ok(value.and_then(|v| Claim::decode(&v, article)))
    }

    pub(super) async fn put_claim(&mut self, article: &ArticleId, claim: &Claim) -> Result<(), Error> {
        self.put("INSERT OR REPLACE INTO claims VALUES (?, ?)", article.bytes(), claim.encode()).await
    }

    pub(super) async fn exact(&mut self, hash: &ContentHash) -> Result<Option<ExactRecord>, Error> {
        let value = self.value("SELECT value FROM exacts WHERE key = ?", hash.bytes()).await?;
        Ok(value.and_then(|v| ExactRecord::decode(&v)))
    }

    pub(super) async fn put_exact(&mut self, hash: &ContentHash, record: &ExactRecord) -> Result<(), Error> {
        self.put("INSERT OR REPLACE INTO exacts VALUES (?, ?)", hash.bytes(), record.encode()).await
    }

    /// The postings of these marks, in their order.
    pub(super) async fn postings(&mut self, language: &str, marks: &[Mark]) -> Result<Vec<Option<Posting>>, Error> {
        let keys: Vec<i64> = marks.iter().map(|m| posting_key(language, m.hash)).collect();
        let list = serde_json::to_string(&keys).unwrap_or_default();
        let rows = sqlx::query("SELECT key, value FROM postings WHERE key IN (SELECT value FROM json_each(?))")
            .bind(list)
            .fetch_all(&mut self.connection)
            .await?;
        let mut found = BTreeMap::new();
        for row in rows {
            found.insert(row.try_get::<i64, _>(0)?, row.try_get::<Vec<u8>, _>(1)?);
        }
        Ok(keys.iter().map(|k| found.get(k).and_then(|v| Posting::decode(v))).collect())
    }

    pub(super) async fn put_postings(&mut self, language: &str, postings: &[(u64, &Posting)]) -> Result<(), Error> {
        let rows: Vec<(i64, String)> =
            postings.iter().map(|(hash, p)| (posting_key(language, *hash), hex(&p.encode()))).collect();
        let list = serde_json::to_string(&rows).unwrap_or_default();
        sqlx::query(
            "INSERT OR REPLACE INTO postings
             SELECT json_extract(value, '$[0]'), unhex(json_extract(value, '$[1]')) FROM json_each(?)",
        )
        .bind(list)
        .execute(&mut self.connection)
        .await
        .map(|_| ())
    }

    pub(super) async fn story(&mut self, language: &str, number: StoryNumber) -> Result<Option<StoryRecord>, Error> {
        let value = self.value("SELECT value FROM stories WHERE key = ?", &story_key(language, number)).await?;
        Ok(value.and_then(|v| StoryRecord::decode(&v)))
    }

    pub(super) async fn put_story(
        &mut self,
        language: &str,
        number: StoryNumber,
        story: &StoryRecord,
    ) -> Result<(), Error> {
        self.put("INSERT OR REPLACE INTO stories VALUES (?, ?)", &story_key(language, number), story.encode()).await
    }

    pub(super) async fn clear(&mut self) -> Result<(), Error> {
        self.connection
            .execute("DELETE FROM claims; DELETE FROM exacts; DELETE FROM stories; DELETE FROM postings;")
            .await
            .map(|_| ())
    }

    pub(super) async fn stats(&mut self) -> Result<IndexStats, Error> {
        let row = sqlx::query(
            "SELECT (SELECT count(*) FROM claims), (SELECT count(*) FROM exacts), (SELECT count(*) FROM stories),
                    (SELECT count(*) FROM postings), (SELECT page_count * page_size FROM pragma_page_count, pragma_page_size)",
        )
        .fetch_one(&mut self.connection)
        .await?;
        let number = |i: usize| row.try_get::<i64, _>(i).map(|n| u64::try_from(n).unwrap_or(0));
        Ok(IndexStats {
            backend: "embedded",
            articles: number(0)?,
            hashes: number(1)?,
            stories: number(2)?,
            shingles: number(3)?,
            bytes: number(4)?,
        })
    }

    /// Removes what was last written before `oldest` from one of [`PARTS`]. Values begin with their
    /// day, big-endian, so bytes compare as days do.
    pub(super) async fn sweep(&mut self, part: u64, oldest: u16) -> Result<(), Error> {
        let width = u64::MAX / PARTS + 1;
        let first = (part * width).wrapping_sub(1 << 63).cast_signed();
        sqlx::query("DELETE FROM postings WHERE key BETWEEN ? AND ? AND substr(value, 1, 2) < ?")
            .bind(first)
            .bind(first.wrapping_add((width - 1).cast_signed()))
            .bind(oldest.to_be_bytes().to_vec())
            .execute(&mut self.connection)
            .await?;
        for table in [
            "DELETE FROM claims WHERE key >= ? AND key < ? AND substr(value, 1, 2) < ?",
            "DELETE FROM exacts WHERE key >= ? AND key < ? AND substr(value, 1, 2) < ?",
            "DELETE FROM stories WHERE key >= ? AND key < ? AND substr(value, 1, 2) < ?",
        ] {
            let bound = |part: u64| match part {
                PARTS => vec![0xFF; 17],
                part => (part * width).to_be_bytes().to_vec(),
            };
            sqlx::query(table)
                .bind(bound(part))
                .bind(bound(part + 1))
                .bind(oldest.to_be_bytes().to_vec())
                .execute(&mut self.connection)
                .await?;
        }
        Ok(())
    }

    async fn value(&mut self, sql: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        sqlx::query_scalar(sql).bind(key.to_vec()).fetch_optional(&mut self.connection).await
    }

    async fn put(&mut self, sql: &'static str, key: &[u8], value: Vec<u8>) -> Result<(), Error> {
        sqlx::query(sql).bind(key.to_vec()).bind(value).execute(&mut self.connection).await.map(|_| ())
    }
}

/// A shingle of a language. A sketch keeps small hashes, so the low half, which is even, comes first.
fn posting_key(language: &str, hash: u64) -> i64 {
    let language = language.bytes().fold(0u64, |h, b| (h << 8) | u64::from(b));
    (hash.rotate_left(32) ^ language.wrapping_mul(0x9E37_79B9_7F4A_7C15)).cast_signed()
}

/// A story's number first, so that keys are spread evenly.
fn story_key(language: &str, number: StoryNumber) -> Vec<u8> {
    let mut key = number.0.to_vec();
    key.extend_from_slice(language.as_bytes());
    key
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut out, b| {
        let digit = |n: u8| char::from_digit(u32::from(n), 16).unwrap_or('0');
        out.push(digit(b >> 4));
        out.push(digit(b & 15));
        out
    })
}
