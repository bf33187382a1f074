//! What of a further page is the article's: its text without what was read already.

use super::address::{is_part, is_whole};
use crate::extract::Extracted;
use crate::extract::fields::title::likeness;
use article::{Block, CanonicalUrl};
use std::collections::HashSet;

/// Characters from which a paragraph that was there already is the same and not a refrain.
const REFRAIN: usize = 24;

/// Characters up to which a line may say that the text goes on.
const TURNING: usize = 80;

/// Likeness of two headlines from which they are one.
const SAME_HEADLINE: f32 = 0.5;

/// Words for a page in lines like “Continue on page 2”.
const PAGE: &[&str] = &[
    "page",
    "pages",
    "seite",
    "página",
    "pagina",
    "sida",
    "side",
    "strona",
    "strony",
    "stránka",
    "sivu",
    "oldal",
    "sayfa",
    "страница",
    "сторінка",
];

/// What became of a further page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Joined {
    /// It is the article's.
    Text,
    /// Nothing is on it that was not read before.
    Nothing,
    /// It is something else.
    Another(&'static str),
}

/// Puts the text of the page at `address` below what is read already, if it is the same article.
pub(crate) fn join(whole: &mut Extracted, address: &CanonicalUrl, part: Extracted) -> Joined {
    if let Some(why) = differs(whole, address, &part, is_part) {
        return Joined::Another(why);
    }
    let known: HashSet<String> = whole.blocks.iter().filter_map(sameness).collect();
    let title = article::normalise(&whole.title);
    // A page without a standfirst has its first paragraph taken for one.
    let lead = part.subtitle.filter(|lead| whole.subtitle.as_ref() != Some(lead));
    let blocks: Vec<Block> =
        lead.map(|text| Block::Paragraph { text }).into_iter().chain(part.blocks).filter(|b| !turns_page(b)).collect();
    let fresh = |block: &Block| match sameness(block) {
        Some(same) => !known.contains(&same) && same != title,
        None => article::normalise(&block.text()) != title,
    };
    let more: Vec<Block> = blocks.into_iter().filter(fresh).collect();
    if !more.iter().any(|b| b.is_prose() && sameness(b).is_some()) {
        return Joined::Nothing;
    }
    while whole.blocks.last().is_some_and(turns_page) {
        whole.blocks.pop();
    }
    whole.blocks.extend(more);
    also_at(whole, address);
    whole.signals = std::mem::take(&mut whole.signals).and(part.signals);
    whole.truncated |= part.truncated;
    Joined::Text
}

/// Takes the text of the page that has all of it, if it has more and reserves no more.
pub(crate) fn take_whole(first: &mut Extracted, address: &CanonicalUrl, all: Extracted) -> Joined {
    if let Some(why) = differs(first, address, &all, |here, there| is_whole(here, there) || is_part(here, there)) {
        return Joined::Another(why);
    }
    // A page made for printing is often marked as not to be indexed: that is about that page.
    let more = all.signals.against.iter().any(|s| !first.signals.against.iter().any(|f| f.reason == s.reason));
    if more {
        return Joined::Another("it reserves what the first page does not");
    }
    if all.words() <= first.words() {
        return Joined::Nothing;
    }
    if first.subtitle.is_none() {
        first.subtitle = all.subtitle;
    }
    first.blocks = all.blocks;
    also_at(first, address);
    first.truncated |= all.truncated;
    Joined::Text
}

/// Why a page is not of this article. It says it is by its canonical address; one that calls itself by its own must
/// have the headline too. Two that were published at different times are two.
fn differs(
    whole: &Extracted,
    address: &CanonicalUrl,
    part: &Extracted,
    belongs: impl Fn(&CanonicalUrl, &CanonicalUrl) -> bool,
) -> Option<&'static str> {
    let aliases: Vec<CanonicalUrl> = whole.aliases.iter().filter_map(|a| CanonicalUrl::parse(a).ok()).collect();
    let mut own = std::iter::once(&whole.url).chain(&aliases);
    if !own.any(|mine| belongs(mine, address) || mine == address) {
        return Some("it leads to another address");
    }
    if part.url == whole.url {
        return None;
    }
    if let (Some(a), Some(b)) = (&whole.published, &part.published)
        && a.at != b.at
    {
        return Some("it was published at another time");
    }
    if part.url != *address && !belongs(&whole.url, &part.url) {
        return Some("it calls another address canonical");
    }
    let (a, b) = (article::normalise(&whole.title), article::normalise(&part.title));
    let same = a.contains(&b) || b.contains(&a) || likeness(&a, &b) >= SAME_HEADLINE;
    (!same).then_some("it has another headline")
}

/// In which form two blocks are compared; none of one that may well be there twice.
fn sameness(block: &Block) -> Option<String> {
    match block {
        Block::Figure { url, .. } => Some(url.clone()),
        block => {
            let normal = article::normalise(&block.text());
            (normal.chars().count() >= REFRAIN).then_some(normal)
        }
    }
}

/// Whether it only says where the text goes on, or which page this is: “Continue on page 2”, “Page 2 of 5”.
fn turns_page(block: &Block) -> bool {
    let text = block.text();
    if !block.is_prose() || text.chars().count() > TURNING || text.ends_with('.') {
        return false;
    }
    let normal = article::normalise(&text);
    let words: Vec<&str> = normal.split(' ').collect();
    let numbered = |pair: &[&str]| PAGE.contains(&pair[0]) && pair[1].parse::<u32>().is_ok();
    words.len() <= 8 && (words.windows(2).any(numbered) || matches!(words.as_slice(), ["next", "page"]))
}

fn also_at(whole: &mut Extracted, address: &CanonicalUrl) {
    let address = address.to_string();
    if address != whole.url.as_str() && !whole.aliases.contains(&address) {
        whole.aliases.push(address);
    }
}
