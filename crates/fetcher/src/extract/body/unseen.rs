//! Texts that a page holds but does not show: declared in its structured data, or laid by for its program.

use super::voice::Trust;
use super::{blocks, choose, clutter, lines};
use crate::extract::dom::{self, Limits};
use article::Block;

/// Weight from which such a text is an article.
const ENOUGH: usize = 500;

/// Paragraph marks that a text laid by must hold.
const PARAGRAPHS: usize = 3;

/// The largest text read out of a program, in bytes.
const LARGEST: usize = 1024 * 1024;

/// The text that structured data declares, where the page shows far less.
pub(super) fn declared(text: &str, shown: usize) -> Option<Vec<Block>> {
    let chars = text.chars().filter(|c| !c.is_whitespace()).count();
    if chars < ENOUGH || shown * 3 > chars {
        return None;
    }
    if text.contains("<p") || text.contains("&lt;p") {
        return of_html(&html_escape::decode_html_entities(text));
    }
    let paragraphs = text.split('\n').map(article::squeeze).filter(|t| !t.is_empty());
    Some(paragraphs.map(|text| Block::Paragraph { text }).collect())
}

/// The longest text with paragraphs in a JSON string of the page's scripts: frameworks that draw a page in the
/// browser send its data along.
pub(super) fn in_programs(html: &str) -> Option<Vec<Block>> {
    of_html(&longest_literal(html, 0)?)
}

/// JSON written by careful servers escapes `<` as `\u003c`.
const MARK: &str = "u003cp";

fn longest_literal(text: &str, depth: usize) -> Option<String> {
    let mut best: Option<String> = None;
    let mut at = 0;
    while let Some(found) = text[at..].find(MARK).map(|i| at + i) {
        let Some((start, end)) = literal_around(text, found) else { break };
        at = end.max(found + MARK.len());
        let literal = &text[start..end];
        if literal.len() > LARGEST || literal.matches(MARK).count() < PARAGRAPHS {
            continue;
        }
        let Ok(value) = serde_json::from_str::<String>(&format!("\"{literal}\"")) else { continue };
        // Data inside data: escaped twice.
        let value = if value.contains(MARK) && depth < 2 { longest_literal(&value, depth + 1) } else { Some(value) };
        if let Some(value) = value.filter(|v| v.matches("<p").count() >= PARAGRAPHS)
            && best.as_ref().is_none_or(|b| value.len() > b.len())
        {
            best = Some(value);
        }
    }
    best
}

/// The string literal around a place: from the quote before it to the quote after, both unescaped.
fn literal_around(text: &str, at: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let unescaped = |i: usize| bytes[..i].iter().rev().take_while(|b| **b == b'\\').count() % 2 == 0;
    let start = (0..at).rev().find(|i| bytes[*i] == b'"' && unescaped(*i))? + 1;
    let end = (at..bytes.len()).find(|i| bytes[*i] == b'"' && unescaped(*i))?;
    Some((start, end))
}

/// A fragment of HTML as blocks.
fn of_html(html: &str) -> Option<Vec<Block>> {
    let dom = dom::parse(html, Limits { nodes: 20_000, depth: 128 });
    let mut lines = lines::split(&dom);
    clutter::judge(&dom, None, Trust::Names, &mut lines);
    let picked: Vec<usize> = (0..lines.len()).filter(|i| choose::stays(&lines[*i], "")).collect();
    let chars: usize = picked.iter().map(|i| lines[*i].chars).sum();
    (chars >= ENOUGH).then(|| blocks::build(&dom, &lines, &picked, 0, None))
}
