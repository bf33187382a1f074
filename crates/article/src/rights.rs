//! What of an article may be shown.

use crate::Timestamp;
use serde::{Deserialize, Serialize};

/// How much of an article is carried. Ordered: the strictest of source, page, robots, opt-out and
/// takedown wins, which is the smallest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Carry {
    /// Headline, author and link only; no text is kept.
    Headline,
    /// The beginning, with the link.
    Excerpt,
    /// All of it.
    Full,
}

impl Carry {
    /// As written in settings and databases.
    pub fn as_str(self) -> &'static str {
        match self {
            Carry::Headline => "headline",
            Carry::Excerpt => "excerpt",
            Carry::Full => "full",
        }
    }

    /// Reads what [`Carry::as_str`] writes.
    pub fn from_name(name: &str) -> Option<Self> {
        [Carry::Headline, Carry::Excerpt, Carry::Full].into_iter().find(|c| c.as_str() == name)
    }
}

/// Which signal decided about [`Carry`]. A closed list: it is shown on the article's page and in `explain`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CarryReason {
    /// The default, or the operator's setting for this source.
    Source,
    /// `isAccessibleForFree: false` in the page's structured data (schema.org).
    NotFree,
    /// A paywall's markup on the page.
    Paywall,
    /// `noarchive` in `X-Robots-Tag` or a robots meta tag.
    NoArchive,
    /// `noindex` in `X-Robots-Tag` or a robots meta tag.
    NoIndex,
    /// `nosnippet` in `X-Robots-Tag` or a robots meta tag.
    NoSnippet,
    /// `unavailable_after` has passed.
    UnavailableAfter,
    /// Text and data mining is reserved (TDMRep: header, meta tag or well-known file).
    TdmReserved,
    /// A `Content-Usage` preference against it (IETF aipref).
    ContentUsage,
    /// robots.txt forbids fetching the page (RFC 9309): it turned so after the text was published.
    Robots,
    /// The story's primary source isn't free or opted out, and this source has no licence.
    PrimaryNotFree,
}

impl CarryReason {
    /// Every reason, for documentation and tests.
    pub const ALL: [CarryReason; 11] = [
        CarryReason::Source,
        CarryReason::NotFree,
        CarryReason::Paywall,
        CarryReason::NoArchive,
        CarryReason::NoIndex,
        CarryReason::NoSnippet,
        CarryReason::UnavailableAfter,
        CarryReason::TdmReserved,
        CarryReason::ContentUsage,
        CarryReason::Robots,
        CarryReason::PrimaryNotFree,
    ];

    /// As written in databases and `explain`.
    pub fn as_str(self) -> &'static str {
        match self {
            CarryReason::Source => "source",
            CarryReason::NotFree => "not_free",
            CarryReason::Paywall => "paywall",
            CarryReason::NoArchive => "noarchive",
            CarryReason::NoIndex => "noindex",
            CarryReason::NoSnippet => "nosnippet",
            CarryReason::UnavailableAfter => "unavailable_after",
            CarryReason::TdmReserved => "tdm_reserved",
            CarryReason::ContentUsage => "content_usage",
            CarryReason::Robots => "robots",
            CarryReason::PrimaryNotFree => "primary_not_free",
        }
    }

    /// Reads what [`CarryReason::as_str`] writes.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.as_str() == name)
    }

    /// Whether nothing of the text may be kept, hashed, sketched or put on a belt.
    pub fn reserves_mining(self) -> bool {
        matches!(self, CarryReason::TdmReserved | CarryReason::ContentUsage)
    }

    /// For readers.
    pub fn sentence(self) -> &'static str {
        match self {
            CarryReason::Source => "This source is carried this way.",
            CarryReason::NotFree | CarryReason::Paywall => "The publisher's page is not free to read.",
            CarryReason::NoArchive | CarryReason::NoIndex | CarryReason::NoSnippet => {
                "The publisher asks that its text not be kept elsewhere."
            }
            CarryReason::UnavailableAfter => "The publisher's time for this text has passed.",
            CarryReason::TdmReserved | CarryReason::ContentUsage => "The publisher has reserved text and data mining.",
            CarryReason::Robots => "The publisher asks that its pages not be fetched by robots.",
            CarryReason::PrimaryNotFree => "The primary source of this story is not free to read.",
        }
    }
}

/// What of an article may be carried, and which signal said so.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Rights {
    /// How much.
    pub carry: Carry,
    /// The signal that decided.
    pub reason: CarryReason,
    /// A licence named on the page (an address or a name), if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// When the text must be gone (`unavailable_after`), if its publisher set a time that is still to come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl Rights {
    /// What the source's own setting allows, before any page is looked at.
    pub fn from_source(carry: Carry) -> Self {
        Self { carry, reason: CarryReason::Source, licence: None, until: None }
    }

    /// Narrows to `carry` if that is stricter; a signal never widens.
    pub fn narrow(&mut self, carry: Carry, reason: CarryReason) {
        let mining = reason.reserves_mining() && !self.reason.reserves_mining();
        if carry < self.carry || (carry == self.carry && mining) {
            self.carry = carry;
            self.reason = reason;
        }
    }
}
