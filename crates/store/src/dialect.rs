//! What differs between PostgreSQL and SQLite.

#[derive(Clone, Debug)]
pub(crate) struct Db {}
