//! The store's contract on SQLite and PostgreSQL, and what only PostgreSQL can show.

use store::{Store, StoreError, StoreSettings};

mod sqlite {
    use super::*;

    async fn open() -> Store {
        let folder = tempfile::tempdir().unwrap().keep();
        let url = format!("sqlite:{}/store.db", folder.display());
        Store::open(&StoreSettings { url, ..StoreSettings::default() }).await.unwrap()
    }

    store::contract_tests!(open);
}

mod postgres {
    use super::*;

    async fn open() -> Store {
        Store::open(&StoreSettings { url: harness::postgres().database(), ..StoreSettings::default() }).await.unwrap()
    }

    store::contract_tests!(open);

    #[tokio::test]
    async fn processes_may_start_at_once() {
        let url = harness::postgres().database();
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..6 {
            let settings = StoreSettings { url: url.clone(), connections: 2, ..StoreSettings::default() };
            tasks.spawn(async move { Store::open(&settings).await });
        }
        for store in tasks.join_all().await {
            store.unwrap().ping().await.unwrap();
        }
    }

    /// The registrar closes rows of letters that died again, several in one transaction, while a replay marks some of
    /// the same as sent. Here the other transaction holds one and never ends.
    #[tokio::test]
    async fn marks_of_a_replay_wait_for_nobody() {
        use sqlx::Connection;
        use store::contract::{ledger::letter, minute};
        let url = harness::postgres().database();
        let store = Store::open(&StoreSettings { url: url.clone(), ..StoreSettings::default() }).await.unwrap();
        store.bury(&[letter(1, minute(1)), letter(2, minute(2))]).await.unwrap();
        let rows = store.dead_letters(&store::DeadFilter::default()).await.unwrap();
        let ids: Vec<i64> = rows.iter().map(|r| r.id).collect();
        let mut other = sqlx::PgConnection::connect(&url).await.unwrap();
        let mut held = other.begin().await.unwrap();
        sqlx::query("UPDATE ledger SET state = 'dead_again' WHERE id = $1")
            .bind(ids[1])
            .execute(&mut *held)
            .await
            .unwrap();
        let marking = store.mark_replaying(&ids, minute(3));
        let marked = tokio::time::timeout(std::time::Duration::from_secs(20), marking).await;
        assert_eq!(marked.expect("it waits for another's row").unwrap(), 1);
        held.commit().await.unwrap();
        assert_eq!(store.dead_letter(ids[1]).await.unwrap().unwrap().state, store::LedgerState::DeadAgain);
    }

    #[tokio::test]
    async fn a_missing_database_is_a_settings_error() {
        let url = harness::postgres().database().replace("/w", "/nobody_w");
        let opened = Store::open(&StoreSettings { url, ..StoreSettings::default() }).await;
        assert!(matches!(opened, Err(StoreError::Settings(_))), "{opened:?}");
    }

    /// Those that were used a moment ago are not asked whether they live; those that lay idle are.
    #[tokio::test]
    async fn connections_that_died_while_idle_are_replaced_before_they_are_used() {
        use sqlx::Connection;
        let url = harness::postgres().database();
        let store = Store::open(&StoreSettings { url: url.clone(), ..StoreSettings::default() }).await.unwrap();
        let ping = || async { store.ping().await.unwrap() };
        tokio::join!(ping(), ping(), ping(), ping());
        let mut operator = sqlx::PgConnection::connect(&url).await.unwrap();
        let killed: Vec<bool> = sqlx::query_scalar(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .fetch_all(&mut operator)
        .await
        .unwrap();
        assert!(!killed.is_empty() && killed.iter().all(|k| *k), "{killed:?}");
        tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
        for _ in 0..2 * killed.len() {
            ping().await;
        }
    }

    /// A power cut in the middle of a burst of publishing. What was answered is there; what was refused is
    /// asked again, as a worker does; the store object lives through it.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_power_cut_loses_nothing_that_was_answered() {
        use store::contract::{POLICY, article, copy_of, minute, seen, text};
        let server = std::sync::Arc::new(harness::Postgres::start().unwrap());
        let settings = StoreSettings { url: server.database(), acquire_timeout_secs: 2, ..StoreSettings::default() };
        let store = Store::open(&settings).await.unwrap();
        let original = article("wire.example", "a", minute(0), &text("lake", 40));
        let mut tasks = tokio::task::JoinSet::new();
        let (answered, mut answers) = tokio::sync::mpsc::channel(1000);
        for n in 0..120u32 {
            let (store, original, answered) = (store.clone(), original.clone(), answered.clone());
            tasks.spawn(async move {
                let copy = article(
                    &format!("p{n}.example"),
                    "c",
                    minute(i64::from(n) + 1),
                    &text(&format!("t{}x", n % 30), 40),
                );
                let verdict = if n % 4 == 0 { copy_of(&original) } else { article::Verdict::new_story(&copy.id) };
                loop {
                    match store.apply(&seen(&copy), Some(&verdict), &POLICY, minute(500)).await {
                        Ok(_) => break,
                        Err(StoreError::Away(_) | StoreError::Conflict(_)) => {
                            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                        }
                        Err(other) => panic!("{other}"),
                    }
                }
                answered.send(()).await.unwrap();
            });
        }
        for _ in 0..20 {
            answers.recv().await.unwrap();
        }
        let cut = server.clone();
        tokio::task::spawn_blocking(move || {
            cut.kill();
            cut.restart().unwrap();
        })
        .await
        .unwrap();
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
        store.ping().await.unwrap();
        // Thirty texts; the fifteen that have a copy of the original among their carriers are one story.
        let totals = store.totals().await.unwrap();
        assert_eq!((totals.articles, totals.stories), (120, 16));
    }
}
