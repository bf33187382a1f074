//! A press that does not exist: a simulated web of publishers with known truth and faults.
//!
//! A [`Press`] is founded from [`PressSettings`]: publishers in nine languages and six scripts, each with a
//! registrable domain, a page template, a feed format and clutter of its own; wire agencies whose stories others
//! carry whole, framed, edited or in part; columns and tickers that look like copies and are none; paywalls,
//! reservations, revisions and withdrawals; and, where asked for, publishers that do one thing wrong ([`Fault`]).
//! The same settings make the same press, byte for byte. [`Press::start`] serves it on one port of loopback, all
//! hosts told apart by their `Host` header; [`RunningPress::truth`] says what is true of every article, and
//! [`texts`] gives the same without a server.
//!
//! The press knows nothing of Wireroom but what an article is: no queue, no store, no fetcher. It is the outside
//! world, so nothing of ours may lean on it but the binary's demo and tests.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod charset;
mod column;
mod compose;
mod dice;
mod edit;
mod fault;
mod feed;
mod grammar;
mod hostile;
mod language;
mod newsroom;
mod page;
mod plan;
mod publisher;
mod running;
mod server;
mod settings;
mod site;
mod slug;
mod story;
mod traffic;
mod truth;
mod web;

pub use fault::Fault;
pub use language::Language;
pub use plan::Kind;
pub use running::{Press, PressError, RunningPress};
pub use settings::PressSettings;
pub use traffic::HostTraffic;
pub use truth::{Expected, TruthRow, texts};

#[cfg(test)]
mod tests;
