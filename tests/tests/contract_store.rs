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

    #[tokio::test]
    async fn a_missing_database_is_a_settings_error() {
        let url = harness::postgres().database().replace("/w", "/nobody_w");
        let opened = Store::open(&StoreSettings { url, ..StoreSettings::default() }).await;
        assert!(matches!(opened, Err(StoreError::Settings(_))), "{opened:?}");
    }

    #[tokio::test]
    async fn tls_with_an_own_authority() {
        let postgres = harness::postgres();
        let plain = postgres.database();
        let base = plain.split('?').next().unwrap();
        let open = |ca: String| {
            let url = format!("{base}?sslmode=verify-ca&sslrootcert={ca}");
            async move { Store::open(&StoreSettings { url, acquire_timeout_secs: 3, ..StoreSettings::default() }).await }
        };
        open(postgres.ca_file().display().to_string()).await.unwrap().ping().await.unwrap();
        let strangers = tempfile::tempdir().unwrap();
        let stranger = harness::Certificates::write(strangers.path()).unwrap();
        assert!(open(stranger.ca.display().to_string()).await.is_err(), "another authority's word is not enough");
    }
}
