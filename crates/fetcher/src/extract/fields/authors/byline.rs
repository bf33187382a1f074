//! What readers see of who wrote it.

use super::names::{names, signed};
use crate::extract::dom::{Dom, NodeId, Tag};
use crate::extract::facts::Facts;
use crate::extract::words::class_words;

/// Bylines: elements whose class says author or byline, the outermost, after the headline first; else the first line
/// below the headline that begins as bylines do.
pub(super) fn find(facts: &Facts<'_>) -> Vec<String> {
    let h1 = facts.h1.first().copied().unwrap_or(0);
    let after = bylines(facts.dom, h1, facts.dom.len());
    let found = if after.is_empty() { bylines(facts.dom, 0, h1) } else { after };
    found.into_iter().next().or_else(|| below_headline(facts.dom, h1)).unwrap_or_default()
}

/// Texts below the headline among which a byline is looked for.
const BELOW_HEADLINE: usize = 12;

/// What follows “By” in a text of its own below the headline, if names do.
fn below_headline(dom: &Dom, h1: NodeId) -> Option<Vec<String>> {
    let texts = (dom.end(h1)..dom.len()).filter_map(|id| dom.text(id)).map(article::squeeze);
    let texts = texts.filter(|t| !t.is_empty()).take(BELOW_HEADLINE);
    texts.filter(|t| t.chars().count() <= LONGEST_BYLINE).find_map(|t| signed(&t)).map(|names| vec![names])
}

/// Characters up to which an element is a byline.
const LONGEST_BYLINE: usize = 160;

/// What each byline between two nodes says, as texts that may be names.
fn bylines(dom: &Dom, from: NodeId, to: NodeId) -> Vec<Vec<String>> {
    let mut out = Vec::new();
    let mut id = from;
    while id < to && out.len() < 4 {
        let text = if is_byline(dom, id) { dom.text_of(id) } else { String::new() };
        if !text.is_empty() && text.chars().count() <= LONGEST_BYLINE {
            // Each name in an element of its own needs no comma to part it from the next.
            let leaves: Vec<String> = dom
                .descendants(id)
                .filter_map(|t| dom.text(t))
                .map(article::squeeze)
                .filter(|t| looks_like_name(t))
                .collect();
            let said: Vec<String> = if leaves.is_empty() { vec![text] } else { leaves };
            let said: Vec<String> = said.into_iter().filter(|t| !t.chars().any(|c| c.is_ascii_digit())).collect();
            if !names(&said).is_empty() {
                out.push(said);
            }
            id = dom.end(id);
        } else {
            id += 1;
        }
    }
    out
}

/// Two to four words, each with a capital: what a name looks like where capitals are written.
fn looks_like_name(text: &str) -> bool {
    let words: Vec<&str> = text.split(' ').collect();
    (2..=4).contains(&words.len())
        && words.iter().all(|w| {
            w.starts_with(char::is_uppercase)
                && w.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '.' | '\'' | '’'))
        })
}

fn is_byline(dom: &Dom, id: NodeId) -> bool {
    if matches!(dom.tag(id), Tag::None | Tag::Text | Tag::Script | Tag::Meta | Tag::Html | Tag::Body | Tag::Img) {
        return false;
    }
    ["class", "id", "data-testid", "rel"].iter().filter_map(|a| dom.attr(id, a)).any(|v| {
        let mut named = false;
        let mut other = false;
        for word in class_words(v) {
            named |= matches!(
                word.as_str(),
                "author"
                    | "authors"
                    | "byline"
                    | "autor"
                    | "autoren"
                    | "auteur"
                    | "autore"
                    | "writer"
                    | "reporter"
                    | "byauthor"
                    | "authorname"
            );
            named |= v.trim() == "by";
            other |= matches!(
                word.as_str(),
                "comment"
                    | "comments"
                    | "bio"
                    | "image"
                    | "img"
                    | "avatar"
                    | "related"
                    | "box"
                    | "photo"
                    | "icon"
                    | "social"
            );
        }
        named && !other
    })
}
