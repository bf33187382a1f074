//! Polls feeds: *feeds* in, *pages* out.

mod ask;
mod failure;
mod handler;
mod hub;
mod led;
mod pages;
mod permalink;
mod refusal;
mod rhythm;
mod settings;
mod sitemaps;
#[cfg(test)]
mod tests;

pub use handler::Poller;
pub use settings::PollerSettings;
