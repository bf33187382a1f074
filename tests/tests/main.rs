//! What crosses rooms. One binary, so that each server is started once.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod bad_input;
mod contract_index;
mod contract_queue;
mod contract_queue_support;
mod contract_queue_traps;
mod contract_store;
mod end_to_end;
mod feeds;
mod floors;
mod harness_itself;
mod installation;
mod replay;
mod tls;
mod web_slots;
