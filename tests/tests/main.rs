//! What crosses rooms. One binary, so that each server is started once.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod archives;
mod bad_input;
mod browser;
mod chaos_broker;
mod chaos_cluster;
mod chaos_house;
mod chaos_index;
mod chaos_pipeline;
mod chaos_pipeline_storm;
mod chaos_queue;
mod chaos_seed;
mod contract_index;
mod contract_queue;
mod contract_queue_policies;
mod contract_queue_support;
mod contract_queue_traps;
mod contract_store;
mod dashboards;
mod end_to_end;
mod example_settings;
mod feeds;
mod floors;
mod fuzz;
mod harness_itself;
mod hubs;
mod installation;
mod ops_in_a_browser;
mod real_input;
mod replay;
mod revisits;
mod tls;
mod tour;
mod traces;
mod web_slots;
