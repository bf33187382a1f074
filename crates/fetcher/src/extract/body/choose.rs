//! Which element is the article, and which of its lines stay.

use super::Known;
use super::lines::{Kind, Line};
use super::sources::names_source;
use super::{agreement, lead, phrases, trim};
use crate::extract::dom::{Dom, NodeId, Tag};
use std::collections::BTreeMap;
use std::ops::Range;

/// What was picked.
pub(super) struct Picked {
    /// Indices of the lines that are the article's text, in order, without the standfirst.
    pub(super) lines: Vec<usize>,
    /// The standfirst.
    pub(super) lead: Option<String>,
    /// Lines that are no text but say where it comes from.
    pub(super) credits: Vec<String>,
    /// For people.
    pub(super) how: String,
}

/// How much a line speaks for what it is in.
fn weight(line: &Line) -> f32 {
    let chars = line.chars as f32;
    let links = line.link_share();
    if line.clutter {
        return -0.3 * chars.min(400.0) - 2.0;
    }
    match line.kind {
        // A heading that is a sentence says something itself, in lists of facts everything.
        Kind::Heading(_) if line.ends_sentence() && links < 0.5 => chars * 0.3,
        Kind::Heading(_) => -3.0,
        Kind::Caption => -4.0,
        Kind::Text | Kind::Quote | Kind::Item | Kind::Cell => {
            if links > 0.8 {
                -0.5 * chars.min(200.0) - 5.0
            } else if links > 0.5 {
                -6.0
            } else if chars >= 60.0 || line.ends_sentence() {
                let share = if line.kind == Kind::Text || line.kind == Kind::Quote { 1.0 } else { 0.5 };
                chars * (1.0 - links) * share
            } else {
                -6.0
            }
        }
    }
}

/// Share of the heaviest element's weight from which the one that is marked up with the headline is preferred.
const BESIDE_HEADLINE: f32 = 0.3;

/// The element whose lines together weigh most; of equals the innermost. One in the same `<article>` or
/// `<main>` as the headline is preferred to a heavier one elsewhere.
pub(super) fn container(dom: &Dom, lines: &[Line], headline: Option<NodeId>) -> NodeId {
    let mut sums = vec![0.0f32; dom.len() + 1];
    for line in lines {
        sums[line.at + 1] += weight(line);
    }
    for i in 1..sums.len() {
        sums[i] += sums[i - 1];
    }
    let heaviest = |from: NodeId, to: NodeId| {
        let mut best = (from, f32::MIN);
        for id in (from..to).filter(|id| holds_articles(dom.tag(*id))) {
            let sum = sums[dom.end(id)] - sums[id];
            if sum >= best.1 {
                best = (id, sum);
            }
        }
        best
    };
    let overall = heaviest(0, dom.len());
    let around = headline.and_then(|h| dom.ancestors(h).find(|a| matches!(dom.tag(*a), Tag::Article | Tag::Main)));
    if let Some(around) = around.filter(|a| !dom.within(overall.0, *a) && !dom.within(*a, overall.0)) {
        let near = heaviest(around, dom.end(around));
        if near.1 >= overall.1 * BESIDE_HEADLINE {
            return near.0;
        }
    }
    overall.0
}

/// A paragraph or an item is part of an article, never all of it.
fn holds_articles(tag: Tag) -> bool {
    tag.is_block()
        && tag.heading_level().is_none()
        && !matches!(
            tag,
            Tag::P
                | Tag::Li
                | Tag::Dt
                | Tag::Dd
                | Tag::Pre
                | Tag::Blockquote
                | Tag::Tr
                | Tag::Tbody
                | Tag::Ul
                | Tag::Ol
        )
}

/// Weight up to which a line may say where the text comes from.
const LONGEST_CREDIT: usize = 450;

