//! What counts as the same text.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// Text fit to be stored and shown: U+0000 and lone controls (which PostgreSQL and JSON readers refuse)
/// are gone, line breaks and tabs are kept.
pub fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

/// [`clean`], with every run of white space (no-break spaces too) as one space and none at the ends.
pub fn squeeze(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_whitespace() || matches!(c, '\u{200b}' | '\u{feff}') {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        } else if !c.is_control() && c != '\u{ad}' {
            out.push(c);
        }
    }
    if out.ends_with(' ') {
        out.pop();
    }
    out
}

/// The form in which two texts are compared: Unicode NFKC (UAX #15), lower case, letters and digits only,
/// single spaces between words. Typographic quotes, dashes, soft hyphens and breaks do not count.
pub fn normalise(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        // ASCII is in NFKC, and nothing before it combines with it: only its last character may with what follows.
        let ascii = rest.bytes().position(|b| !b.is_ascii()).map_or(rest.len(), |end| end.saturating_sub(1));
        let (plain, tail) = rest.split_at(ascii);
        plain.chars().for_each(|c| push(&mut out, c.to_ascii_lowercase()));
        let other = tail.char_indices().skip(1).find(|(_, c)| c.is_ascii()).map_or(tail.len(), |(at, _)| at);
        let (other, after) = tail.split_at(other);
        if is_nfkc_quick(other.chars()) == IsNormalized::Yes {
            other.chars().flat_map(char::to_lowercase).for_each(|c| push(&mut out, c));
        } else {
            other.nfkc().flat_map(char::to_lowercase).for_each(|c| push(&mut out, c));
        }
        rest = after;
    }
    if out.ends_with(' ') {
        out.pop();
    }
    out
}

fn push(out: &mut String, c: char) {
    if c.is_alphanumeric() || (!c.is_ascii() && is_mark(c)) {
        out.push(c);
    } else if !is_joiner(c) && !out.is_empty() && !out.ends_with(' ') {
        out.push(' ');
    }
}

/// Combining marks carry vowels in Indic scripts, Hebrew and Arabic: without them other words become the same.
fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

/// What stands inside a word without parting it: apostrophes, soft hyphens, zero-width joiners.
fn is_joiner(c: char) -> bool {
    matches!(
        c,
        '\'' | '\u{2019}' | '\u{2018}' | '\u{2bc}' | '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}'
    )
}

/// Scripts written without spaces between words (Han, Kana, Thai, Lao, Khmer, Burmese): shingles there are
/// of characters.
pub fn is_unspaced_script(c: char) -> bool {
    matches!(c as u32,
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF
        | 0x3040..=0x30FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3134F)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As [`normalise`] is defined, without its short cuts.
    fn as_defined(text: &str) -> String {
        let mut out = String::new();
        text.nfkc().flat_map(char::to_lowercase).for_each(|c| push(&mut out, c));
        out.trim_end_matches(' ').to_owned()
    }

    #[test]
    fn short_cuts_change_nothing() {
        for text in [
            "Cafe\u{301} and cafe\u{300}s, 3rd\u{a0}\u{bd} e\u{301}",
            "e\u{301}",
            "\u{301}e",
            "A\u{30a}B\u{327}\u{301}c",
            "\u{fb01}ne \u{2126} \u{212b} \u{1e9b}\u{323}",
            "İstanbul ÇAĞ ﷺ ｶﾞ 각 각",
            "don\u{2019}t co\u{ad}op \u{200b}x",
        ] {
            assert_eq!(normalise(text), as_defined(text), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn short_cuts_change_nothing_anywhere(text in "\\PC{0,40}|[a-e \u{300}-\u{330}\u{c0}-\u{ff}\u{1100}-\u{11ff}\u{ac00}-\u{ac20}\u{fb00}-\u{fb06}]{0,40}") {
            prop_assert_eq!(normalise(&text), as_defined(&text));
        }
    }
}
