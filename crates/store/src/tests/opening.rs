//! How a store is opened, and what it says when it can't be.

use super::settings;
use crate::contract::{article, minute, put, text};
use crate::{Store, StoreError, StoreSettings};

#[tokio::test]
async fn processes_may_start_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let settings = settings(folder.path());
        tasks.spawn(async move { Store::open(&settings).await });
    }
    let stores: Vec<Store> = tasks.join_all().await.into_iter().collect::<Result<_, _>>().unwrap();
    let a = article("one.example", "a", minute(1), &text("lake", 40));
    put(&stores[0], &a).await;
    assert_eq!(stores[5].article(&a.id).await.unwrap().unwrap().article, a);
    stores[1].ping().await.unwrap();
    stores[1].close().await;
    assert!(matches!(stores[1].ping().await, Err(StoreError::Away(_))));
}

#[tokio::test]
async fn what_was_committed_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let a = article("one.example", "a", minute(1), &text("lake", 40));
    let store = Store::open(&settings(folder.path())).await.unwrap();
    put(&store, &a).await;
    store.close().await;
    let store = Store::open(&settings(folder.path())).await.unwrap();
    assert_eq!(store.article(&a.id).await.unwrap().unwrap().article, a);
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&settings(folder.path())).await.unwrap();
    sqlx::query("UPDATE wireroom_schema SET version = 99").execute(&store.db.write).await.unwrap();
    store.close().await;
    let error = Store::open(&settings(folder.path())).await.unwrap_err();
    assert!(matches!(error, StoreError::NewerSchema { found: 99, .. }), "{error}");
    assert!(error.to_string().contains("newer release"), "{error}");
}

#[tokio::test]
async fn a_bad_url_is_a_settings_error_without_its_password() {
    for url in ["mysql://u:secret@h/d", "sqlite:", "sqlite::memory:", "data/store.db", "sqlite:/proc/no/store.db"] {
        let settings = StoreSettings { url: url.to_owned(), ..StoreSettings::default() };
        let error = Store::open(&settings).await.unwrap_err();
        assert!(matches!(error, StoreError::Settings(_)), "{url}: {error}");
        assert!(!format!("{error} {settings:?}").contains("secret"), "{error} {settings:?}");
    }
}

#[tokio::test]
async fn a_database_that_is_not_there_is_away() {
    let settings = StoreSettings {
        url: "postgres://wireroom@127.0.0.1:1/none".to_owned(),
        acquire_timeout_secs: 1,
        ..StoreSettings::default()
    };
    assert!(matches!(Store::open(&settings).await, Err(StoreError::Away(_))));
}
