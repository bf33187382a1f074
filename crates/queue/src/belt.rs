//! The belts, their lanes and the names of their queues.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// A belt, named for what it carries.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Belt {
    /// Poll this feed.
    Feeds,
    /// Fetch this permalink.
    Pages,
    /// Extracted, not yet compared.
    Articles,
    /// An article with its evidence.
    Stories,
    /// What leaves the house: webhooks, hub pings, mail.
    Notices,
}

impl Belt {
    /// All five, in the order an article travels.
    pub const ALL: [Belt; 5] = [Belt::Feeds, Belt::Pages, Belt::Articles, Belt::Stories, Belt::Notices];

    /// As in queue names and labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Belt::Feeds => "feeds",
            Belt::Pages => "pages",
            Belt::Articles => "articles",
            Belt::Stories => "stories",
            Belt::Notices => "notices",
        }
    }

    /// Reads what [`Belt::as_str`] writes.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|b| b.as_str() == name)
    }

    /// The stage that takes from this belt.
    pub fn stage(self) -> Stage {
        match self {
            Belt::Feeds => Stage::Poller,
            Belt::Pages => Stage::Retriever,
            Belt::Articles => Stage::Deduplicator,
            Belt::Stories => Stage::Publisher,
            Belt::Notices => Stage::Courier,
        }
    }
}

/// Who takes messages from a belt.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Reads feeds.
    Poller,
    /// Fetches pages and extracts articles.
    Retriever,
    /// Compares articles with what was had before.
    Deduplicator,
    /// Puts articles on the site.
    Publisher,
    /// Carries notices out of the house.
    Courier,
}

impl Stage {
    /// All five.
    pub const ALL: [Stage; 5] =
        [Stage::Poller, Stage::Retriever, Stage::Deduplicator, Stage::Publisher, Stage::Courier];

    /// As in labels, headers and the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Poller => "poller",
            Stage::Retriever => "retriever",
            Stage::Deduplicator => "deduplicator",
            Stage::Publisher => "publisher",
            Stage::Courier => "courier",
        }
    }

    /// Reads what [`Stage::as_str`] writes.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == name)
    }

    /// The belt it takes from.
    pub fn belt(self) -> Belt {
        match self {
            Stage::Poller => Belt::Feeds,
            Stage::Retriever => Belt::Pages,
            Stage::Deduplicator => Belt::Articles,
            Stage::Publisher => Belt::Stories,
            Stage::Courier => Belt::Notices,
        }
    }
}

/// Ways to a stage.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// News.
    Main,
    /// Revisits, archives and replays: its own small prefetch, behind the news.
    Later,
    /// Messages that were under way when their worker died, each retried while nothing else is held.
    Lone,
}

/// A rung of the retry ladder: a queue whose messages return to their belt after this time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Rung {
    /// 5 seconds.
    S5,
    /// 30 seconds.
    S30,
    /// 5 minutes.
    M5,
    /// 1 hour.
    H1,
}

impl Rung {
    /// All, shortest first.
    pub const ALL: [Rung; 4] = [Rung::S5, Rung::S30, Rung::M5, Rung::H1];

    /// How long a message stays on it.
    pub fn wait(self) -> Duration {
        match self {
            Rung::S5 => Duration::from_secs(5),
            Rung::S30 => Duration::from_secs(30),
            Rung::M5 => Duration::from_secs(300),
            Rung::H1 => Duration::from_secs(3600),
        }
    }

    /// As in queue names. The name carries the time: another ladder is other queues.
    pub fn as_str(self) -> &'static str {
        match self {
            Rung::S5 => "5s",
            Rung::S30 => "30s",
            Rung::M5 => "5m",
            Rung::H1 => "1h",
        }
    }
}

/// Every queue there is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum QueueName {
    /// A belt's way to its stage: `pages`, `pages.later`, `pages.lone`.
    Belt(Belt, Lane),
    /// A rung: `pages.retry.30s`.
    Retry(Belt, Rung),
    /// Dead letters: `pages.dead`.
    Dead(Belt),
    /// What became of replayed messages, for the registrar: `replay.outcomes`.
    Outcomes,
}

impl QueueName {
    /// Every queue of the topology.
    pub fn all() -> Vec<QueueName> {
        let mut all = vec![QueueName::Outcomes];
        for belt in Belt::ALL {
            all.extend([Lane::Main, Lane::Later, Lane::Lone].map(|l| QueueName::Belt(belt, l)));
            all.extend(Rung::ALL.map(|r| QueueName::Retry(belt, r)));
            all.push(QueueName::Dead(belt));
        }
        all
    }

    /// Reads what `Display` writes.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|q| q.to_string() == name)
    }
}

impl fmt::Display for QueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            QueueName::Belt(b, Lane::Main) => f.write_str(b.as_str()),
            QueueName::Belt(b, Lane::Later) => write!(f, "{}.later", b.as_str()),
            QueueName::Belt(b, Lane::Lone) => write!(f, "{}.lone", b.as_str()),
            QueueName::Retry(b, r) => write!(f, "{}.retry.{}", b.as_str(), r.as_str()),
            QueueName::Dead(b) => write!(f, "{}.dead", b.as_str()),
            QueueName::Outcomes => f.write_str("replay.outcomes"),
        }
    }
}
