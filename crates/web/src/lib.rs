//! How do we go out? The one HTTP client, its guard against inward addresses, limits, robots, host slots.
//! Every request of Wireroom leaves through it.
//!
//! In the order a fetch takes them:
//! - [`Robots::permit`]`(&url, now)` gives a [`Permit`] or a [`RobotsRefusal`]: may we?
//! - [`Politeness::reserve`]`(&url, message_id, permit.crawl_delay, now)` gives a [`SlotGuard`], having waited
//!   for a near slot, or a [`SlotRefusal`] with the time to come back: may we now?
//! - [`Client::get`]`(&`[`Request`]`)` and [`Client::post`]`(&`[`Post`]`)` give a [`Response`], or a typed
//!   [`FetchError`] whose [`FetchError::fault`] says what it means. The guard is held until the body is read.
//!   [`Client::get_by_leave`] asks again wherever redirects lead to another host.
//! - [`Politeness::slow_down`]`(&url, response.retry_after(), now)` after a 429 or 503: the host is left alone,
//!   by all replicas.
//!
//! This crate knows no feed, no article's text and no queue: whoever asks says for what, and decides what an
//! answer means. No cookie is kept, no credential sent, no address followed that leads inward.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod client;
mod error;
mod guard;
mod politeness;
pub mod robots;
mod settings;
mod slots;
#[cfg(test)]
mod tests;

pub use client::{Client, Headers, Kind, Leave, Post, Request, Response, gunzip, hop_id, retry_after, unpack};
pub use error::{Fault, FetchError, Phase, WebError};
pub use guard::{Destination, DestinationError};
pub use politeness::{Politeness, SlotGuard, SlotRefusal};
pub use robots::{Permit, Robots, RobotsRefusal};
pub use settings::{HostOverride, Limits, PolitenessSettings, RobotsSettings, WebSettings};
pub use slots::{Ask, Away, HostSlots, MemorySlots, RedisSlots, Slot, SlotSettings, SlotsError, open_slots};
