//! The log in a file, where the file refuses.

use super::articles::{NOON, article, text};
use crate::{IndexError, IndexSettings, Query, open};
use article::VerdictKind;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Executor};

/// Makes every commit of a batch fail, as a full disk may: after all its statements have passed.
const REFUSE: &str = "
    CREATE TABLE parent (id INTEGER PRIMARY KEY);
    CREATE TABLE child (id INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
    CREATE TRIGGER refuse AFTER INSERT ON batches BEGIN INSERT INTO child VALUES (1); END;
";

async fn other(folder: &tempfile::TempDir) -> SqliteConnection {
    SqliteConnectOptions::new().filename(folder.path().join("index.db")).connect().await.unwrap()
}

#[tokio::test]
async fn a_commit_that_fails_is_away_and_the_next_one_passes() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("index.db").display());
    let index = open(&IndexSettings { url, ..IndexSettings::default() }).await.unwrap();
    let query = |site: &str, seed| Query::of(&article(&format!("https://{site}.example/1"), &text(seed, 300)));
    let first = index.decide(&query("a", 1), NOON).await.unwrap();
    assert_eq!(first.kind, VerdictKind::New);

    let mut other = other(&folder).await;
    other.execute(REFUSE).await.unwrap();
    let refused = index.decide(&query("b", 2), NOON).await.unwrap_err();
    assert!(matches!(&refused, IndexError::Away(why) if why.contains("FOREIGN KEY")), "{refused}");

    other.execute("DROP TRIGGER refuse").await.unwrap();
    // What was refused was not remembered, so its copy isn't one; and what had been committed is.
    assert_eq!(index.decide(&query("c", 2), NOON).await.unwrap().kind, VerdictKind::New);
    assert_eq!(index.decide(&query("d", 1), NOON).await.unwrap().story, first.story);
}
