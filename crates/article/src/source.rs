//! Who publishes.

use crate::{Carry, FeedId, Section, SourceId};
use serde::{Deserialize, Serialize};

/// Who put a source into the store. `sources sync` touches only what came from files.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A file, by `sources sync`.
    File,
    /// A person, by `sources add` or `import`.
    Person,
}

impl Origin {
    /// As written in databases.
    pub fn as_str(self) -> &'static str {
        match self {
            Origin::File => "file",
            Origin::Person => "person",
        }
    }

    /// Reads what [`Origin::as_str`] writes.
    pub fn from_name(name: &str) -> Option<Self> {
        [Origin::File, Origin::Person].into_iter().find(|o| o.as_str() == name)
    }
}

/// A publisher whose news is read.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Source {
    /// Its name in settings and addresses.
    pub id: SourceId,
    /// Its name for readers.
    pub name: String,
    /// Its home page.
    pub home: Option<String>,
    /// BCP 47 language of what it publishes, where a page doesn't say.
    pub language: Option<String>,
    /// ISO 3166 country, two letters.
    pub country: Option<String>,
    /// Section of its articles, where nothing else tells.
    pub section: Option<Section>,
    /// The most that may be carried of its articles.
    pub carry: Carry,
    /// Whether its copies of others' stories are licensed: then they may show a text whose primary isn't free.
    pub licensed: bool,
    /// Stopped by an operator: nothing is polled.
    pub paused: bool,
    /// Who put it here.
    pub origin: Origin,
    /// Addresses of its feeds.
    pub feeds: Vec<Feed>,
}

impl Source {
    /// A source of which only this is known: polled, not licensed, its id made of its name.
    pub fn new(name: &str, carry: Carry, origin: Origin, feeds: Vec<Feed>) -> Self {
        Self {
            id: SourceId::from_name(name),
            name: name.to_owned(),
            home: None,
            language: None,
            country: None,
            section: None,
            carry,
            licensed: false,
            paused: false,
            origin,
            feeds,
        }
    }
}

/// A feed of a source.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Feed {
    /// Hash of its address.
    pub id: FeedId,
    /// Its address, as polled.
    pub url: String,
    /// Section of what it lists, if the whole feed is of one.
    pub section: Option<Section>,
}

impl Feed {
    /// The feed at `url`.
    pub fn new(url: &str, section: Option<Section>) -> Self {
        Self { id: FeedId::of(url), url: url.to_owned(), section }
    }
}

/// What a feed turned out to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedFormat {
    /// RSS 0.9x, 1.0 or 2.0.
    Rss,
    /// Atom 0.3 or 1.0 (RFC 4287).
    Atom,
    /// JSON Feed 1.x.
    JsonFeed,
    /// A news sitemap.
    Sitemap,
}
