//! What a press is like.

use crate::fault::Fault;
use article::Timestamp;
use serde::{Deserialize, Serialize};

/// Settings of a press. The same settings make the same press: the same publishers, articles, addresses and
/// moments. Only [`PressSettings::epoch`] left open lets the dates follow the machine's clock.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PressSettings {
    /// What every draw starts from.
    pub seed: u64,
    /// How many publishers there are, faulty ones not counted. At most [`PressSettings::MAX_PUBLISHERS`].
    pub publishers: u32,
    /// Articles a second that appear after the start. 0: none appear by themselves.
    pub rate: f64,
    /// Articles that each publisher has at the start, on average, so that there are stories at once.
    pub initial_per_publisher: u32,
    /// Exactly [`PressSettings::articles`] exist from the start and nothing changes by itself: for tests.
    pub instant: bool,
    /// How many articles exist where [`PressSettings::instant`] is set.
    pub articles: u32,
    /// Of a hundred articles that appear, how many change later. Not where `instant` is set.
    pub revised_percent: u32,
    /// Of a hundred articles that appear, how many are taken down later. Not where `instant` is set.
    pub withdrawn_percent: u32,
    /// When the press starts; the initial articles are older. The machine's clock if not set.
    pub epoch: Option<Timestamp>,
    /// What publishers' hosts end in. Every resolver and browser takes names under `localhost` to loopback
    /// (RFC 6761 section 6.3); a test with a resolver of its own may use any suffix.
    pub suffix: String,
    /// Whether addresses name the port that the press listens on: then a person's browser can open them.
    pub port_in_addresses: bool,
    /// Faulty publishers, one for each.
    pub faults: Vec<Fault>,
    /// Entries in a feed, newest first. 0: all.
    pub feed_entries: u32,
    /// Articles after which the press falls silent: each costs about half a kilobyte of memory.
    pub max_articles: u32,
}

impl PressSettings {
    /// More publishers than this have no names of their own.
    pub const MAX_PUBLISHERS: u32 = 2_000;
}

impl Default for PressSettings {
    fn default() -> Self {
        Self {
            seed: 1,
            publishers: 30,
            rate: 0.5,
            initial_per_publisher: 6,
            instant: false,
            articles: 1_000,
            revised_percent: 4,
            withdrawn_percent: 1,
            epoch: None,
            suffix: "localhost".to_owned(),
            port_in_addresses: true,
            faults: Vec::new(),
            feed_entries: 100,
            max_articles: 200_000,
        }
    }
}
