//! What goes from the picked lines: strangers among the paragraphs, the tail, headings that head nothing.

use super::lines::{Kind, Line};
use super::phrases;
use crate::extract::dom::{Dom, NodeId, Tag};
use crate::extract::fields::authors::signed;
use crate::extract::fields::dates::parse_date;

/// Share of the running text in `<p>` from which text in other elements is furniture.
const PARAGRAPHS_RULE: f32 = 0.8;

/// Weight from which a sentence in a table's cell is a paragraph that is not marked as one: old pages part paragraphs
/// with `<p>` and begin the first without.
const RUNNING: usize = 200;

/// Where paragraphs are marked as such, text that stands in bare containers between them is not one. A cell of a
/// table that holds the paragraphs is such a container.
pub(super) fn strangers(dom: &Dom, lines: &[Line], picked: &mut Vec<usize>) {
    let running = |i: &&usize| matches!(lines[**i].kind, Kind::Text);
    let in_paragraph = |i: &usize| dom.tag(lines[*i].owner) == Tag::P;
    let sum = |filter: &dyn Fn(&usize) -> bool| {
        picked.iter().filter(running).filter(|i| filter(i)).map(|i| lines[*i].chars).sum::<usize>() as f32
    };
    let all = sum(&|_| true);
    if all == 0.0 || sum(&in_paragraph) / all < PARAGRAPHS_RULE {
        return;
    }
    let paragraphs: Vec<NodeId> = picked.iter().filter(|i| in_paragraph(i)).map(|i| lines[*i].owner).collect();
    // Owners come in document order, so the first paragraph after a container's beginning tells.
    let holds_paragraphs = |id: NodeId| {
        let next = paragraphs.partition_point(|p| *p <= id);
        paragraphs.get(next).is_some_and(|p| dom.within(*p, id))
    };
    picked.retain(|i| {
        let line = &lines[*i];
        match line.kind {
            Kind::Text => in_paragraph(i),
            Kind::Cell => !holds_paragraphs(line.owner) || (line.chars >= RUNNING && line.ends_sentence()),
            _ => true,
        }
    });
}

/// Cuts what stands before the headline, where nearly all of the text stands below it.
pub(super) fn above(lines: &[Line], picked: &mut Vec<usize>, headline: Option<NodeId>) {
    let Some(headline) = headline else { return };
    let below = picked.partition_point(|i| lines[*i].at < headline);
    let sum = |picked: &[usize]| picked.iter().map(|i| lines[*i].chars).sum::<usize>();
    if holds_all(sum(&picked[below..]), sum(picked)) {
        picked.drain(..below);
    }
}

/// Share of the text from which the element that holds it holds all of it.
const HOLDS_ALL: f32 = 0.85;

/// The same where what is left weighs no more than a note does.
const HOLDS_MOST: f32 = 0.6;

/// Weight of a note.
const NOTE: usize = 200;

fn holds_all(held: usize, all: usize) -> bool {
    let share = held as f32 / all.max(1) as f32;
    share >= HOLDS_ALL || (share >= HOLDS_MOST && all - held <= NOTE)
}

/// Cuts what stands after the element that holds nearly all of the text, in an element of another kind: a note of the
/// house, closed comments. Where a text is parted by advertisements its parts are of one kind.
pub(super) fn outside(dom: &Dom, lines: &[Line], picked: &mut Vec<usize>) {
    let all: usize = picked.iter().map(|i| lines[*i].chars).sum();
    let mut before = 0;
    let middle = picked.iter().find(|i| {
        before += lines[**i].chars;
        before * 2 >= all
    });
    let Some(middle) = middle.map(|i| lines[*i].at) else { return };
    let held =
        |id: NodeId| picked.iter().map(|i| &lines[*i]).filter(|l| dom.within(l.at, id)).map(|l| l.chars).sum::<usize>();
    let holds = |id: &NodeId| dom.tag(*id).is_block() && holds_all(held(*id), all);
    let Some(holder) = dom.ancestors(middle).find(holds) else { return };
    let after = picked.partition_point(|i| lines[*i].at < dom.end(holder));
    let is_other = |i: &usize| {
        let line = &lines[*i];
        let around = dom.ancestors(line.at).find(|a| dom.within(holder, *a)).unwrap_or(0);
        let below =
            |id: NodeId| std::iter::once(id).chain(dom.ancestors(id)).take_while(|a| *a != around).last().unwrap_or(id);
        let (ours, theirs) = (below(holder), below(line.at));
        dom.name(ours) != dom.name(theirs) || dom.attr(ours, "class") != dom.attr(theirs, "class")
    };
    if picked[after..].iter().all(is_other) {
        picked.truncate(after);
    }
}

