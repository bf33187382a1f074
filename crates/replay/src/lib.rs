//! How do the dead come back? The registrar, which moves dead letters from their queues into the store's
//! ledger; replay and its account; export, import and purge; explain.
//!
//! There is no SQL in this crate and no broker's word: it speaks to the `store` and the `queue` by their
//! types. It knows no web and no site; what a message means is its stage's matter, here it has an address,
//! an age and a history.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod account;
mod batch;
mod body;
mod error;
mod explain;
mod forget;
mod gate;
mod letter;
mod pace;
mod pages;
mod registrar;
mod run;
mod settings;
mod transfer;
mod trial;

#[cfg(test)]
mod tests;

pub use account::{Account, Stopped};
pub use error::ReplayError;
pub use explain::{Event, Explanation, explain};
pub use forget::forget;
pub use registrar::Registrar;
pub use run::{Options, Plan, Progress, Replay};
pub use settings::ReplaySettings;
pub use transfer::{Imported, export, import, purge};
pub use trial::{Outlook, TrialGroup, TrialReport};
