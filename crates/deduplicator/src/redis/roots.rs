//! How the tables are named.

use crate::{IndexSettings, Query};

/// Version of the keys, of what lies under them and of the shingles' hashes. Another version is another index: the old
/// one is not read, which [`super::health`] says, and expires by itself.
pub(super) const VERSION: u8 = 5;

/// Names of an installation's tables. A Cluster spreads claims and texts over slots by the first byte of their hash
/// (Redis Cluster specification, “Hash tags”), a language's postings share one; on one Redis each group has one root,
/// which a call for some articles reads and writes once.
#[derive(Clone, Debug)]
pub(super) struct Naming {
    prefix: String,
    is_spread: bool,
}

/// The tables a decision touches: claims, exact texts, a language's postings and stories.
#[derive(Clone)]
pub(super) struct Roots([String; 3]);

impl Roots {
    pub(super) fn all(&self) -> &[String] {
        &self.0
    }

    pub(super) fn article(&self) -> &[String] {
        &self.0[..1]
    }

    pub(super) fn text(&self) -> &[String] {
        &self.0[1..2]
    }

    pub(super) fn language(&self) -> &[String] {
        &self.0[2..]
    }
}

impl Naming {
    pub(super) fn of(settings: &IndexSettings) -> Self {
        Self { prefix: settings.prefix.clone(), is_spread: settings.cluster }
    }

    /// The roots for one article.
    pub(super) fn roots(&self, query: &Query) -> Roots {
        let (article, text) = (query.article.bytes()[0], query.hash.bytes()[0]);
        Roots([self.group('a', article), self.group('t', text), self.language(&query.language)])
    }

    /// Every root of claims.
    pub(super) fn claims(&self) -> Vec<String> {
        self.bytes().map(|byte| self.group('a', byte)).collect()
    }

    /// Every root of exact texts.
    pub(super) fn texts(&self) -> Vec<String> {
        self.bytes().map(|byte| self.group('t', byte)).collect()
    }

    /// A language's root.
    pub(super) fn language(&self, language: &str) -> String {
        self.key(VERSION, &format!("{{{language}}}"))
    }

    /// The list of languages that have tables in an index of this version.
    pub(super) fn languages(&self, version: u8) -> String {
        self.key(version, "languages")
    }

    /// What is written to see whether it can be.
    pub(super) fn ping(&self) -> String {
        self.key(VERSION, "ping")
    }

    fn bytes(&self) -> impl Iterator<Item = u8> {
        0..=if self.is_spread { u8::MAX } else { 0 }
    }

    /// All have one where they are not spread: no language is called so.
    fn group(&self, letter: char, byte: u8) -> String {
        self.key(VERSION, &if self.is_spread { format!("{{{letter}{byte:02x}}}") } else { format!("{{{letter}*}}") })
    }

    fn key(&self, version: u8, name: &str) -> String {
        format!("{}:{version}:{name}", self.prefix)
    }
}
