//! Everything that is worth a log line and a metric, a file a room.

pub mod belt;
pub mod chronicle;
pub mod feeds;
pub mod fetch;
pub mod index;
pub mod pages;
pub mod publish;
pub mod rejudge;
pub mod replay;
pub mod revisits;
pub mod store;
pub mod traces;
pub mod warc;
pub mod websub;
