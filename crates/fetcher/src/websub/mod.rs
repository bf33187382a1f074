//! Being told that a feed has news, by its hub (W3C WebSub), instead of asking it every so often.
//!
//! A feed names its hub; the poller notes it; the [`Subscriber`] asks the hub to tell, and asks again before that
//! promise ends; the hub asks back at the [`callback`] whether it was us, and posts there when something is new.
//! What it posts is never read: it only makes the feed due now, and the ordinary poll reads what the feed itself
//! says. So nothing that a hub sends can become an article, and a hub that falls silent costs a slower poll.

pub mod callback;
mod discover;
mod settings;
mod signature;
mod subscriber;
#[cfg(test)]
mod tests;

pub(crate) use discover::{Named, named};
pub use settings::{CallbackAddressError, WebsubSettings};
pub use subscriber::Subscriber;
