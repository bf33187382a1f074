//! How a log's entries are named.

use std::fmt;
use std::str::FromStr;

/// The id of a stream's entry: the day it was made, and within the day a number that grows and ends in chance.
///
/// By the day entries are trimmed. By chance a log that has lost its end with a server, and gone on without it, has no
/// entry of a name that somebody has read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(super) struct Id {
    day: u64,
    number: u64,
}

impl Id {
    /// Of the entry after `end`, made on `day`; on the day of `end` where that is later.
    pub(super) fn after(end: &str, day: u16) -> Self {
        let end: Id = end.parse().unwrap_or_default();
        let chance = u64::from(rand::random::<u32>());
        if u64::from(day) > end.day {
            return Self { day: day.into(), number: chance };
        }
        Self { day: end.day, number: ((end.number >> 32) + 1) << 32 | chance }
    }

    /// Before every entry of a day.
    pub(super) fn first_of(day: u16) -> Self {
        Self { day: day.into(), number: 0 }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.day, self.number)
    }
}

impl FromStr for Id {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (day, number) = text.split_once('-').unwrap_or((text, "0"));
        Ok(Self { day: day.parse()?, number: number.parse()? })
    }
}
