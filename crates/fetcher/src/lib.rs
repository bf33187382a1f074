//! How do we get the news? Schedule, poll, retrieve, extract, look again, judge again, read archives.
//!
//! [`feed`] and [`extract`] are pure: bytes in, entries or an article out. Around them the poller and the
//! retriever are handlers of the belts, and the scheduler says which feed is due.
#![forbid(unsafe_code)]

pub mod extract;
pub mod feed;
mod looks;
#[cfg(test)]
mod loopback;
pub mod poller;
pub mod rejudge;
pub mod retriever;
pub mod revisit;
mod round;
pub mod schedule;
#[cfg(test)]
mod sent_pages;
pub mod warc;
pub mod websub;

pub use round::RoundError;
