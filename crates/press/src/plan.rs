//! What is decided about an article before a word of it is written. Texts are written when they are asked
//! for: a plan is all that a press must remember.

use article::{Section, Timestamp, WithdrawalCause};
use serde::{Deserialize, Serialize};

/// What an article is to the others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A story of its publisher's own.
    Original,
    /// A copy, word for word.
    Exact,
    /// A copy with its carrier's sentences before and after it.
    Framed,
    /// A copy of which 3 to 9 of a hundred words were changed, framed or not.
    Edited,
    /// A copy under another headline, with other quotation marks and dashes, framed or not.
    Retyped,
    /// The first half of an original, framed.
    FirstHalf,
    /// The second half of an original, framed.
    SecondHalf,
    /// The last third of an original, framed.
    LastThird,
    /// A daily column in its ever same frame: weather, markets, stars. Not a copy of yesterday's.
    Column,
    /// A ticker's edition. Not a copy of any other.
    Ticker,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 10] = [
        Kind::Original,
        Kind::Exact,
        Kind::Framed,
        Kind::Edited,
        Kind::Retyped,
        Kind::FirstHalf,
        Kind::SecondHalf,
        Kind::LastThird,
        Kind::Column,
        Kind::Ticker,
    ];

    /// Whether it is a copy of another article or of a part of it.
    pub fn is_copy(self) -> bool {
        !matches!(self, Kind::Original | Kind::Column | Kind::Ticker)
    }

    /// As in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Original => "original",
            Kind::Exact => "exact",
            Kind::Framed => "framed",
            Kind::Edited => "edited",
            Kind::Retyped => "retyped",
            Kind::FirstHalf => "first_half",
            Kind::SecondHalf => "second_half",
            Kind::LastThird => "last_third",
            Kind::Column => "column",
            Kind::Ticker => "ticker",
        }
    }
}

/// What a copy was taken from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Origin {
    /// The number of the original.
    pub(crate) number: u32,
    /// Its revision at that time.
    pub(crate) revision: u32,
}

/// An article, as planned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Its place in the order of appearance, from 0.
    pub(crate) number: u32,
    /// Its publisher's place in the roster.
    pub(crate) publisher: usize,
    pub(crate) section: Section,
    pub(crate) kind: Kind,
    /// What it is a copy of; only with kinds that are copies.
    pub(crate) of: Option<Origin>,
    pub(crate) published: Timestamp,
    /// For subscribers only.
    pub(crate) paid: bool,
}

/// An article that has appeared.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) plan: Plan,
    /// Headline, as feeds and related boxes show it without writing the text again.
    pub(crate) title: Box<str>,
    /// Summary, likewise.
    pub(crate) summary: Box<str>,
    /// Path and query of its page.
    pub(crate) path: Box<str>,
    pub(crate) revision: u32,
    /// When it was changed last.
    pub(crate) modified: Option<Timestamp>,
    pub(crate) withdrawn: Option<WithdrawalCause>,
}
