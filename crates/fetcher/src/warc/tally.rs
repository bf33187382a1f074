//! What an archive came to.

use super::record::Flaw;
use serde::Serialize;
use std::collections::BTreeMap;

/// Broken records that are named one by one; of more only their number is kept.
const NAMED: usize = 100;

/// What was done of one file.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Tally {
    /// Bytes of the file that are done with.
    pub done_to: u64,
    /// Of them those that an earlier run had done.
    pub resumed_at: u64,
    /// Records seen.
    pub records: u64,
    /// Articles sent onwards.
    pub articles: u64,
    /// Pages and other records that are no article of ours, by why.
    pub skipped: BTreeMap<String, u64>,
    /// Broken records.
    pub broken: u64,
    /// The first of them.
    pub flaws: Vec<BrokenRecord>,
    /// Whether the end of the file was reached.
    pub finished: bool,
}

/// A record that could not be read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct BrokenRecord {
    /// Where it begins in the file.
    pub offset: u64,
    /// What is wrong with it.
    pub why: String,
}

impl Tally {
    pub(super) fn skip(&mut self, reason: &str) {
        match self.skipped.get_mut(reason) {
            Some(count) => *count += 1,
            None => drop(self.skipped.insert(reason.to_owned(), 1)),
        }
    }

    pub(super) fn broken(&mut self, offset: u64, flaw: &Flaw) {
        self.broken += 1;
        if self.flaws.len() < NAMED {
            self.flaws.push(BrokenRecord { offset, why: flaw.to_string() });
        }
    }
}
