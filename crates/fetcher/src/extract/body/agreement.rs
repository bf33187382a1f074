//! The page's lines beside the text that its structured data declares (schema.org `articleBody`).
//!
//! Where it is given it rarely holds what is not the article, but it lacks crossheads and standfirsts, its
//! paragraphs run together, and now and then it is only the beginning. So the lines stay the text, and the
//! declared text says which of them are not.

use super::lines::{Kind, Line};
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

/// Characters from which a declared text is taken seriously.
const ENOUGH: usize = 500;

/// Share of the declared text that the lines must cover before it may speak against any of them.
const COVERED: f32 = 0.8;

/// Share of a line that must be in the declared text.
const SHARED: f32 = 0.3;

/// Words of a line below which it is not judged: short lines are crossheads and answers.
const JUDGED_FROM: usize = 6;

/// A text as the set of its runs of three words (of four characters where words are not parted).
pub(super) struct Runs {
    hashes: HashSet<u64>,
    state: RandomState,
}

impl Runs {
    fn of(text: &str) -> Self {
        let state = RandomState::new();
        let hashes = runs(text, &state).into_iter().collect();
        Self { hashes, state }
    }

    /// Share of `text`'s runs that are in this one; `None` if it is too short to tell.
    fn share(&self, text: &str) -> Option<f32> {
        let runs = runs(text, &self.state);
        let here = runs.iter().filter(|r| self.hashes.contains(r)).count();
        (runs.len() + 2 >= JUDGED_FROM).then(|| here as f32 / runs.len() as f32)
    }
}

/// The runs' hashes, in order.
fn runs(text: &str, state: &RandomState) -> Vec<u64> {
    let normal = article::normalise(text);
    let is_unspaced = |c: &char| matches!(u32::from(*c), 0x0E00..=0x0EFF | 0x3040..=0x30FF | 0x3400..=0x9FFF);
    if normal.chars().filter(is_unspaced).count() * 3 > normal.chars().count() {
        let units: Vec<char> = normal.chars().filter(|c| *c != ' ').collect();
        units.windows(4).map(|run| state.hash_one(run)).collect()
    } else {
        let units: Vec<&str> = normal.split(' ').filter(|w| !w.is_empty()).collect();
        units.windows(3).map(|run| state.hash_one(run)).collect()
    }
}

/// Takes out the picked lines of which the declared text knows nothing.
pub(super) fn agree(lines: &[Line], picked: &mut Vec<usize>, declared: &str) -> bool {
    if declared.chars().count() < ENOUGH {
        return false;
    }
    let text: Vec<&str> = picked.iter().map(|i| lines[*i].text.as_str()).collect();
    let covered = Runs::of(&text.join(" ")).share(declared).unwrap_or(0.0);
    if covered < COVERED {
        return false;
    }
    let known = Runs::of(declared);
    let before = picked.len();
    picked.retain(|i| {
        let line = &lines[*i];
        matches!(line.kind, Kind::Heading(_)) || known.share(&line.text).is_none_or(|s| s >= SHARED)
    });
    picked.len() < before
}
