//! How much of a story a reader gets to see: the last gate before the page, whatever was stored.

use super::link::Picture;
use article::{Article, Block, Carry, CarryReason, Rights};

/// A block as printed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum BlockView {
    Heading { level: u8, text: String },
    Paragraph(String),
    Quote(Vec<String>),
    List { ordered: bool, items: Vec<String> },
    Figure(Picture),
}

/// What may be shown of `face` in a story credited to `primary`. A copy can't show what its primary source
/// keeps to itself, unless the copy's source is marked as licensed.
pub(crate) fn rights(face: &Article, primary: &Article, licensed: bool) -> Rights {
    let mut rights = face.rights.clone();
    let primary_signalled = primary.rights.reason != CarryReason::Source;
    if face.id != primary.id && primary_signalled && !licensed {
        rights.narrow(primary.rights.carry, CarryReason::PrimaryNotFree);
    }
    rights
}

/// The blocks that `carry` allows; of an excerpt the first `excerpt_chars` characters of running text.
pub(crate) fn blocks(article: &Article, carry: Carry, excerpt_chars: usize, pictures: bool) -> Vec<BlockView> {
    match carry {
        Carry::Headline => Vec::new(),
        Carry::Excerpt => excerpt(&article.blocks, excerpt_chars),
        Carry::Full => {
            let lead = article.image.as_ref().map(|i| i.url.as_str());
            article.blocks.iter().filter_map(|b| view(b, lead, pictures)).collect()
        }
    }
}

fn view(block: &Block, lead: Option<&str>, pictures: bool) -> Option<BlockView> {
    match block {
        Block::Heading { level, text } => {
            Some(BlockView::Heading { level: (*level).clamp(2, 6), text: filled(text)?.to_owned() })
        }
        Block::Paragraph { text } => Some(BlockView::Paragraph(filled(text)?.to_owned())),
        Block::Quote { text } => {
            Some(BlockView::Quote(filled(text)?.lines().filter_map(filled).map(str::to_owned).collect()))
        }
        Block::List { ordered, items } => {
            let items: Vec<String> = items.iter().filter_map(|i| filled(i)).map(str::to_owned).collect();
            (!items.is_empty()).then_some(BlockView::List { ordered: *ordered, items })
        }
        // The lead picture stands above the text; publishers often repeat it in the text.
        Block::Figure { url, .. } if !pictures || lead == Some(url.as_str()) => None,
        Block::Figure { url, caption } => Picture::in_text(url, caption.as_deref()).map(BlockView::Figure),
    }
}

fn filled(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|t| !t.is_empty())
}

/// The beginning, in whole paragraphs but for the last.
fn excerpt(blocks: &[Block], limit: usize) -> Vec<BlockView> {
    let mut out = Vec::new();
    let mut left = limit;
    for block in blocks {
        let Block::Paragraph { text } = block else { continue };
        let Some(text) = filled(text) else { continue };
        if left == 0 {
            break;
        }
        let length = text.chars().count();
        out.push(BlockView::Paragraph(shorten_to(text, left)));
        left = left.saturating_sub(length);
    }
    out
}

/// The text itself, or its beginning if it is longer than `limit` characters.
pub(crate) fn shorten_to(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit { text.to_owned() } else { shorten(text, limit) }
}

/// At most `limit` characters and an ellipsis, cut between words where the script has spaces.
fn shorten(text: &str, limit: usize) -> String {
    let cut: String = text.chars().take(limit).collect();
    let end = cut.rfind(char::is_whitespace).filter(|at| *at * 2 > cut.len()).unwrap_or(cut.len());
    format!("{}…", cut[..end].trim_end_matches(|c: char| c.is_whitespace() || c.is_ascii_punctuation()))
}
