//! The contract on SQLite, and what only SQLite or the inside of this crate can show.

mod contract_sqlite;
