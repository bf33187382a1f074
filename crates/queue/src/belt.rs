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

    /// The belt its stage feeds: where a lack of room stops the stage.
    pub fn next(self) -> Option<Belt> {
        match self {
            Belt::Feeds => Some(Belt::Pages),
            Belt::Pages => Some(Belt::Articles),
            Belt::Articles => Some(Belt::Stories),
            Belt::Stories => Some(Belt::Notices),
            Belt::Notices => None,
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
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// News.
    #[default]
    Main,
    /// Revisits, archives and replays: its own small prefetch, behind the news.
    Later,
    /// Messages that were under way when their worker died, each retried while nothing else is held.
    Lone,
}

impl Lane {
    /// As in headers.
    pub fn as_str(self) -> &'static str {
        match self {
            Lane::Main => "main",
            Lane::Later => "later",
            Lane::Lone => "lone",
        }
    }

    /// Reads what [`Lane::as_str`] writes.
    pub fn from_name(name: &str) -> Option<Self> {
        [Lane::Main, Lane::Later, Lane::Lone].into_iter().find(|l| l.as_str() == name)
    }
}

/// A rung of the retry ladder: a queue whose messages return to their belt after this time. The name
/// carries the time (`pages.retry.30s`), so that another ladder is other queues and never the same queue
/// with other arguments.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Rung {
    millis: u64,
}

impl Rung {
    /// 5 seconds.
    pub const S5: Rung = Rung { millis: 5_000 };
    /// 12 seconds.
    pub const S12: Rung = Rung { millis: 12_000 };
    /// 30 seconds.
    pub const S30: Rung = Rung { millis: 30_000 };
    /// 90 seconds.
    pub const S90: Rung = Rung { millis: 90_000 };
    /// 5 minutes.
    pub const M5: Rung = Rung { millis: 300_000 };
    /// 12 minutes.
    pub const M12: Rung = Rung { millis: 720_000 };
    /// 1 hour.
    pub const H1: Rung = Rung { millis: 3_600_000 };
    /// The ladder unless settings say otherwise, shortest first. A message that waits for a time goes down it, the
    /// longest rung that returns in time first: with these any time up to 40 minutes takes nine laps at most.
    pub const ALL: [Rung; 7] = [Rung::S5, Rung::S12, Rung::S30, Rung::S90, Rung::M5, Rung::M12, Rung::H1];

    /// A rung of this time, in whole milliseconds, at least one.
    pub fn of(wait: Duration) -> Self {
        Self { millis: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1) }
    }

    /// How long a message stays on it.
    pub fn wait(self) -> Duration {
        Duration::from_millis(self.millis)
    }

    /// Reads what `Display` writes: a whole number and `ms`, `s`, `m` or `h`.
    pub fn from_name(name: &str) -> Option<Self> {
        let digits = name.len() - name.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, unit) = name.split_at(digits);
        let factor = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return None,
        };
        let millis = number.parse::<u64>().ok()?.checked_mul(factor).filter(|ms| *ms > 0)?;
        Some(Self { millis })
    }
}

impl fmt::Display for Rung {
    /// In the largest unit that divides it: `200ms`, `5s`, `30s`, `5m`, `1h`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.millis {
            ms if ms % 3_600_000 == 0 => write!(f, "{}h", ms / 3_600_000),
            ms if ms % 60_000 == 0 => write!(f, "{}m", ms / 60_000),
            ms if ms % 1_000 == 0 => write!(f, "{}s", ms / 1_000),
            ms => write!(f, "{ms}ms"),
        }
    }
}

impl Serialize for Rung {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Rung {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let name = String::deserialize(d)?;
        Rung::from_name(&name)
            .ok_or_else(|| serde::de::Error::custom(format!("“{name}” is no time like 200ms, 5s, 5m or 1h")))
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
    /// Every queue of the topology with the usual ladder.
    pub fn all() -> Vec<QueueName> {
        Self::with_ladder(&Rung::ALL)
    }

    /// Every queue of the topology with this ladder.
    pub fn with_ladder(ladder: &[Rung]) -> Vec<QueueName> {
        let mut all = vec![QueueName::Outcomes];
        for belt in Belt::ALL {
            all.extend([Lane::Main, Lane::Later, Lane::Lone].map(|l| QueueName::Belt(belt, l)));
            all.extend(ladder.iter().map(|r| QueueName::Retry(belt, *r)));
            all.push(QueueName::Dead(belt));
        }
        all
    }

    /// Reads what `Display` writes.
    pub fn from_name(name: &str) -> Option<Self> {
        if name == "replay.outcomes" {
            return Some(QueueName::Outcomes);
        }
        let (belt, rest) = name.split_once('.').unwrap_or((name, ""));
        let belt = Belt::from_name(belt)?;
        match rest {
            "" => (!name.ends_with('.')).then_some(QueueName::Belt(belt, Lane::Main)),
            "later" => Some(QueueName::Belt(belt, Lane::Later)),
            "lone" => Some(QueueName::Belt(belt, Lane::Lone)),
            "dead" => Some(QueueName::Dead(belt)),
            other => Some(QueueName::Retry(belt, Rung::from_name(other.strip_prefix("retry.")?)?)),
        }
    }

    /// The belt it belongs to; none for the registrar's own queue.
    pub fn belt(self) -> Option<Belt> {
        match self {
            QueueName::Belt(b, _) | QueueName::Retry(b, _) | QueueName::Dead(b) => Some(b),
            QueueName::Outcomes => None,
        }
    }
}

impl fmt::Display for QueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            QueueName::Belt(b, Lane::Main) => f.write_str(b.as_str()),
            QueueName::Belt(b, Lane::Later) => write!(f, "{}.later", b.as_str()),
            QueueName::Belt(b, Lane::Lone) => write!(f, "{}.lone", b.as_str()),
            QueueName::Retry(b, r) => write!(f, "{}.retry.{r}", b.as_str()),
            QueueName::Dead(b) => write!(f, "{}.dead", b.as_str()),
            QueueName::Outcomes => f.write_str("replay.outcomes"),
        }
    }
}
