//! Which element is the article, and which of its lines stay.

use super::Known;
use super::agreement;
use super::lines::{Kind, Line};
use crate::extract::dom::{Dom, NodeId, Tag};

/// What was picked.
pub(super) struct Picked {
    /// Indices of the lines that are the article's text, in order, without the standfirst.
    pub(super) lines: Vec<usize>,
    /// The standfirst.
    pub(super) lead: Option<String>,
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
        Kind::Heading(_) => -3.0,
        Kind::Caption => -4.0,
        Kind::Text | Kind::Quote | Kind::Item | Kind::Cell => {
            if links > 0.5 {
                -0.5 * chars.min(200.0) - 5.0
            } else if chars >= 60.0 || line.ends_sentence() {
                let share = if line.kind == Kind::Text || line.kind == Kind::Quote { 1.0 } else { 0.5 };
                chars * (1.0 - links) * share
            } else {
                -6.0
            }
        }
    }
}

/// The element whose lines together weigh most; of equals the innermost.
pub(super) fn container(dom: &Dom, lines: &[Line]) -> NodeId {
    let mut sums = vec![0.0f32; dom.len() + 1];
    for line in lines {
        sums[line.at + 1] += weight(line);
    }
    for i in 1..sums.len() {
        sums[i] += sums[i - 1];
    }
    let mut best = (0, f32::MIN);
    for id in 0..dom.len() {
        if dom.tag(id).is_block() {
            let sum = sums[dom.end(id)] - sums[id];
            if sum >= best.1 {
                best = (id, sum);
            }
        }
    }
    best.0
}

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
    let run = heaviest_run(lines, &inside);
    let mut picked: Vec<usize> = run.iter().copied().filter(|i| stays(&lines[*i], &title)).collect();
    drop_empty_headings(lines, &mut picked);
    let mut how = format!("lines of <{}>", dom.name(container));
    if known.declared.is_some_and(|d| agreement::agree(lines, &mut picked, d)) {
        how.push_str(", less those that articleBody does not know");
        drop_empty_headings(lines, &mut picked);
    }
    let lead = lead(dom, lines, &mut picked, headline, known.summaries);
    Picked { lines: picked, lead, how }
}

/// The run of lines that weighs most: what comes before and after the text goes.
fn heaviest_run<'a>(lines: &[Line], inside: &'a [usize]) -> &'a [usize] {
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
    &inside[best]
}

fn stays(line: &Line, title: &str) -> bool {
    if line.clutter || line.kind == Kind::Caption || line.kind == Kind::Heading(1) {
        return false;
    }
    let normal = article::normalise(&line.text);
    if normal.is_empty() || normal == *title {
        return false;
    }
    line.link_share() <= 0.7 || (line.chars > 80 && line.ends_sentence())
}

/// A heading heads the text below it; one that is followed by another of its level or above heads nothing.
fn drop_empty_headings(lines: &[Line], picked: &mut Vec<usize>) {
    let mut next_level = Some(0);
    let mut keep = Vec::with_capacity(picked.len());
    for i in picked.iter().rev() {
        let level = match lines[*i].kind {
            Kind::Heading(level) => Some(level),
            _ => None,
        };
        match (level, next_level) {
            (Some(own), Some(next)) if next <= own => continue,
            _ => {}
        }
        next_level = level;
        keep.push(*i);
    }
    keep.reverse();
    *picked = keep;
}

/// The standfirst: a line between headline and text that says what a summary says, or whose class calls it
/// so. If it is the text's own first line it is taken out of there.
fn lead(
    dom: &Dom,
    lines: &[Line],
    picked: &mut Vec<usize>,
    headline: Option<NodeId>,
    summaries: &[String],
) -> Option<String> {
    let summaries: Vec<String> = summaries.iter().map(|s| article::normalise(s)).filter(|s| s.len() >= 20).collect();
    let first = *picked.first()?;
    let says_summary = |line: &Line| {
        let normal = article::normalise(&line.text);
        summaries.contains(&normal)
    };
    if let Some(headline) = headline {
        let above = lines[..first].iter().filter(|l| l.at > headline && l.kind != Kind::Caption && l.chars >= 25);
        let candidates: Vec<&Line> = above.collect();
        let found = candidates
            .iter()
            .find(|l| says_summary(l))
            .or_else(|| candidates.iter().find(|l| !l.clutter && named_lead(dom, l.owner)));
        if let Some(line) = found {
            return Some(line.text.clone());
        }
    }
    if says_summary(&lines[first]) && picked.len() > 2 {
        picked.remove(0);
        return Some(lines[first].text.clone());
    }
    None
}

/// Whether an element or one of its nearest parents is named as templates name the standfirst.
fn named_lead(dom: &Dom, owner: NodeId) -> bool {
    std::iter::once(owner).chain(dom.ancestors(owner)).take(3).any(|id| {
        matches!(
            dom.tag(id),
            Tag::P | Tag::Div | Tag::H2 | Tag::H3 | Tag::H4 | Tag::Span | Tag::Section | Tag::Header | Tag::Strong
        ) && ["class", "id", "itemprop", "data-testid"].iter().filter_map(|a| dom.attr(id, a)).any(|v| {
            crate::extract::words::class_words(v).any(|w| {
                matches!(
                    w.as_str(),
                    "lead"
                        | "lede"
                        | "standfirst"
                        | "subtitle"
                        | "subheadline"
                        | "subhead"
                        | "subheading"
                        | "deck"
                        | "dek"
                        | "intro"
                        | "introduction"
                        | "summary"
                        | "teaser"
                        | "abstract"
                        | "excerpt"
                        | "vorspann"
                        | "chapo"
                        | "chapeau"
                        | "entradilla"
                        | "bajada"
                        | "sottotitolo"
                        | "sommario"
                        | "ingress"
                        | "leadtext"
                        | "description"
                        | "sapo"
                        | "spot"
                )
            })
        })
    })
}
