//! How do messages travel? The belts and their messages, the handler contract, the worker loop, the retry
//! ladder, dead letters; on RabbitMQ or embedded in SQLite.
//!
//! Handlers never touch a broker: they turn one typed message into an [`Outcome`], and the [`Worker`] alone
//! publishes, retries and acks. This crate knows no store, no web and no site.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod backend;
mod backoff;
mod belt;
mod chronicle;
mod delivery;
mod dice;
mod embedded;
mod error;
mod gate;
mod handler;
mod ladder;
mod message;
mod outcome;
mod queue;
mod rabbitmq;
mod reason;
mod replayed;
mod settings;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod testing;
mod topology;
mod trace;
mod trial;
mod worker;

pub use backend::Depth;
pub use belt::{Belt, Lane, QueueName, Rung, Stage};
pub use chronicle::{Chronicle, Decision};
pub use delivery::{Death, Delivery, Envelope, MessageId};
pub use error::{QueueError, Unsendable};
pub use handler::Handler;
pub use message::{Message, Notice, NoticeEvent, Page, Poll, Story, Visit};
pub use outcome::{Done, Outcome, Outgoing, Then, ThenError};
pub use queue::{Consumer, Queue, RawDelivery};
pub use reason::{DeadReason, DropReason, RetryReason};
pub use replayed::ReplayOutcome;
pub use settings::{QueueSettings, WorkerSettings};
pub use topology::{QueueDeclaration, topology};
pub use trial::{Fate, Foreseen, Foresight, Seer, Trial, Trying};
#[cfg(any(test, feature = "planted-defects"))]
pub use worker::Defect;
pub use worker::Worker;
