//! Tables, and how they come to be.
//!
//! A migration is a list of statements; its place in [`MIGRATIONS`] is its number. One that was ever
//! released is never changed: what must differ is another migration.

use crate::StoreError;
use crate::dialect::{Backend, Db, Tx};
use sqlx::{AssertSqlSafe, Row};
use telemetry::events::store::SchemaMigrated;

/// Newest schema of this binary.
fn newest() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// Makes the schema what this binary knows. Safe when several processes start at once: one of them does it,
/// the others wait and find it done.
pub(crate) async fn migrate(db: &Db) -> Result<(), StoreError> {
    let mut tx = db.begin_schema().await?;
    sqlx::query("CREATE TABLE IF NOT EXISTS wireroom_schema (version BIGINT NOT NULL)").execute(&mut *tx).await?;
    let found: Option<i64> = sqlx::query("SELECT MAX(version) AS version FROM wireroom_schema")
        .fetch_one(&mut *tx)
        .await?
        .try_get("version")?;
    let found = found.unwrap_or(0);
    if found > newest() {
        return Err(StoreError::NewerSchema { found, known: newest() });
    }
    for (number, statements) in (1..).zip(MIGRATIONS).filter(|(n, _)| *n > found) {
        for statement in *statements {
            run(&mut tx, db.ddl(statement)).await?;
        }
        if number == 1 {
            for statement in db.search_ddl() {
                run(&mut tx, (*statement).to_owned()).await?;
            }
        }
    }
    if found < newest() {
        sqlx::query("DELETE FROM wireroom_schema").execute(&mut *tx).await?;
        sqlx::query("INSERT INTO wireroom_schema (version) VALUES ($1)").bind(newest()).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    if found < newest() {
        let backend = match db.backend {
            Backend::Postgres => "postgres",
            Backend::Sqlite => "sqlite",
        };
        SchemaMigrated { backend, from: found, to: newest() }.emit();
    }
    Ok(())
}

async fn run(tx: &mut Tx, statement: String) -> Result<(), StoreError> {
    sqlx::query(AssertSqlSafe(statement)).execute(&mut **tx).await?;
    Ok(())
}

const MIGRATIONS: &[&[&str]] = &[&[
    // Sources and feeds. A feed's address is its identity, so sources that list the same share one row.
    "CREATE TABLE sources (
        id TEXT PRIMARY KEY, name TEXT NOT NULL, home TEXT, language TEXT, country TEXT, section TEXT,
        carry TEXT NOT NULL, licensed BIGINT NOT NULL, paused BIGINT NOT NULL, origin TEXT NOT NULL)",
    "CREATE TABLE feeds (
        id TEXT PRIMARY KEY, url TEXT NOT NULL, moved_to TEXT, etag TEXT, last_modified TEXT,
        next_due BIGINT NOT NULL, lease_until BIGINT NOT NULL DEFAULT 0, finished_due BIGINT, last_polled BIGINT,
        last_success BIGINT, last_new_entry BIGINT, last_status BIGINT, last_error TEXT,
        failures BIGINT NOT NULL DEFAULT 0, interval_secs BIGINT NOT NULL DEFAULT 0, retired BIGINT NOT NULL DEFAULT 0)",
    "CREATE INDEX feeds_due ON feeds (next_due, id)",
    "CREATE TABLE source_feeds (
        source TEXT NOT NULL, feed TEXT NOT NULL, place BIGINT NOT NULL, section TEXT, PRIMARY KEY (source, feed))",
    "CREATE INDEX source_feeds_feed ON source_feeds (feed)",
    "CREATE TABLE entries (article TEXT PRIMARY KEY, updated BIGINT, listed_at BIGINT NOT NULL)",
    "CREATE INDEX entries_listed ON entries (listed_at)",
    // Articles. `facts` is the article as JSON without its blocks, so that lists need not read texts.
    "CREATE TABLE articles (
        id TEXT PRIMARY KEY, doc BIGINT NOT NULL, url TEXT NOT NULL, source TEXT NOT NULL, source_name TEXT NOT NULL,
        story TEXT NOT NULL, state TEXT NOT NULL, carry TEXT NOT NULL, section TEXT NOT NULL, language TEXT,
        time BIGINT NOT NULL, observed_at BIGINT NOT NULL, content_hash TEXT NOT NULL, first_seen BIGINT NOT NULL,
        placed_at BIGINT NOT NULL, placed_hash TEXT NOT NULL, hints TEXT NOT NULL, facts TEXT NOT NULL,
        blocks TEXT NOT NULL, excerpt TEXT NOT NULL, verdict TEXT, verdict_kind TEXT)",
    "CREATE INDEX articles_story ON articles (story)",
    "CREATE INDEX articles_source ON articles (source, first_seen)",
    "CREATE INDEX articles_state ON articles (state, verdict_kind)",
    "CREATE UNIQUE INDEX articles_doc ON articles (doc)",
    "CREATE TABLE revisions (
        article TEXT NOT NULL, content_hash TEXT NOT NULL, observed_at BIGINT NOT NULL, title TEXT NOT NULL,
        PRIMARY KEY (article, content_hash))",
    "CREATE TABLE aliases (url TEXT NOT NULL, article TEXT NOT NULL, PRIMARY KEY (url, article))",
    "CREATE INDEX aliases_article ON aliases (article)",
    "CREATE TABLE withdrawals (article TEXT PRIMARY KEY, observed_at BIGINT NOT NULL, cause TEXT NOT NULL)",
    // What holds stories together: articles that share a linking key are one story.
    "CREATE TABLE story_keys (
        key TEXT NOT NULL, article TEXT NOT NULL, links BIGINT NOT NULL, placed_at BIGINT NOT NULL,
        PRIMARY KEY (key, article))",
    "CREATE INDEX story_keys_article ON story_keys (article)",
    "CREATE TABLE stories (
        id TEXT PRIMARY KEY, face TEXT, lead TEXT NOT NULL, reserved BIGINT NOT NULL, section TEXT NOT NULL,
        language TEXT, time BIGINT NOT NULL, opened_at BIGINT NOT NULL, changed_at BIGINT NOT NULL)",
    "CREATE INDEX stories_time ON stories (time)",
    "CREATE INDEX stories_section ON stories (section, time)",
    "CREATE INDEX stories_language ON stories (language, time)",
    "CREATE TABLE changes (
        article TEXT NOT NULL, observed_at BIGINT NOT NULL, revision TEXT NOT NULL, applied TEXT NOT NULL,
        made_at BIGINT NOT NULL, PRIMARY KEY (article, observed_at, revision))",
    "CREATE INDEX changes_made ON changes (made_at)",
    // Rights.
    "CREATE TABLE takedowns (
        id {id}, url TEXT NOT NULL UNIQUE, requested_by TEXT NOT NULL, reason TEXT NOT NULL,
        requested_at BIGINT NOT NULL, due_at BIGINT NOT NULL, state TEXT NOT NULL, executed_at BIGINT)",
    "CREATE TABLE tombstones (article TEXT PRIMARY KEY, takedown BIGINT NOT NULL, url TEXT NOT NULL, erased BIGINT NOT NULL)",
    "CREATE INDEX tombstones_takedown ON tombstones (takedown)",
    "CREATE TABLE audit (
        id {id}, at BIGINT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, target TEXT NOT NULL, detail TEXT NOT NULL)",
    // Dead letters: bodies apart, so that counting a million rows reads none of them.
    "CREATE TABLE ledger (
        id {id}, message_id TEXT NOT NULL, stage TEXT NOT NULL, deaths BIGINT NOT NULL, reason TEXT NOT NULL,
        detail TEXT NOT NULL, origin TEXT NOT NULL, attempts BIGINT NOT NULL, first_seen BIGINT NOT NULL,
        died_at BIGINT NOT NULL, host TEXT, source TEXT, release TEXT NOT NULL, traceparent TEXT, kind TEXT NOT NULL,
        schema_version BIGINT NOT NULL, state TEXT NOT NULL, outcome TEXT, changed_at BIGINT NOT NULL,
        UNIQUE (message_id, stage, deaths))",
    "CREATE INDEX ledger_state ON ledger (state, died_at, id)",
    "CREATE INDEX ledger_reason ON ledger (reason, state, died_at)",
    "CREATE INDEX ledger_died ON ledger (died_at)",
    "CREATE TABLE ledger_bodies (id BIGINT PRIMARY KEY, headers {blob} NOT NULL, body {blob} NOT NULL)",
    // For a while.
    "CREATE TABLE captures (
        article TEXT PRIMARY KEY, url TEXT NOT NULL, status BIGINT NOT NULL, headers TEXT NOT NULL,
        body {blob} NOT NULL, size BIGINT NOT NULL, observed_at BIGINT NOT NULL)",
    "CREATE INDEX captures_age ON captures (observed_at, size)",
    "CREATE TABLE decisions (
        id {id}, at BIGINT NOT NULL, stage TEXT NOT NULL, message_id TEXT NOT NULL, article TEXT, url TEXT, source TEXT,
        outcome TEXT NOT NULL, reason TEXT NOT NULL, attempt BIGINT NOT NULL, detail TEXT NOT NULL)",
    "CREATE INDEX decisions_at ON decisions (at, id)",
    "CREATE INDEX decisions_article ON decisions (article)",
    "CREATE INDEX decisions_url ON decisions (url)",
    "CREATE INDEX decisions_message ON decisions (message_id)",
], &[
    // Articles to be looked at again; `looks` is how many looks have been sent.
    "CREATE TABLE revisits (
        article TEXT PRIMARY KEY, page TEXT NOT NULL, since BIGINT NOT NULL, looks BIGINT NOT NULL DEFAULT 0,
        lease_until BIGINT NOT NULL DEFAULT 0, etag TEXT, last_modified TEXT)",
    "CREATE INDEX revisits_due ON revisits (looks, since)",
], &[
    // When an article's text must be gone; a claim moves it on.
    "ALTER TABLE articles ADD COLUMN expires_at BIGINT",
    "CREATE INDEX articles_expires ON articles (expires_at)",
    // How far a pass over all articles has come.
    "CREATE TABLE passes (
        name TEXT PRIMARY KEY, done_to TEXT, due BIGINT NOT NULL DEFAULT 0, lease_until BIGINT NOT NULL DEFAULT 0)",
], &[
    // How far each archive was read.
    "CREATE TABLE archives (id TEXT PRIMARY KEY, name TEXT NOT NULL, done_to BIGINT NOT NULL, changed_at BIGINT NOT NULL)",
], &[
    // Feeds' hubs. `due` is when the hub is asked, next or again; `heard_at` until when a poll is not the last.
    "CREATE TABLE subscriptions (
        feed TEXT PRIMARY KEY, hub TEXT NOT NULL, topic TEXT NOT NULL, token TEXT NOT NULL UNIQUE,
        secret TEXT NOT NULL, due BIGINT NOT NULL, lease_until BIGINT NOT NULL DEFAULT 0,
        failures BIGINT NOT NULL DEFAULT 0, heard_at BIGINT NOT NULL DEFAULT 0)",
    "CREATE INDEX subscriptions_due ON subscriptions (due)",
], &[
    // A further page of an article is erased with it.
    "ALTER TABLE captures ADD COLUMN part_of TEXT",
    "CREATE INDEX captures_part_of ON captures (part_of)",
], &[
    // SQLite without statistics takes any index whose first column is asked for: of one that began with the state it took
    // nearly all articles for each card.
    "DROP INDEX articles_state",
    "DROP INDEX articles_story",
    "CREATE INDEX articles_in_story ON articles (story, state, source)",
    "CREATE INDEX articles_kinds ON articles (verdict_kind, state)",
], &[
    // The text in a dead letter is erased with its article.
    "ALTER TABLE ledger ADD COLUMN article TEXT",
    "CREATE INDEX ledger_article ON ledger (article)",
]];
