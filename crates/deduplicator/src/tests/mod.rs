#![allow(clippy::unwrap_used, clippy::expect_used)]

mod articles;
mod compare;
mod handler;
mod lines;
mod memory;
mod rebuild;
mod refusal;
mod rule;
mod settings;
