//! Writing an original: headline, standfirst and body, and what a revision changes.

use crate::dice::Dice;
use crate::grammar::{Teller, capitalise};
use crate::language::Language;
use article::{Block, Section};

/// A text as its author handed it in.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    pub(crate) title: String,
    pub(crate) standfirst: String,
    /// Prose only; the lead picture belongs to the page.
    pub(crate) blocks: Vec<Block>,
    pub(crate) authors: Vec<String>,
    pub(crate) caption: String,
    pub(crate) keywords: Vec<String>,
}

/// What the sentences of a paragraph are about, a row for each paragraph after the lead. Rows are drawn
/// without order; the last paragraph looks ahead.
const PARAGRAPHS: [&[&str]; 10] = [
    &["fact", "quote"],
    &["fact", "fact", "fact"],
    &["background", "fact"],
    &["quote"],
    &["reaction", "fact"],
    &["quote", "fact"],
    &["background", "reaction"],
    &["fact", "reaction", "quote"],
    &["fact", "background", "fact"],
    &["reaction", "quote"],
];

/// Labels that keep the dice of one purpose apart from another's.
const BODY: u64 = 11;
const REVISION: u64 = 12;

/// Writes article `number` in its `revision`. The teller is handed back with its people and facts, for whoever
/// goes on with the same story: a copy's new headline.
pub(crate) fn write(seed: u64, number: u32, language: Language, section: Section, revision: u32) -> (Story, Teller) {
    let number = u64::from(number);
    let mut teller = Teller::new(language, section, Dice::new(seed, &[BODY, number]));
    let title = teller.say("headline");
    let standfirst = teller.say("standfirst");
    let mut blocks = vec![lead(&mut teller)];
    let mut rows: Vec<&[&str]> = PARAGRAPHS.to_vec();
    let length = 6 + teller.dice.below(5);
    for _ in 0..length {
        let at = teller.dice.below(rows.len());
        let row = rows.swap_remove(at);
        blocks.push(paragraph(&mut teller, row));
    }
    blocks.push(paragraph(&mut teller, &["outlook", "outlook"]));
    decorate(&mut teller, &mut blocks);
    let authors = authors(&mut teller);
    let caption = teller.say("caption");
    let keywords = (0..2 + teller.dice.below(3)).map(|_| teller.say("policy")).collect();
    for round in 1..=u64::from(revision) {
        teller.dice = Dice::new(seed, &[REVISION, number, round]);
        revise(&mut teller, &mut blocks);
    }
    (Story { title, standfirst, blocks, authors, caption, keywords }, teller)
}

/// The first paragraph: its first sentence begins anew behind the place it comes from.
fn lead(teller: &mut Teller) -> Block {
    let text = paragraph(teller, &["lead", "fact"]).text();
    let text = match text.split_once(" – ") {
        Some((place, rest)) => format!("{place} – {}", capitalise(rest)),
        None => text,
    };
    Block::Paragraph { text }
}

/// One paragraph of sentences of the named lists.
fn paragraph(teller: &mut Teller, lists: &[&'static str]) -> Block {
    let gap = teller.language().sentence_gap();
    let sentences: Vec<String> = lists.iter().map(|list| teller.say(list)).collect();
    Block::Paragraph { text: sentences.join(gap) }
}

/// Crossheads, a list, a quotation set apart: some have them.
fn decorate(teller: &mut Teller, blocks: &mut Vec<Block>) {
    if teller.dice.chance(25) {
        let text = teller.say("claimq");
        let at = 2 + teller.dice.below(blocks.len() - 2);
        blocks.insert(at, Block::Quote { text });
    }
    if teller.dice.chance(30) {
        let items = (0..3 + teller.dice.below(3)).map(|_| teller.say("listitem")).collect();
        let text = teller.say("listintro");
        let at = 1 + teller.dice.below(blocks.len() - 1);
        blocks.insert(at, Block::List { ordered: teller.dice.chance(25), items });
        blocks.insert(at, Block::Paragraph { text });
    }
    if teller.dice.chance(60) {
        let crossheads = 1 + teller.dice.below(2);
        for i in (1..=crossheads).rev() {
            let text = teller.say("crosshead");
            let at = i * blocks.len() / (crossheads + 1);
            if matches!(blocks.get(at), Some(Block::Paragraph { .. })) {
                blocks.insert(at, Block::Heading { level: 2, text });
            }
        }
    }
}

fn authors(teller: &mut Teller) -> Vec<String> {
    let mut authors = vec![teller.fact("p", "p6", 0)];
    if teller.dice.chance(20) {
        authors.push(teller.fact("p", "p7", 0));
    }
    authors
}

/// A change such as newspapers make: one paragraph rewritten, one added.
fn revise(teller: &mut Teller, blocks: &mut Vec<Block>) {
    let paragraphs: Vec<usize> = (1..blocks.len()).filter(|i| matches!(blocks[*i], Block::Paragraph { .. })).collect();
    let rewritten = teller.dice.pick(&paragraphs).copied();
    if let Some(block) = rewritten.and_then(|at| blocks.get_mut(at)) {
        *block = paragraph(teller, &["fact", "reaction"]);
    }
    let added = paragraph(teller, &["update"]);
    blocks.push(added);
}
