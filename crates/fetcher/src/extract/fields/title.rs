//! The headline, without the site's name.

use crate::extract::dom::{NodeId, Tag};
use crate::extract::facts::Facts;
use crate::extract::jsonld::Thing;
use crate::extract::order::{Because, Field, Origin, first};
use crate::extract::words;

/// Characters beyond which a text is no headline.
const MAX: usize = 400;

/// Marks that part a headline from the site's name.
const BARS: &[&str] = &[
    " | ", " - ", " – ", " — ", " :: ", " » ", " « ", " · ", " • ", " / ", " ‹ ", " › ", " > ", " ｜ ", "｜", "--",
    "_", " : ",
];

/// The headline. `site` are names of the site, to be cut from the ends.
pub(crate) fn title(
    facts: &Facts<'_>,
    ld: Option<Thing<'_>>,
    site: &[String],
    entry: Option<&str>,
    because: &mut Vec<Because>,
) -> Option<String> {
    let declared = declared(facts, ld, site);
    first(Field::Title, because, |origin| {
        match origin {
            Origin::Page => heading(facts, &declared, entry).map(|t| (t, "h1".to_owned())),
            Origin::JsonLd => {
                ld.and_then(|a| a.text("headline").or_else(|| a.text("name"))).map(|t| (t, "headline".to_owned()))
            }
            Origin::OpenGraph => facts.meta_text(&["og:title"]).map(|t| (t, "og:title".to_owned())),
            Origin::Twitter => facts.meta_text(&["twitter:title"]).map(|t| (t, "twitter:title".to_owned())),
            Origin::Microdata => facts
                .prop("headline")
                .map(|id| facts.prop_value(id))
                .find(|t| !t.is_empty())
                .map(|t| (t, "itemprop=headline".to_owned())),
            Origin::Meta => facts
                .meta_text(&["dc.title", "dcterms.title", "parsely-title", "sailthru.title", "title"])
                .map(|t| (t, "meta title".to_owned())),
            Origin::TitleTag => facts.title.clone().map(|t| (t, "title".to_owned())),
            Origin::Entry => entry.map(|t| (words::plain(t), "the feed's entry".to_owned())),
            _ => None,
        }
        .map(|(t, why)| (without_site(&t, site), why))
        .filter(|(t, _)| fits(t))
    })
}

fn fits(title: &str) -> bool {
    !title.is_empty() && title.chars().count() <= MAX && title.chars().any(char::is_alphanumeric)
}

/// What the head of the page calls it, site's name cut.
fn declared(facts: &Facts<'_>, ld: Option<Thing<'_>>, site: &[String]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    out.extend(ld.and_then(|a| a.text("headline")));
    out.extend(facts.meta_text(&["og:title"]));
    out.extend(facts.meta_text(&["twitter:title"]));
    out.extend(facts.title.clone());
    out.iter().map(|t| article::normalise(&without_site(t, site))).filter(|t| !t.is_empty()).collect()
}

/// The heading that is the headline: of several, the one nearest to what the head declares.
fn heading(facts: &Facts<'_>, declared: &[String], entry: Option<&str>) -> Option<String> {
    let entry = entry.map(article::normalise);
    let known: Vec<&String> = declared.iter().chain(entry.iter()).collect();
    let mut best: Option<(f32, String)> = None;
    for id in facts.h1.iter().copied().take(20) {
        let text = heading_text(facts, id);
        if !fits(&text) {
            continue;
        }
        let normal = article::normalise(&text);
        let likeness = known.iter().map(|k| likeness(&normal, k)).fold(0.0, f32::max);
        if best.as_ref().is_none_or(|(b, _)| likeness > *b) {
            best = Some((likeness, text));
        }
    }
    let (likeness, text) = best?;
    (likeness >= 0.5 || known.is_empty()).then_some(text)
}

/// A heading's text without what is only for screen readers or of other elements' kind.
fn heading_text(facts: &Facts<'_>, id: NodeId) -> String {
    let dom = facts.dom;
    let text = dom.text_of(id);
    if text.is_empty() {
        // A logo as the first heading: its alternative text is the site's name, not a headline.
        debug_assert!(dom.tag(id) == Tag::H1);
    }
    text
}

/// Share of words that two normalised texts have in common, of the longer.
pub(crate) fn likeness(a: &str, b: &str) -> f32 {
    if a == b {
        return 1.0;
    }
    let (x, y): (Vec<&str>, Vec<&str>) = (a.split(' ').collect(), b.split(' ').collect());
    if x.len() <= 2 || y.len() <= 2 {
        // Scripts without spaces: by characters.
        let (x, y): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
        let common = x.iter().filter(|c| y.contains(c)).count();
        return common as f32 / x.len().max(y.len()).max(1) as f32;
    }
    let common = x.iter().filter(|w| y.contains(w)).count();
    common as f32 / x.len().max(y.len()) as f32
}

/// Cuts the site's name, and what a bar parts from the headline with it.
pub(crate) fn without_site(title: &str, site: &[String]) -> String {
    let mut title = article::squeeze(title);
    for _ in 0..3 {
        let Some(shorter) = cut_once(&title, site) else { break };
        title = shorter;
    }
    title
}

fn cut_once(title: &str, site: &[String]) -> Option<String> {
    let names: Vec<String> = site.iter().map(|s| squash(s)).filter(|s| !s.is_empty()).collect();
    for bar in BARS {
        if let Some(at) = title.rfind(bar) {
            let (head, tail) = (&title[..at], &title[at + bar.len()..]);
            if names.iter().any(|n| *n == squash(tail)) && !squash(head).is_empty() {
                return Some(head.trim().to_owned());
            }
        }
        if let Some(at) = title.find(bar) {
            let (head, tail) = (&title[..at], &title[at + bar.len()..]);
            if names.iter().any(|n| *n == squash(head)) && !squash(tail).is_empty() {
                return Some(tail.trim().to_owned());
            }
        }
    }
    None
}

/// Letters and digits only, in lower case: `The Daily News`, `thedailynews.com` and `Daily-News` come close.
fn squash(name: &str) -> String {
    let normal = article::normalise(name);
    let normal = normal.strip_prefix("the ").unwrap_or(&normal);
    normal.chars().filter(|c| c.is_alphanumeric()).collect()
}
