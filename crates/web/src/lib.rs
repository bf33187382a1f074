//! How do we go out? The one HTTP client, its guard against inward addresses, limits, robots, host slots.
//! Every request of Wireroom leaves through it.
//!
//! - [`Client`] sends a [`Request`] or a [`Post`] and gives a [`Response`], or a typed [`FetchError`] whose
//!   [`FetchError::fault`] says what it means.
//!
//! This crate knows no feed, no article's text and no queue: whoever asks says for what, and decides what an
//! answer means. No cookie is kept, no credential sent, no address followed that leads inward.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod client;
mod error;
mod guard;
mod settings;

pub use client::{Client, Headers, Kind, Post, Request, Response, gunzip, retry_after};
pub use error::{Fault, FetchError, Phase, WebError};
pub use guard::{Destination, DestinationError};
pub use settings::{HostOverride, Limits, PolitenessSettings, RobotsSettings, WebSettings};
