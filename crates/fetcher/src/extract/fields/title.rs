//! The headline, without the site's name.

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
///
/// The first origin that has one gives it, and then JSON-LD and Open Graph may correct it: they tell whether a
/// kicker before a heading belongs to it, and where they have another headline the one that says more is taken.
pub(crate) fn title(
    facts: &Facts<'_>,
    ld: Option<Thing<'_>>,
    site: &[String],
    entry: Option<&str>,
    because: &mut Vec<Because>,
) -> Option<String> {
    let candidate = |origin: Origin| candidate(facts, ld, site, entry, origin);
    let first = first(Field::Title, because, candidate)?;
    let rivals: Vec<(Origin, String, String)> = [Origin::OpenGraph, Origin::JsonLd]
        .into_iter()
        .filter_map(|o| candidate(o).map(|(t, why)| (o, t, why)))
        .collect();
    let texts: Vec<&str> = rivals.iter().map(|(_, t, _)| t.as_str()).collect();
    let Some((better, index)) = correct(&first, &texts) else { return Some(first) };
    because.retain(|b| b.field != Field::Title);
    let (origin, detail) = rivals
        .get(index)
        .map_or((Origin::Page, "what h1 and og:title share".to_owned()), |(o, _, why)| (*o, why.clone()));
    because.push(Because { field: Field::Title, origin, detail });
    Some(better)
}

fn candidate(
    facts: &Facts<'_>,
    ld: Option<Thing<'_>>,
    site: &[String],
    entry: Option<&str>,
    origin: Origin,
) -> Option<(String, String)> {
    let meta = |name: &str| facts.meta_text(&[name]).map(|t| (t, name.to_owned()));
    match origin {
        Origin::Page => heading(facts, ld, site, entry).map(|t| (t, "h1".to_owned())),
        Origin::JsonLd => {
            ld.and_then(|a| a.text("headline").or_else(|| a.text("name"))).map(|t| (t, "headline".to_owned()))
        }
        Origin::OpenGraph => meta("og:title"),
        Origin::Twitter => meta("twitter:title"),
        Origin::Microdata => facts
            .prop("headline")
            .map(|id| facts.prop_value(id))
            .find(|t| !t.is_empty())
            .map(|t| (t, "itemprop=headline".to_owned())),
        Origin::Meta => facts
            .meta_text(&["dc.title", "dcterms.title", "parsely-title", "sailthru.title", "title"])
            .map(|t| (t, "meta title".to_owned())),
        Origin::TitleTag => {
            facts.title.as_deref().map(|t| (without_section(&without_site(t, site)), "title".to_owned()))
        }
        Origin::Entry => entry.map(|t| (words::plain(t), "the feed's entry".to_owned())),
        Origin::Link | Origin::Address | Origin::Header | Origin::Detection => None,
    }
    .map(|(t, why)| (without_site(&t, site), why))
    .filter(|(t, _)| fits(t))
}

/// Share of words from which two headlines are the same in other words.
const SAME: f32 = 0.6;

/// A better headline out of the rivals (Open Graph's, then JSON-LD's), and which of them it is (their number if
/// it is none's own).
fn correct(head: &str, rivals: &[&str]) -> Option<(String, usize)> {
    let normal = article::normalise(head);
    let others: Vec<String> = rivals.iter().map(|r| article::normalise(r)).collect();
    let take = |i: usize| Some((rivals[i].to_owned(), i));
    let all_rivals_agree = others.len() > 1 && others.iter().all(|o| *o == others[0]);
    if others.is_empty() || others.iter().all(|o| *o == normal) {
        return None;
    }
    // “Kicker – headline” in one place, “headline” in another: what two of them say.
    for (i, other) in others.iter().enumerate().filter(|(_, o)| **o != normal && words_of(o) >= 3) {
        if ends_with_words(&normal, other) && !others.contains(&normal) {
            return take(i);
        }
        if ends_with_words(other, &normal) && all_rivals_agree {
            return take(i);
        }
    }
    if !others.contains(&normal)
        && let Some(shared) = rivals.iter().find_map(|r| shared_end(head, r))
    {
        return Some((shared, rivals.len()));
    }
    if all_rivals_agree {
        return take(0);
    }
    let differing: Vec<usize> =
        (0..others.len()).filter(|i| others[*i] != normal && !others[*i].contains(&normal)).collect();
    // Three different headlines: the one that readers see. (Two that differ from it differ from each other here.)
    let &[other] = differing.as_slice() else { return None };
    if likeness(&normal, &others[other]) >= SAME {
        // The same in other words: Open Graph's are the ones chosen for readers who see nothing else.
        return if other == 0 && rivals.len() > 1 || rivals.len() == 1 { take(other) } else { None };
    }
    // Of two really different headlines the longer one says more.
    let longer = words_of(&others[other]) > words_of(&normal) && rivals[other].chars().count() <= 200;
    if longer { take(other) } else { None }
}

