//! What the press promises.

mod client;
mod grammar;
mod served;
mod shingles;
mod texts;

use crate::settings::PressSettings;
use article::Timestamp;

/// A still press of `articles` articles at a fixed date.
fn still(articles: u32) -> PressSettings {
    PressSettings {
        instant: true,
        articles,
        epoch: Some(Timestamp::from_secs(1_790_000_000)),
        feed_entries: 0,
        ..PressSettings::default()
    }
}
