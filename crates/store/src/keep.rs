//! What of an article may be kept. Applied before anything is written, so that what must not be shown is
//! not there to be shown by mistake.

use article::{Article, Block, Carry, is_unspaced_script};

/// Words of a text that is carried as an excerpt: a paragraph, enough to know whether to read on at its
/// publisher's.
pub(crate) const EXCERPT_WORDS: usize = 60;

/// Words shown beneath a headline in a list.
const LIST_WORDS: usize = 40;

/// The article as it may be kept: all of it, its beginning, or its headline, author and link.
pub(crate) fn permitted(article: &Article) -> Article {
    let mut kept = article.clone();
    if kept.rights.reason.reserves_mining() || kept.rights.carry == Carry::Headline {
        only_headline(&mut kept);
    } else if kept.rights.carry == Carry::Excerpt {
        kept.blocks = beginning(&kept.blocks, EXCERPT_WORDS);
    }
    kept
}

/// Takes away all that its publisher wrote but headline, author, link and times.
pub(crate) fn only_headline(article: &mut Article) {
    article.blocks.clear();
    article.subtitle = None;
    article.image = None;
    article.keywords.clear();
}

/// Takes away everything but addresses and times: what remains of a taken-down article.
pub(crate) fn only_address(article: &mut Article) {
    only_headline(article);
    article.title.clear();
    article.authors.clear();
    article.primary = article::PrimaryHints::default();
}

/// What stands beneath the headline in a list: the beginning of the text, or the subtitle.
pub(crate) fn list_excerpt(kept: &Article) -> String {
    let blocks: Vec<Block> = kept.blocks.iter().filter(|b| !matches!(b, Block::Heading { .. })).cloned().collect();
    let text = article::squeeze(&article::plain_text(&beginning(&blocks, LIST_WORDS)));
    if text.is_empty() { kept.subtitle.clone().unwrap_or_default() } else { text }
}

/// The first `words` words of the running text; the block in which they end is cut there.
fn beginning(blocks: &[Block], words: usize) -> Vec<Block> {
    let mut left = words;
    let mut out = Vec::new();
    for block in blocks.iter().filter(|b| b.is_prose()) {
        if left == 0 {
            break;
        }
        let text = block.text();
        let (cut, used) = first_words(&text, left);
        left -= used.min(left);
        if cut.len() == text.len() {
            out.push(block.clone());
        } else {
            out.push(Block::Paragraph { text: format!("{}…", cut.trim_end()) });
            break;
        }
    }
    out
}

/// The first `words` words of a text and how many they are; in scripts that do not part words, every two
/// characters count as one.
fn first_words(text: &str, words: usize) -> (&str, usize) {
    let mut half_words = 0;
    let mut in_word = false;
    for (at, c) in text.char_indices() {
        if half_words >= 2 * words && (c.is_whitespace() || is_unspaced_script(c)) {
            return (&text[..at], half_words.div_ceil(2));
        }
        if is_unspaced_script(c) {
            half_words += 1;
            in_word = false;
        } else if c.is_whitespace() {
            in_word = false;
        } else if !in_word && c.is_alphanumeric() {
            half_words += 2;
            in_word = true;
        }
    }
    (text, half_words.div_ceil(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_ends_at_a_word() {
        assert_eq!(first_words("one two three", 2), ("one two", 2));
        assert_eq!(first_words("one two", 2), ("one two", 2));
        assert_eq!(first_words("一二三四五六", 2), ("一二三四", 2));
        let blocks = [
            Block::Paragraph { text: "one two three".to_owned() },
            Block::Figure { url: "https://a.example/p".to_owned(), caption: None },
            Block::Paragraph { text: "four five six".to_owned() },
        ];
        let cut = beginning(&blocks, 4);
        assert_eq!(article::plain_text(&cut), "one two three\n\nfour…");
        assert_eq!(beginning(&blocks, 0), []);
        assert_eq!(article::plain_text(&beginning(&blocks, 9)), "one two three\n\nfour five six");
    }
}