/// Whether `whole` is a few words and then `end`.
fn ends_with_words(whole: &str, end: &str) -> bool {
    whole.strip_suffix(end).is_some_and(|kicker| kicker.ends_with(' ') && words_of(kicker) <= 5)
}

fn words_of(normal: &str) -> usize {
    normal.split(' ').filter(|w| !w.is_empty()).count()
}

/// Two different kickers before the same headline: the headline.
fn shared_end(a: &str, b: &str) -> Option<String> {
    const KICKER: usize = 4;
    let parts = |t: &str| -> Vec<String> {
        [": ", " - ", " – ", " — ", " | "]
            .iter()
            .filter_map(|bar| t.split_once(bar))
            .filter(|(kicker, _)| words_of(&article::normalise(kicker)) <= KICKER)
            .map(|(_, rest)| rest.trim().to_owned())
            .collect()
    };
    let theirs: Vec<String> = parts(b).iter().map(|t| article::normalise(t)).collect();
    parts(a).into_iter().find(|t| words_of(&article::normalise(t)) >= 4 && theirs.contains(&article::normalise(t)))
}

fn fits(title: &str) -> bool {
    !title.is_empty() && title.chars().count() <= MAX && title.chars().any(char::is_alphanumeric)
}

/// The heading that is the headline: of several, the one nearest to what the page's head declares.
fn heading(facts: &Facts<'_>, ld: Option<Thing<'_>>, site: &[String], entry: Option<&str>) -> Option<String> {
    let declared = [
        ld.and_then(|a| a.text("headline")),
        facts.meta_text(&["og:title"]),
        facts.meta_text(&["twitter:title"]),
        facts.title.clone(),
        entry.map(str::to_owned),
    ];
    let known: Vec<String> = declared
        .iter()
        .flatten()
        .map(|t| article::normalise(&without_site(t, site)))
        .filter(|t| !t.is_empty())
        .collect();
    let mut best: Option<(f32, String)> = None;
    for id in facts.h1.iter().copied().take(20) {
        let text = facts.dom.text_of(id);
        let normal = article::normalise(&text);
        let is_site = site.iter().any(|s| squash(s) == squash(&text));
        if !fits(&text) || is_site {
            continue;
        }
        let likeness = known.iter().map(|k| likeness(&normal, k)).fold(0.0, f32::max);
        if best.as_ref().is_none_or(|(b, _)| likeness > *b) {
            best = Some((likeness, text));
        }
    }
    let (likeness, text) = best?;
    // The page's only heading is its headline, whatever its head says for those who search and share.
    // Short ones may be labels.
    let alone = facts.h1.len() == 1 && words_of(&article::normalise(&text)) >= 4;
    let enough = if facts.h1.len() == 1 { 0.3 } else { 0.5 };
    (likeness >= enough || alone || known.is_empty()).then_some(text)
}

/// Share of words that two normalised texts have in common, of the longer.
pub(crate) fn likeness(a: &str, b: &str) -> f32 {
    if a == b {
        return 1.0;
    }
    let (x, y): (Vec<&str>, Vec<&str>) = (a.split(' ').collect(), b.split(' ').collect());
    let unspaced =
        |t: &str| t.chars().any(|c| matches!(u32::from(c), 0x0E00..=0x0EFF | 0x3040..=0x30FF | 0x3400..=0x9FFF));
    if unspaced(a) {
        // Scripts without spaces: by characters.
        let (x, y): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
        let common = x.iter().filter(|c| y.contains(c)).count();
        return common as f32 / x.len().max(y.len()).max(1) as f32;
    }
    let common = x.iter().filter(|w| y.contains(w)).count();
    common as f32 / x.len().max(y.len()) as f32
}

/// Cuts what a bar parts from the headline where nobody says what the site is called: the shorter end.
fn without_section(title: &str) -> String {
    for bar in [" | ", " » ", " « ", " :: ", " · ", " — ", " – ", " - "] {
        if let Some((head, _)) = title.rsplit_once(bar) {
            if words_of(&article::normalise(head)) >= 3 {
                return head.to_owned();
            }
            if let Some((_, tail)) = title.split_once(bar).filter(|(_, tail)| words_of(&article::normalise(tail)) >= 3)
            {
                return tail.to_owned();
            }
        }
    }
    title.to_owned()
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
