//! Have we had it before? Exact and near copies, and the evidence for each verdict.
//!
//! An [`Index`] remembers what was seen within a window and decides in one step, so that two replicas given
//! two copies at the same instant make one story of them. Its backends are [`Embedded`] (SQLite, one
//! process) and [`Redis`]; both follow the same rule over the same memory. [`Deduplicator`] is the stage.
//!
//! This crate knows no feed, no page and no site. It gives evidence; who leads a story and which stories
//! are one is the publisher's to decide.
#![forbid(unsafe_code)]

mod compare;
mod embedded;
mod handler;
mod index;
mod lines;
mod memory;
mod open;
mod rebuild;
mod redis;
mod refusal;
mod rule;
mod settings;

pub use compare::{Comparison, compare};
pub use embedded::Embedded;
pub use handler::Deduplicator;
pub use index::{Index, IndexError, IndexStats, Known, Query};
pub use lines::{LinesError, dedup_lines};
pub use open::open;
pub use rebuild::{Mismatch, Progress, RebuildError, Verified, rebuild, verify};
pub use redis::Redis;
pub use refusal::Refusal;
pub use rule::Thresholds;
pub use settings::IndexSettings;

#[cfg(test)]
mod tests;
