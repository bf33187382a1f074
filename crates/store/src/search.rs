//! How texts and queries become words. Both databases index the same words, so both find the same.

use article::{is_unspaced_script, normalise};
use std::collections::BTreeSet;

/// Longest word indexed, in characters; what is longer is no word of any language.
const LONGEST: usize = 64;

/// Bytes of words indexed of a document: those of a hundred newspaper pages. PostgreSQL refuses a
/// document above 1 MiB of them, and a hostile page must not make its article unpublishable.
const MOST_BYTES: usize = 400_000;

/// Words asked for at once. A longer query is no query.
const MOST_ASKED: usize = 24;

/// The words of a document, each once, parted by spaces.
pub(crate) fn document(text: &str) -> String {
    let mut bytes = 0;
    let different: BTreeSet<String> = words(text)
        .into_iter()
        .take_while(|word| {
            bytes += word.len() + 1;
            bytes <= MOST_BYTES
        })
        .collect();
    different.into_iter().collect::<Vec<_>>().join(" ")
}

/// The words asked for, each once; empty if the query holds none.
pub(crate) fn asked(query: &str) -> Vec<String> {
    let mut asked = Vec::new();
    for word in words(query) {
        if !asked.contains(&word) && asked.len() < MOST_ASKED {
            asked.push(word);
        }
    }
    asked
}

/// Normalised words. Scripts that do not part words are cut into overlapping pairs of characters, which
/// finds every run of them without a dictionary; a run of one character stands for itself.
fn words(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    for word in normalise(text).split(' ').filter(|w| !w.is_empty()) {
        let chars: Vec<char> = word.chars().collect();
        for run in chars.chunk_by(|a, b| is_unspaced_script(*a) == is_unspaced_script(*b)) {
            match run {
                [first, _, ..] if is_unspaced_script(*first) => {
                    out.extend(run.windows(2).map(|pair| pair.iter().collect::<String>()));
                }
                _ => out.push(run.iter().take(LONGEST).collect()),
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_has_words() {
        assert_eq!(words("Kyiv’s Straße—1,5"), ["kyivs", "straße", "1", "5"]);
        assert_eq!(words("北京新闻 2026年"), ["北京", "京新", "新闻", "2026", "年"]);
        assert_eq!(words("أخبار العالم"), ["أخبار", "العالم"]);
        assert_eq!(words("हिन्दी"), ["हिन्दी"]);
        assert_eq!(asked("the the \" OR ' & | !"), ["the", "or"]);
        assert!(asked("“…” — !").is_empty());
        assert_eq!(document("b a b"), "a b");
    }
}
