//! The standfirst: what stands between headline and text and says what it is about.

use super::lines::{Kind, Line};
use crate::extract::dom::{Dom, NodeId, Tag};
use crate::extract::words::class_words;

/// Weight below which a line is no standfirst.
const SHORTEST: usize = 25;

/// Weight above which it is text.
const LONGEST: usize = 900;

/// Finds it: the first line after the headline that says what a summary says, or whose class calls it so. If it
/// is the text's own first line it is taken out of there.
pub(super) fn find(
    dom: &Dom,
    lines: &[Line],
    picked: &mut Vec<usize>,
    headline: Option<NodeId>,
    title: &str,
    summaries: &[String],
) -> Option<String> {
    let summaries: Vec<String> =
        summaries.iter().map(|s| article::normalise(s)).filter(|s| s.len() >= SHORTEST).collect();
    let first = *picked.first()?;
    let fits = |line: &Line| {
        if !(SHORTEST..=LONGEST).contains(&line.chars) || matches!(line.kind, Kind::Caption | Kind::Heading(1)) {
            return false;
        }
        let normal = article::normalise(&line.text);
        !title.contains(&normal)
            && (summaries.contains(&normal) || !line.clutter && line.link_share() < 0.5 && is_named(dom, line.owner))
    };
    // Up to the text's second line: a standfirst that ends as sentences do looks like its first.
    let until = picked.get(1).copied().unwrap_or(first);
    if let Some(i) = headline.and_then(|h| below_headline(dom, lines, until, h))
        && !title.contains(&article::normalise(&lines[i].text))
    {
        picked.retain(|p| *p != i);
        return Some(lines[i].text.clone());
    }
    if let Some(headline) = headline
        && let Some(line) = lines[..first].iter().filter(|l| l.at > headline).find(|l| fits(l))
    {
        return Some(line.text.clone());
    }
    if picked.len() > 2 && fits(&lines[first]) {
        picked.remove(0);
        return Some(lines[first].text.clone());
    }
    None
}

/// A second, long heading right below the headline, or a sentence in bold.
fn below_headline(dom: &Dom, lines: &[Line], until: usize, headline: NodeId) -> Option<usize> {
    let below = |i: &usize| lines[*i].at >= dom.end(headline) && !lines[*i].clutter && lines[*i].chars >= SHORTEST;
    let next = (0..until).find(below)?;
    let line = &lines[next];
    let stands_out = matches!(line.kind, Kind::Heading(2..)) || (line.bold && line.ends_sentence());
    (stands_out && (50..=LONGEST).contains(&line.chars) && line.link_share() < 0.5).then_some(next)
}

/// Whether an element or one of its nearest parents is named as templates name the standfirst.
fn is_named(dom: &Dom, owner: NodeId) -> bool {
    let around = std::iter::once(owner).chain(dom.ancestors(owner)).take(3);
    around.filter(|id| !matches!(dom.tag(*id), Tag::Body | Tag::Html | Tag::Article | Tag::Main)).any(|id| {
        let named = |value: &str| class_words(value).any(|w| NAMES.contains(&w.as_str()));
        ["class", "id", "itemprop", "data-testid"].iter().filter_map(|a| dom.attr(id, a)).any(named)
    })
}

/// The words by which templates name it.
const NAMES: &[&str] = &[
    "lead",
    "lede",
    "standfirst",
    "subtitle",
    "subheadline",
    "subhead",
    "subheading",
    "deck",
    "dek",
    "intro",
    "introduction",
    "summary",
    "teaser",
    "abstract",
    "excerpt",
    "vorspann",
    "chapo",
    "chapeau",
    "entradilla",
    "bajada",
    "sottotitolo",
    "sommario",
    "ingress",
    "leadtext",
    "sapo",
    "spot",
];
