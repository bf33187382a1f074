use crate::{Store, StoreSettings};

/// A store in a folder that lives as long as the process: the tests' own temporary folder.
async fn open() -> Store {
    let folder = tempfile::tempdir().unwrap().keep();
    let url = format!("sqlite:{}/new/store.db", folder.display());
    Store::open(&StoreSettings { url, ..StoreSettings::default() }).await.unwrap()
}

crate::contract_tests!(open);
