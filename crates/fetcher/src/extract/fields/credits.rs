//! Where the text comes from, as the page says it: evidence for the primary source.

use super::identity::absolute;
use crate::extract::body::Body;
use crate::extract::facts::Facts;
use crate::extract::jsonld::Thing;
use article::{Block, CanonicalUrl, PrimaryHints};
use url::Url;

/// Hints of each kind that are kept.
const MAX: usize = 8;

/// Characters up to which a credit's name is one.
const MAX_NAME: usize = 60;

/// What precedes a source's name at the end or the beginning of a text.
const PHRASES: &[&str] = &[
    "originally published on",
    "originally published by",
    "originally published in",
    "originally appeared on",
    "originally appeared in",
    "first published on",
    "first published by",
    "first published in",
    "first appeared on",
    "first appeared in",
    "this article was published by",
    "republished from",
    "republished with permission from",
    "read the original article on",
    "read the original at",
    "source:",
    "sources:",
    "quelle:",
    "quellen:",
    "fuente:",
    "fonte:",
    "bron:",
    "źródło:",
    "источник:",
    "джерело:",
    "kaynak:",
    "المصدر:",
    "来源：",
    "来源:",
    "via:",
];

/// Gathers them. `foreign` are addresses on other sites that the page calls its canonical; a credit to one of
/// the `site`'s own names says nothing.
pub(crate) fn credits(
    facts: &Facts<'_>,
    ld: Option<Thing<'_>>,
    page: &CanonicalUrl,
    foreign: Vec<CanonicalUrl>,
    site: &[String],
    body: &Body,
) -> PrimaryHints {
    let mut hints = PrimaryHints { urls: foreign, credits: Vec::new() };
    let base = page.url();
    let mut named: Vec<String> = Vec::new();
    if let Some(article) = ld {
        named.extend(article.addresses("isBasedOn"));
        named.extend(article.addresses("isBasedOnUrl"));
    }
    named.extend(facts.meta_texts(&["original-source", "syndication-source"]));
    named.extend(facts.rel("syndication").filter_map(|id| facts.dom.attr(id, "href")).map(str::to_owned));
    for text in named {
        add_url(&mut hints, &text, page, base.as_ref());
    }
    let mut credit = |name: &str| {
        let name = first_name(name);
        let own = site.iter().any(|s| article::normalise(s) == article::normalise(&name));
        let fits = !own && (2..=MAX_NAME).contains(&name.chars().count()) && name.chars().any(char::is_alphabetic);
        if fits
            && hints.credits.len() < MAX
            && !hints.credits.iter().any(|c| article::normalise(c) == article::normalise(&name))
        {
            hints.credits.push(name);
        }
    };
    let blocks = body.blocks.iter().filter(|b| b.is_prose()).map(Block::text);
    let prose: Vec<String> = body.lead.clone().into_iter().chain(blocks).collect();
    // An agency's line stands at the beginning: “BERLIN, May 3 (Reuters) - …”.
    for text in prose.iter().take(3) {
        if let Some(agency) = dateline_agency(text) {
            credit(agency);
        }
    }
    // Credits stand at the ends.
    let ends = prose.iter().take(2).chain(prose.iter().rev().take(4)).chain(&body.credits);
    for text in ends {
        if let Some(name) = after_phrase(text) {
            credit(name);
        }
        if let Some(name) = closing_bracket(text) {
            credit(name);
        }
    }
    for source in ld.map(|a| a.texts("sourceOrganization")).unwrap_or_default() {
        credit(&source);
    }
    hints.urls.truncate(MAX);
    hints
}

fn add_url(hints: &mut PrimaryHints, text: &str, page: &CanonicalUrl, base: Option<&Url>) {
    let Some(url) = absolute(base, text).and_then(|u| CanonicalUrl::from_url(u).ok()) else { return };
    if !url.same_site(page) && !hints.urls.contains(&url) {
        hints.urls.push(url);
    }
}

/// `BERLIN, May 3 (Reuters) - …`, `NAIROBI (AP) — …`: a name in brackets, followed by a dash, near the start.
fn dateline_agency(text: &str) -> Option<&str> {
    let open = text.char_indices().take(80).find(|(_, c)| *c == '(')?.0;
    let close = open + text[open..].find(')')?;
    let name = &text[open + 1..close];
    let rest = text[close + 1..].trim_start();
    let dashed = rest.starts_with(['-', '–', '—', '―']);
    (dashed && name.chars().count() <= 30 && name.starts_with(|c: char| c.is_uppercase())).then_some(name)
}

fn after_phrase(text: &str) -> Option<&str> {
    let lower = text.to_lowercase();
    // Lower case may move bytes; only where it does not are positions in both the same.
    if lower.len() != text.len() || text.chars().count() > 400 {
        return None;
    }
    PHRASES.iter().find_map(|phrase| {
        let at = lower.find(phrase)?;
        let labels_line = phrase.ends_with([':', '：']);
        if labels_line && at > 0 {
            return None;
        }
        let rest = text.get(at + phrase.len()..)?.trim_start();
        let end = rest.find(['.', ',', ';', '(', '\n', '|']).unwrap_or(rest.len());
        let name = rest[..end].trim();
        (!name.is_empty()).then_some(name)
    })
}

/// A last line that ends in `(dpa/AFP)` or is it: an agency's mark, all short words of one case.
fn closing_bracket(text: &str) -> Option<&str> {
    let inner = text.trim_end().strip_suffix([')', '）'])?;
    let open = inner.rfind(['(', '（'])?;
    let name = inner[open..].trim_start_matches(['(', '（']);
    let mark = |word: &str| {
        let letters = word.chars().count();
        let shouted = (2..=6).contains(&letters) && word.chars().all(|c| c.is_uppercase());
        let quiet = (2..=5).contains(&letters) && word.chars().all(char::is_lowercase);
        let named = (4..=10).contains(&letters)
            && word.chars().all(char::is_alphabetic)
            && word.starts_with(char::is_uppercase);
        shouted || quiet || named
    };
    let words: Vec<&str> = name.split(['/', ',', ' ']).filter(|w| !w.is_empty()).collect();
    ((1..=3).contains(&words.len()) && words.iter().all(|w| mark(w))).then_some(name)
}

/// The name at the beginning of what follows a credit: words with capitals and the small ones between them.
fn first_name(text: &str) -> String {
    let text = article::squeeze(text.trim_matches(|c: char| !c.is_alphanumeric() && c != ')' && c != '('));
    let words: Vec<&str> = text.split(' ').collect();
    let small = |w: &&&str| {
        matches!(
            **w,
            "of" | "the"
                | "and"
                | "der"
                | "die"
                | "das"
                | "und"
                | "de"
                | "la"
                | "le"
                | "du"
                | "del"
                | "di"
                | "et"
                | "y"
                | "&"
        )
    };
    let is_name = |w: &&&str| small(w) || !w.starts_with(char::is_lowercase);
    let count = words.iter().take_while(is_name).count().max(1);
    let mut kept = &words[..count];
    while kept.len() > 1 && kept.last().is_some_and(|w| small(&w)) {
        kept = &kept[..kept.len() - 1];
    }
    kept.join(" ")
}
