//! Headlines in addresses.

use crate::publisher::{Habit, Publisher};

/// Words of a headline that a slug keeps.
const WORDS: usize = 7;

/// A headline as an address has it: words and hyphens. Scripts other than Latin stay, percent-encoded, where
/// that is the publisher's habit; else such a slug is one word for all.
pub(crate) fn of(publisher: &Publisher, title: &str) -> String {
    let native = publisher.does(Habit::NativeSlug);
    let mut words: Vec<String> = Vec::new();
    for word in article::normalise(title).split(' ') {
        let word: String = word.chars().filter_map(|c| if native { Some(c) } else { latin(c) }).collect();
        if !word.is_empty() {
            words.push(word);
        }
        if words.len() == WORDS {
            break;
        }
    }
    let slug = words.join("-");
    if slug.is_empty() { "a".to_owned() } else { encode(&slug) }
}

fn latin(c: char) -> Option<char> {
    match c {
        'ä' | 'á' | 'à' | 'â' => Some('a'),
        'é' | 'è' | 'ê' | 'ë' => Some('e'),
        'í' | 'î' | 'ï' => Some('i'),
        'ö' | 'ó' | 'ô' => Some('o'),
        'ü' | 'ú' | 'û' | 'ù' => Some('u'),
        'ñ' => Some('n'),
        'ç' => Some('c'),
        'ß' => Some('s'),
        c if c.is_ascii_alphanumeric() => Some(c),
        _ => None,
    }
}

/// RFC 3986 section 2.1.
fn encode(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'-' {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
