//! What carriers do to a text.

use crate::grammar::Teller;
use article::Block;

/// Keeps the blocks from `from`/`of` to `to`/`of` of the running text's length.
pub(crate) fn keep(blocks: &mut Vec<Block>, from: usize, to: usize, of: usize) {
    let lengths: Vec<usize> = blocks.iter().map(|b| b.text().chars().count()).collect();
    let total: usize = lengths.iter().sum();
    let mut before = 0;
    let mut kept = Vec::new();
    for (block, length) in blocks.drain(..).zip(lengths) {
        let middle = before + length / 2;
        if middle * of >= total * from && middle * of < total * to {
            kept.push(block);
        }
        before += length;
    }
    // A part does not begin with the crosshead of what was cut, nor end with one of what is to come.
    while matches!(kept.last(), Some(Block::Heading { .. })) {
        kept.pop();
    }
    *blocks = kept;
}

/// Changes `percent` of a hundred words, evenly spread: drops, puts in, replaces or swaps them. In scripts without
/// spaces a word is taken to be two characters.
pub(crate) fn change_words(teller: &mut Teller, blocks: &mut [Block], percent: usize) {
    let window = 100 / percent.clamp(1, 100);
    let mut pace = Pace { window, wait: teller.dice.below(window) };
    for block in blocks {
        match block {
            Block::Paragraph { text } | Block::Quote { text } => *text = change(teller, text, &mut pace),
            Block::List { items, .. } => items.iter_mut().for_each(|item| *item = change(teller, item, &mut pace)),
            Block::Heading { .. } | Block::Figure { .. } => {}
        }
    }
}

/// One change in every window of so many words.
struct Pace {
    window: usize,
    /// Words until the next change.
    wait: usize,
}

impl Pace {
    /// Whether this word is the one.
    fn is_due(&mut self, teller: &mut Teller) -> bool {
        if self.wait > 0 {
            self.wait -= 1;
            return false;
        }
        self.wait = self.window / 2 + teller.dice.below(self.window);
        true
    }
}

fn change(teller: &mut Teller, text: &str, pace: &mut Pace) -> String {
    let spaced = teller.language().is_spaced();
    let mut words: Vec<String> = if spaced {
        text.split(' ').map(str::to_owned).collect()
    } else {
        let chars: Vec<char> = text.chars().collect();
        chars.chunks(2).map(|pair| pair.iter().collect()).collect()
    };
    let mut at = 0;
    while at < words.len() {
        if pace.is_due(teller) {
            match teller.dice.below(4) {
                0 if words.len() > 4 => drop(words.remove(at)),
                1 if at + 1 < words.len() => words.swap(at, at + 1),
                2 => words[at] = filler(teller),
                _ => words.insert(at, filler(teller)),
            }
        }
        at += 1;
    }
    words.join(if spaced { " " } else { "" })
}

fn filler(teller: &mut Teller) -> String {
    let mut word = String::new();
    teller.write_list("filler", &mut word);
    word
}

/// Another hand's quotation marks and dashes.
pub(crate) fn retype(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '“' | '”' | '„' | '«' | '»' | '「' | '」' => '"',
            '’' | '‘' => '\'',
            '–' | '—' => '-',
            '\u{a0}' => ' ',
            other => other,
        })
        .collect()
}

/// [`retype`] on every block.
pub(crate) fn retype_blocks(blocks: &mut [Block]) {
    for block in blocks {
        match block {
            Block::Paragraph { text } | Block::Quote { text } | Block::Heading { text, .. } => *text = retype(text),
            Block::List { items, .. } => items.iter_mut().for_each(|item| *item = retype(item)),
            Block::Figure { .. } => {}
        }
    }
}
