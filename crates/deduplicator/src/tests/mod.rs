#![allow(clippy::unwrap_used, clippy::expect_used)]

pub(crate) mod articles;
mod compare;
mod embedded;
mod handler;
mod lines;
mod memory;
mod query;
mod rebuild;
mod refusal;
mod rule;
mod settings;
