//! Times as pages show them. UTC throughout, and they say so: the readers are everywhere.

use article::Timestamp;

/// A time as pages show it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Moment {
    /// For machines: RFC 3339.
    pub(crate) iso: String,
    /// In full, with its zone.
    pub(crate) full: String,
    /// Against now: `12 min ago`, and the date once that is easier to read.
    pub(crate) short: String,
}

impl Moment {
    pub(crate) fn new(at: Timestamp, now: Timestamp) -> Self {
        let utc = at.utc();
        let age = now.secs().saturating_sub(at.secs());
        let short = match age {
            ..60 => "just now".to_owned(),
            60..3600 => format!("{} min ago", age / 60),
            3600..86_400 => format!("{} h ago", age / 3600),
            86_400..15_552_000 => utc.format("%-d %b, %H:%M UTC").to_string(),
            _ => utc.format("%-d %b %Y").to_string(),
        };
        Self { iso: at.rfc3339(), full: utc.format("%-d %B %Y, %H:%M UTC").to_string(), short }
    }

    /// Beside an earlier moment: the time alone, if both are of one day.
    pub(crate) fn after(&self, earlier: &Moment) -> &str {
        match (self.full.split_once(", "), earlier.full.split_once(", ")) {
            (Some((day, time)), Some((earlier, _))) if day == earlier => time,
            _ => &self.full,
        }
    }
}
