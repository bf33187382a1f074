//! How do we see it? Log set-up, the metric registry, traces, every event in one place, health and readiness pages.
//!
//! An event is a struct whose `emit` writes its log line and moves its metric together, so that the two
//! can't disagree; label values come from closed lists. This crate knows none of the rooms: an event
//! carries words and numbers.
#![forbid(unsafe_code)]

mod address;
pub mod events;
mod health;
mod logs;
mod metrics;
mod traces;

pub use address::without_password;
pub use health::{Health, router};
pub use logs::{LogFormat, LogSettings, init as init_logs};
pub use metrics::{counter, counters, gauge, gauges, histogram, histograms, render, sum};
pub use traces::{MessageSpan, TraceSettings, Traces, init as init_traces};
