//! Columns and tickers: the same frame every day, and every day another text.

use crate::grammar::Teller;
use crate::story::Story;
use article::Block;

/// The weather, the markets or the stars.
pub(crate) fn daily(mut teller: Teller) -> Story {
    let (blocks, title) = match teller.dice.below(3) {
        0 => (sentences(&mut teller, "weather", 6), "weather.title"),
        1 => (sentences(&mut teller, "markets", 6), "markets.title"),
        _ => (signs(&mut teller), "horoscope.title"),
    };
    story(teller, title, blocks)
}

/// One edition of a live ticker.
pub(crate) fn ticker(mut teller: Teller) -> Story {
    let mut blocks = vec![Block::Paragraph { text: teller.say("tickerhead") }];
    // The newest entry stands first.
    let mut minute = teller.dice.between(19 * 60, 23 * 60);
    for _ in 0..8 + teller.dice.below(6) {
        minute -= teller.dice.between(4, 70);
        teller.set("hour", (minute / 60).to_string());
        teller.set("minute", format!("{:02}", minute % 60));
        blocks.push(Block::Paragraph { text: teller.say("ticker") });
    }
    story(teller, "ticker.title", blocks)
}

/// Every sentence of the column, in its order.
fn sentences(teller: &mut Teller, list: &'static str, count: usize) -> Vec<Block> {
    (0..count).map(|nth| Block::Paragraph { text: teller.say_nth(list, nth) }).collect()
}

/// A line for each of the twelve signs.
fn signs(teller: &mut Teller) -> Vec<Block> {
    (0..12).map(|_| Block::Paragraph { text: teller.say("horoscope") }).collect()
}

/// A column's headline and standfirst are two sayings of one list.
fn story(mut teller: Teller, titles: &'static str, blocks: Vec<Block>) -> Story {
    let (title, standfirst) = (teller.say(titles), teller.say(titles));
    let caption = teller.say("caption");
    Story { title, standfirst, blocks, authors: Vec::new(), caption, keywords: Vec::new() }
}
