//! The operator's commands, a file each.

pub(crate) mod captures;
pub(crate) mod config;
pub(crate) mod dead;
pub(crate) mod dead_try;
pub(crate) mod demo;
pub(crate) mod explain;
pub(crate) mod index;
pub(crate) mod ingest;
pub(crate) mod measure;
pub(crate) mod press;
mod progress;
pub(crate) mod sources;
pub(crate) mod takedown;
mod tour;
