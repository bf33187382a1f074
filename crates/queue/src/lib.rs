//! How do messages travel? The belts and their messages, the handler contract, the worker loop, the retry
//! ladder, dead letters; on RabbitMQ or embedded in SQLite.
//!
//! Handlers never touch a broker: they turn one typed message into an [`Outcome`], and the worker alone
//! publishes, retries and acks. This crate knows no store, no web and no site.
#![forbid(unsafe_code)]

mod belt;
mod delivery;
mod handler;
mod message;
mod outcome;
mod reason;

pub use belt::{Belt, Lane, QueueName, Rung, Stage};
pub use delivery::{Death, Delivery, Envelope, MessageId};
pub use handler::Handler;
pub use message::{Message, Notice, NoticeEvent, Page, Poll, Story, Visit};
pub use outcome::{Done, Outcome, Outgoing, Then, ThenError};
pub use reason::{DeadReason, DropReason, RetryReason};