/// Weight up to which a line may be a heading by its look.
const HEADING_LIKE: usize = 60;

/// Weight up to which a line may be a byline or a date.
const LABEL: usize = 60;

/// Weight up to which a line may be a promotion.
const PROMOTION: usize = 450;

/// Most of the text that may follow a heading that ends articles.
const AFTER_HEADING: f32 = 0.5;

/// Most of the text that may follow one that boxes in the text have too.
const AFTER_BOX: f32 = 0.3;

/// Share of the text after which a promotion may be the end of it.
const LATE: f32 = 0.6;

/// Lines of a text among which bylines and dates stand.
const LABELS_WITHIN: usize = 3;

/// Whether a line only says who wrote the article or when.
fn is_label(line: &Line) -> bool {
    line.chars <= LABEL
        && !line.ends_sentence()
        && (signed(&line.text).is_some()
            || (line.text.chars().any(|c| c.is_ascii_digit()) && parse_date(&line.text).is_some()))
}

/// Cuts what comes before the text and after it: labels, disclosures, what follows a heading that ends articles
/// (“Related”, “About the author”), closing lines that promote, credit or announce.
pub(super) fn ends(lines: &[Line], picked: &mut Vec<usize>) {
    while picked.len() > 3 && phrases::discloses(&lines[picked[0]].text) {
        picked.remove(0);
    }
    // Byline and date stand below the standfirst, if there is one.
    if picked.len() > LABELS_WITHIN {
        let last = picked[LABELS_WITHIN - 1];
        picked.retain(|i| *i > last || !is_label(&lines[*i]));
    }
    if let Some(end) = end(lines, picked) {
        picked.truncate(end);
    }
    while let Some(last) = picked.last() {
        let line = &lines[*last];
        let promotes = line.chars <= PROMOTION && (phrases::promotes(&line.text) || phrases::discloses(&line.text));
        let heads_nothing = matches!(line.kind, Kind::Heading(_)) && !line.ends_sentence();
        let announces = line.chars <= HEADING_LIKE && line.text.ends_with(':');
        if !(promotes || heads_nothing || announces) || picked.len() <= 1 {
            break;
        }
        picked.pop();
    }
}

/// The first picked line that is after the article's end, if there is one.
fn end(lines: &[Line], picked: &[usize]) -> Option<usize> {
    let total: usize = picked.iter().map(|i| lines[*i].chars).sum();
    let share = |chars: usize| chars as f32 / total.max(1) as f32;
    let mut before = 0;
    for (n, i) in picked.iter().enumerate() {
        let line = &lines[*i];
        let after = share(total - before - line.chars);
        let heading = matches!(line.kind, Kind::Heading(_));
        if heading || line.chars <= HEADING_LIKE {
            let normal = article::normalise(&line.text);
            // A box in the text has such headings too; then the text goes on, and that is more than what is left
            // of a page after its article.
            let box_like = !heading || phrases::is_signpost(&normal);
            if after <= (if box_like { AFTER_BOX } else { AFTER_HEADING }) && phrases::ends_article(&normal) {
                return Some(n);
            }
        }
        let late = share(before) > LATE;
        if late && line.chars <= PROMOTION && phrases::asks(&line.text) {
            return Some(n);
        }
        before += line.chars;
    }
    None
}

/// Takes out lines that only point somewhere else.
pub(super) fn signposts(lines: &[Line], picked: &mut Vec<usize>) {
    picked.retain(|i| {
        let line = &lines[*i];
        line.chars > phrases::LONGEST_SIGNPOST || !phrases::is_signpost(&article::normalise(&line.text))
    });
}

/// A heading heads the text below it; one that is followed by another of its level or above heads nothing,
/// unless it is a sentence and says something by itself.
pub(super) fn empty_headings(lines: &[Line], picked: &mut Vec<usize>) {
    let mut next_level = Some(0);
    let mut keep = Vec::with_capacity(picked.len());
    for i in picked.iter().rev() {
        let level = match lines[*i].kind {
            Kind::Heading(level) => Some(level),
            _ => None,
        };
        match (level, next_level) {
            (Some(own), Some(next)) if next <= own && !lines[*i].ends_sentence() => continue,
            _ => {}
        }
        next_level = level;
        keep.push(*i);
    }
    keep.reverse();
    *picked = keep;
}
