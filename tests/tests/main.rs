//! What crosses rooms. One binary, so that each server is started once.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod contract_index;
mod contract_store;
mod harness_itself;
mod web_slots;
