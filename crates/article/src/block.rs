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
    words_in(&plain_text(blocks))
}

/// Whether a text says enough that another of the same words is its copy.
pub fn is_telling(text: &str) -> bool {
    words_in(text) >= TELLING_WORDS
}

fn words_in(text: &str) -> usize {
    let unspaced = text.chars().filter(|c| crate::text::is_unspaced_script(*c)).count();
    text.split_whitespace().filter(|w| w.chars().any(|c| c.is_alphanumeric())).count() + unspaced / 2
}
