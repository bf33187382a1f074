//! A plain measure of how much two texts share: 5-word shingles, 10 characters where words are not parted.

use crate::language::Language;
use std::collections::HashSet;

pub(super) fn of(text: &str, language: Language) -> HashSet<String> {
    let normal = article::normalise(text);
    let (units, size): (Vec<String>, usize) = match language.is_spaced() {
        true => (normal.split(' ').map(str::to_owned).collect(), 5),
        false => (normal.chars().filter(|c| *c != ' ').map(String::from).collect(), 10),
    };
    units.windows(size).map(|w| w.join(" ")).collect()
}

/// The share of `part`'s shingles that `whole` has.
pub(super) fn containment(part: &HashSet<String>, whole: &HashSet<String>) -> f64 {
    if part.is_empty() {
        return 0.0;
    }
    part.intersection(whole).count() as f64 / part.len() as f64
}
