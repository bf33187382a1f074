//! An article's text as structured blocks. There is no HTML in them: the site writes its own.

use serde::{Deserialize, Serialize};

/// One block of an article's body. All texts are plain and cleaned ([`crate::clean`]); whoever prints one escapes it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Block {
    /// A crosshead. `level` is 2 to 6; 1 is the headline's, which is not a block.
    Heading {
        /// 2 to 6, as in HTML.
        level: u8,
        /// The crosshead.
        text: String,
    },
    /// A paragraph.
    Paragraph {
        /// The paragraph.
        text: String,
    },
    /// A quotation set apart, a line per paragraph.
    Quote {
        /// The quotation.
        text: String,
    },
    /// A list.
    List {
        /// Numbered or not.
        ordered: bool,
        /// Its items, in order.
        items: Vec<String>,
    },
    /// A picture in the text, with its caption. The picture stays with its owner: only the address is kept.
    Figure {
        /// Address of the picture.
        url: String,
        /// What is written under it.
        caption: Option<String>,
    },
}

impl Block {
    /// The readable text of the block; a figure's is its caption.
    pub fn text(&self) -> String {
        match self {
            Block::Heading { text, .. } | Block::Paragraph { text } | Block::Quote { text } => text.clone(),
            Block::List { items, .. } => items.join("\n"),
            Block::Figure { caption, .. } => caption.clone().unwrap_or_default(),
        }
    }

    /// Whether it belongs to the running text: everything but figures.
    pub fn is_prose(&self) -> bool {
        !matches!(self, Block::Figure { .. })
    }
}

/// The running text of `blocks`, a blank line between two. Captions are not part of it.
pub fn plain_text(blocks: &[Block]) -> String {
    let mut out = String::new();
    for block in blocks.iter().filter(|b| b.is_prose()) {
        let text = block.text();
        if !text.is_empty() {
            if !out.is_empty() {
                out.push_str("\n\n");
            }
            out.push_str(&text);
        }
    }
    out
}

/// Words below which equal texts prove nothing: “Video”, “This article is for subscribers”.
const TELLING_WORDS: usize = 20;

/// Words in the running text; in scripts that do not part words, every two characters count as one.
pub fn word_count(blocks: &[Block]) -> usize {
    let text = plain_text(blocks);
    parted_words(&text).count() + unparted_words(&text)
}

/// Whether a text says enough that another of the same words is its copy.
pub fn is_telling(text: &str) -> bool {
    // Of nearly every text its beginning tells.
    let words = parted_words(text).take(TELLING_WORDS).count();
    words == TELLING_WORDS || words + unparted_words(text) >= TELLING_WORDS
}

fn parted_words(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace().filter(|w| w.chars().any(|c| c.is_alphanumeric()))
}

fn unparted_words(text: &str) -> usize {
    text.chars().filter(|c| crate::text::is_unspaced_script(*c)).count() / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_tells_from_twenty_words_on_however_its_script_parts_them() {
        let check = |text: &str, telling: bool| {
            assert_eq!(is_telling(text), telling, "{text}");
            let block = Block::Paragraph { text: text.to_owned() };
            assert_eq!(word_count(&[block]) >= TELLING_WORDS, telling, "{text}");
        };
        check(&"word ".repeat(19), false);
        check(&"word – ".repeat(19), false);
        check(&"word ".repeat(20), true);
        check(&"word ".repeat(500), true);
        check(&"台".repeat(37), false);
        check(&"台".repeat(38), true);
        check(&format!("{} {}", "word ".repeat(10), "台 ".repeat(7)), true);
        check("", false);
    }
}