/// The lines in `container` that stay.
pub(super) fn pick(
    dom: &Dom,
    lines: &[Line],
    container: NodeId,
    headline: Option<NodeId>,
    known: &Known<'_>,
) -> Picked {
    let title = article::normalise(known.title);
    let inside: Vec<usize> = (0..lines.len()).filter(|i| dom.within(lines[*i].at, container)).collect();
    let run = heaviest_run(dom, lines, &inside);
    let mut picked: Vec<usize> = run.iter().copied().filter(|i| stays(&lines[*i], &title)).collect();
    trim::strangers(dom, lines, &mut picked);
    trim::above(lines, &mut picked, headline);
    trim::outside(dom, lines, &mut picked);
    trim::ends(lines, &mut picked);
    trim::signposts(lines, &mut picked);
    trim::empty_headings(lines, &mut picked);
    let mut how = format!("lines of <{}>", dom.name(container));
    if known.declared.is_some_and(|d| agreement::agree(lines, &mut picked, d)) {
        how.push_str(", less those that articleBody does not know");
        trim::empty_headings(lines, &mut picked);
    }
    let lead = lead::find(dom, lines, &mut picked, headline, &title, known.summaries);
    // What is among the text is read there; here are the lines that were left out.
    let names = |i: usize, l: &Line| !l.clutter && picked.binary_search(&i).is_err() && names_source(&l.text);
    let says_whence = |i: &usize| {
        let line = &lines[*i];
        phrases::is_credit(&line.text, line.chars)
            || (line.chars <= LONGEST_CREDIT && (phrases::discloses(&line.text) || names(*i, line)))
    };
    let credits = inside.iter().copied().filter(says_whence).map(|i| lines[i].text.clone()).collect();
    Picked { lines: picked, lead, credits, how }
}

/// The run of lines that weighs most: what comes before and after the text goes.
fn heaviest_run<'a>(dom: &Dom, lines: &[Line], inside: &'a [usize]) -> &'a [usize] {
    let (mut best, mut best_sum) = (0..0, 0.0f32);
    let (mut start, mut sum) = (0, 0.0f32);
    for (n, i) in inside.iter().enumerate() {
        sum += weight(&lines[*i]);
        if sum <= 0.0 {
            (start, sum) = (n + 1, 0.0);
        } else if sum > best_sum {
            (best, best_sum) = (start..n + 1, sum);
        }
    }
    best.end = end_of_paragraphs(dom, lines, inside, best.clone());
    // A heading right above the first line belongs to it.
    let heads = best.start > 0 && matches!(lines[inside[best.start - 1]].kind, Kind::Heading(2..)) && !best.is_empty();
    &inside[best.start - usize::from(heads)..best.end]
}

/// Share of a run's paragraphs from which their parent is the element with the text.
const OF_ONE_PARENT: f32 = 0.67;

/// Where the run ends if the paragraphs after it that stand beside its own belong to it: a box before a short last
/// paragraph outweighs that.
fn end_of_paragraphs(dom: &Dom, lines: &[Line], inside: &[usize], run: Range<usize>) -> usize {
    let is_paragraph = |line: &Line| line.kind == Kind::Text && dom.tag(line.owner) == Tag::P && !line.clutter;
    let mut of_parent: BTreeMap<NodeId, usize> = BTreeMap::new();
    for line in inside[run.clone()].iter().map(|i| &lines[*i]).filter(|l| is_paragraph(l)) {
        *of_parent.entry(dom.parent(line.owner)).or_default() += 1;
    }
    let all: usize = of_parent.values().sum();
    let most = of_parent.into_iter().max_by_key(|(_, n)| *n);
    let Some((parent, _)) = most.filter(|(_, n)| *n as f32 >= all as f32 * OF_ONE_PARENT && *n > 1) else {
        return run.end;
    };
    let beside = |n: &usize| {
        let line = &lines[inside[*n]];
        let told = match line.kind {
            Kind::Quote => dom.within(line.at, parent),
            Kind::Item => dom.parent(dom.parent(line.owner)) == parent && line.link_share() == 0.0,
            _ => is_paragraph(line) && dom.within(line.at, parent) && line.ends_sentence(),
        };
        told && !line.clutter && line.link_share() < 0.5
    };
    (run.end..inside.len()).rev().find(beside).map_or(run.end, |n| n + 1)
}

pub(super) fn stays(line: &Line, title: &str) -> bool {
    if line.clutter || line.kind == Kind::Caption || line.kind == Kind::Heading(1) {
        return false;
    }
    if phrases::is_credit(&line.text, line.chars) {
        return false;
    }
    // Normalising is the dearest step here, and a long line is not the headline again.
    if line.chars <= title.len() {
        let normal = article::normalise(&line.text);
        if normal.is_empty() || normal == *title {
            return false;
        }
    }
    line.link_share() <= 0.7 || (line.chars > 80 && line.ends_sentence())
}
