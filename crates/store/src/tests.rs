//! The contract on SQLite, and what only SQLite or the inside of this crate can show.

mod contract_sqlite;
mod opening;
mod orders;

use crate::{Store, StoreSettings};

/// A store in a new folder, which stays until the system clears its temporary files.
pub(crate) async fn open() -> Store {
    let folder = tempfile::tempdir().unwrap().keep();
    Store::open(&settings(&folder)).await.unwrap()
}

fn settings(folder: &std::path::Path) -> StoreSettings {
    StoreSettings { url: format!("sqlite:{}/new/store.db", folder.display()), ..StoreSettings::default() }
}
