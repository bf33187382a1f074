//! Which element is the article, and which of its lines stay.

use super::lines::{Kind, Line};
use crate::extract::dom::{Dom, NodeId, Tag};
use crate::extract::facts::Facts;

/// What was picked.
pub(super) struct Picked {
    /// Indices of the lines that are the article's text, in order, without the standfirst.
    pub(super) lines: Vec<usize>,
    /// The standfirst.
    pub(super) lead: Option<String>,
    /// For people.
    pub(super) how: String,
}

/// How much a line speaks for the element it is in.
fn weight(line: &Line) -> f32 {
    let chars = line.chars as f32;
    let links = line.link_share();
    if line.clutter {
        return -0.3 * chars.min(400.0) - 2.0;
    }
    match line.kind {
        Kind::Heading(_) => 0.0,
        Kind::Caption => -4.0,
        Kind::Text | Kind::Quote | Kind::Item | Kind::Cell => {
            if links > 0.5 {
                -0.5 * chars.min(200.0) - 5.0
            } else if chars >= 60.0 || (chars >= 25.0 && line.ends_sentence()) {
                let share = if line.kind == Kind::Text || line.kind == Kind::Quote { 1.0 } else { 0.5 };
                chars * (1.0 - links) * share
            } else {
                -6.0
            }
        }
    }
}

/// The element whose lines together weigh most; of equals the innermost.
pub(super) fn container(dom: &Dom, _facts: &Facts<'_>, lines: &[Line]) -> NodeId {
    let mut sums = vec![0.0f32; dom.len() + 1];
    for line in lines {
        sums[line.at + 1] += weight(line);
    }
    for i in 1..sums.len() {
        sums[i] += sums[i - 1];
    }
    let mut best = (0, f32::MIN);
    for id in 0..dom.len() {
        if !matches!(dom.tag(id), Tag::None | Tag::Text) && dom.tag(id).is_block() {
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
    facts: &Facts<'_>,
    lines: &[Line],
    container: NodeId,
    title: &str,
    summaries: &[String],
) -> Picked {
    let title = article::normalise(title);
    let summaries: Vec<String> = summaries.iter().map(|s| article::normalise(s)).filter(|s| s.len() >= 20).collect();
    let in_container = |line: &Line| dom.within(line.at, container);
    let mut picked: Vec<usize> = Vec::new();
    for (i, line) in lines.iter().enumerate().filter(|(_, l)| in_container(l)) {
        if line.clutter || line.kind == Kind::Caption || line.kind == Kind::Heading(1) {
            continue;
        }
        let normal = article::normalise(&line.text);
        if normal.is_empty() || normal == title {
            continue;
        }
        if line.link_share() > 0.7 && !(line.chars > 80 && line.ends_sentence()) {
            continue;
        }
        picked.push(i);
    }
    // Headings at the end head nothing.
    while picked.last().is_some_and(|i| matches!(lines[*i].kind, Kind::Heading(_))) {
        picked.pop();
    }
    let lead = lead(facts, lines, &picked, &summaries);
    Picked { lines: picked, lead, how: format!("lines of <{}>", dom.name(container)) }
}

/// A line above the text that says what a summary says.
fn lead(facts: &Facts<'_>, lines: &[Line], picked: &[usize], summaries: &[String]) -> Option<String> {
    let first = *picked.first()?;
    let h1 = facts.h1.first().copied().unwrap_or(0);
    lines[..first]
        .iter()
        .filter(|l| l.at > h1 && !l.clutter)
        .find(|l| {
            let normal = article::normalise(&l.text);
            summaries.iter().any(|s| *s == normal)
        })
        .map(|l| l.text.clone())
}
