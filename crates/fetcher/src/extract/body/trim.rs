//! What goes from the picked lines: strangers among the paragraphs, the tail, headings that head nothing.

use super::lines::{Kind, Line};
use super::phrases;
use crate::extract::dom::{Dom, Tag};

/// Share of the running text in `<p>` from which text in other elements is furniture.
const PARAGRAPHS_RULE: f32 = 0.8;

/// Where paragraphs are marked as such, text that stands in bare containers between them is not one.
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
    picked.retain(|i| {
        let line = &lines[*i];
        line.kind != Kind::Text || in_paragraph(i)
    });
}

/// Weight up to which a line may be a heading by its look.
const HEADING_LIKE: usize = 60;

/// Weight up to which a line may be a promotion.
const PROMOTION: usize = 450;

/// Most of the text that may follow a heading that ends articles.
const AFTER_HEADING: f32 = 0.5;

/// Most of the text that may follow one that boxes in the text have too.
const AFTER_BOX: f32 = 0.3;

/// Share of the text after which a promotion may be the end of it.
const LATE: f32 = 0.6;

/// Cuts what comes before the text and after it: disclosures, what follows a heading that ends articles
/// (“Related”, “About the author”), closing lines that promote, credit or announce.
pub(super) fn ends(lines: &[Line], picked: &mut Vec<usize>) {
    while picked.len() > 3 && phrases::discloses(&lines[picked[0]].text) {
        picked.remove(0);
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
