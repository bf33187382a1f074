//! How do readers get it? Stories, site, outgoing feeds, search, takedown, courier.
//!
//! Four things stand here side by side and share no state: [`Publisher`] turns a message of the stories belt
//! into the store's one transaction, [`Courier`] carries notices out of the house, [`site`] shows readers what
//! the store holds, and [`ops`] shows operators the house. The site only reads, knows no broker and never asks
//! the deduplicator: what it shows is what the store says, so that a takedown is everywhere at once.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod courier;
mod handler;
mod notices;
pub mod ops;
mod refusal;
mod settings;
pub mod site;

pub use courier::{Courier, Undelivered, verify};
pub use handler::Publisher;
pub use notices::removal_notices;
pub use refusal::Refusal;
pub use settings::{PublisherSettings, Secret, Webhook};

#[cfg(test)]
mod tests;
