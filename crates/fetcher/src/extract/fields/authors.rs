//! Who wrote it: people, without “By”, without roles.

use crate::extract::dom::{Dom, NodeId, Tag};
use crate::extract::facts::Facts;
use crate::extract::jsonld::Thing;
use crate::extract::order::{Because, Field, Origin, first};
use crate::extract::words::{class_words, plain};

/// Authors kept.
const MAX: usize = 12;

/// Characters up to which a text can be a name.
const MAX_NAME: usize = 60;

/// The authors. `site` are the site's own names: as an author they say nothing, and count only where nobody
/// else is named.
pub(crate) fn authors(
    facts: &Facts<'_>,
    ld: Option<Thing<'_>>,
    site: &[String],
    entry: &[String],
    because: &mut Vec<Because>,
) -> Vec<String> {
    let mut house: Option<(Vec<String>, Origin, String)> = None;
    let found = first(Field::Authors, because, |origin| {
        let (raw, what) = match origin {
            Origin::JsonLd => (ld.map(|a| from_ld(&a)).unwrap_or_default(), "author"),
            Origin::OpenGraph => {
                (facts.meta_texts(&["article:author", "og:article:author", "og:author"]), "article:author")
            }
            Origin::Meta => (
                facts.meta_texts(&[
                    "author",
                    "byl",
                    "dc.creator",
                    "dcterms.creator",
                    "parsely-author",
                    "sailthru.author",
                    "article:author_name",
                    "creator",
                    "citation_author",
                    "cxenseparse:author",
                    "twitter:data1",
                ]),
                "meta author",
            ),
            Origin::Microdata => (from_microdata(facts), "itemprop=author"),
            Origin::Link => (from_rel(facts), "rel=author"),
            Origin::Page => (from_page(facts), "the byline"),
            Origin::Entry => (entry.iter().map(|a| plain(a)).collect(), "the feed's entry"),
            _ => return None,
        };
        let names = names(&raw);
        let is_house = |n: &String| site.iter().any(|s| same_name(s, n));
        if !names.is_empty() && names.iter().all(is_house) {
            house.get_or_insert((names, origin, what.to_owned()));
            return None;
        }
        let people: Vec<String> = names.into_iter().filter(|n| !is_house(n)).take(MAX).collect();
        (!people.is_empty()).then(|| (people, what.to_owned()))
    });
    match (found, house) {
        (Some(people), _) => people,
        (None, Some((names, origin, detail))) => {
            because.push(Because { field: Field::Authors, origin, detail });
            names
        }
        (None, None) => Vec::new(),
    }
}

fn from_ld(article: &Thing<'_>) -> Vec<String> {
    let authors = article.texts("author");
    if authors.is_empty() { article.texts("creator") } else { authors }
}

fn from_microdata(facts: &Facts<'_>) -> Vec<String> {
    let dom = facts.dom;
    facts
        .prop("author")
        .chain(facts.prop("creator"))
        .map(|id| {
            let name = dom
                .descendants(id)
                .find(|d| dom.attr(*d, "itemprop").is_some_and(|p| p.split_ascii_whitespace().any(|p| p == "name")));
            name.map_or_else(|| facts.prop_value(id), |n| facts.prop_value(n))
        })
        .collect()
}

fn from_rel(facts: &Facts<'_>) -> Vec<String> {
    facts.rel("author").filter(|id| facts.dom.tag(*id) == Tag::A).map(|id| facts.dom.text_of(id)).collect()
}

/// Bylines: elements whose class says author or byline, the outermost, after the headline first.
fn from_page(facts: &Facts<'_>) -> Vec<String> {
    let h1 = facts.h1.first().copied().unwrap_or(0);
    let after = bylines(facts.dom, h1, facts.dom.len());
    let found = if after.is_empty() { bylines(facts.dom, 0, h1) } else { after };
    found.into_iter().next().unwrap_or_default()
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

/// Names out of bylines and lists of names, each once.
pub(crate) fn names(raw: &[String]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for name in raw.iter().flat_map(|text| split(text)).filter_map(|part| name(&part)) {
        // “All articles by Jane Doe” says no more than “Jane Doe”.
        let known = out.iter().any(|o| {
            same_name(o, &name) || article::normalise(&name).ends_with(&format!(" {}", article::normalise(o)))
        });
        if !known {
            out.push(name);
        }
    }
    out.truncate(MAX);
    out
}

fn same_name(a: &str, b: &str) -> bool {
    let squash = |t: &str| article::normalise(t).replace(' ', "");
    squash(a) == squash(b)
}

/// Parts a byline into what may be names.
fn split(text: &str) -> Vec<String> {
    let mut text = plain(text);
    for (from, to) in [
        (" and ", ", "),
        (" und ", ", "),
        (" & ", ", "),
        (" y ", ", "),
        (" et ", ", "),
        (" og ", ", "),
        (" och ", ", "),
        (" en ", ", "),
        (" i ", ", "),
        (" и ", ", "),
        (" та ", ", "),
        (" with ", ", "),
        (" ve ", ", "),
        ("، ", ", "),
        ("、", ", "),
        ("|", ","),
        (";", ","),
        (" / ", ","),
        ("•", ","),
        ("·", ","),
        ("\n", ","),
    ] {
        if text.contains(from) {
            text = text.replace(from, to);
        }
    }
    text.split(',').map(str::to_owned).collect()
}

/// Words before a name.
const BEFORE: &[&str] = &[
    "by",
    "written by",
    "words by",
    "story by",
    "von",
    "ein beitrag von",
    "text von",
    "text",
    "par",
    "por",
    "di",
    "de",
    "da",
    "door",
    "av",
    "af",
    "przez",
    "автор",
    "текст",
    "written",
    "posted by",
    "autor",
    "author",
    "reporter",
    "reported by",
    "report by",
    "from",
    "a cura di",
    "per",
    "redazione di",
    "publié par",
    "opinion by",
    "analysis by",
    "exclusive by",
    "interview by",
    "yazan",
    "haber",
    "บทความโดย",
];

/// Words that are roles or newsrooms' furniture, never names.
const ROLES: &[&str] = &[
    "reporter",
    "senior reporter",
    "correspondent",
    "senior correspondent",
    "editor",
    "senior editor",
    "staff writer",
    "staff",
    "staff reporter",
    "contributor",
    "columnist",
    "journalist",
    "journalistin",
    "redakteur",
    "redakteurin",
    "redaktion",
    "news editor",
    "political editor",
    "political correspondent",
    "freelance",
    "photographer",
    "producer",
    "writer",
    "author",
    "autor",
    "autorin",
    "reporterin",
    "korrespondent",
    "korrespondentin",
    "admin",
    "administrator",
    "digital editor",
    "managing editor",
    "deputy editor",
    "executive editor",
    "editor in chief",
    "chief reporter",
    "guest",
    "guest contributor",
    "special correspondent",
    "volontär",
    "volontärin",
    "chefredakteur",
    "journaliste",
    "périodiste",
    "periodista",
    "giornalista",
    "follow",
    "share",
    "view all posts",
    "show more",
    "more from",
    "published",
    "updated",
    "senior writer",
    "news reporter",
    "head of",
    "ressortleiter",
    "null",
    "undefined",
    "none",
    "unknown",
    "anonymous",
    "n a",
];

/// A name out of a part of a byline.
fn name(part: &str) -> Option<String> {
    let mut name =
        article::squeeze(part).trim_matches(|c: char| !c.is_alphanumeric() && c != ')' && c != '.').to_owned();
    let credits_picture =
        ["image:", "photo:", "picture:", "bild:", "foto:"].iter().any(|p| name.to_lowercase().starts_with(p));
    if credits_picture || name.contains("://") || name.starts_with("www.") || name.contains('@') {
        return None;
    }
    // What is in brackets says where or for whom somebody works.
    if let Some(open) = name.find(['(', '['])
        && open > 0
    {
        name.truncate(open);
        name = name.trim().to_owned();
    }
    loop {
        let lower = name.to_lowercase();
        let prefix =
            BEFORE.iter().find(|p| lower.strip_prefix(**p).is_some_and(|r| r.starts_with([' ', ':', '\u{a0}'])));
        match prefix {
            // Lower case may change lengths in bytes; count characters.
            Some(p) => {
                let rest: String = name.chars().skip(p.chars().count()).collect();
                name = rest.trim_matches([' ', ':', '\u{a0}']).to_owned();
            }
            None => break,
        }
    }
    let normal = article::normalise(&name);
    let long = name.chars().count();
    if normal.is_empty() || !(2..=MAX_NAME).contains(&long) || ROLES.contains(&normal.as_str()) {
        return None;
    }
    let digits = name.chars().filter(char::is_ascii_digit).count();
    if digits > 2 || normal.split(' ').count() > 7 {
        return None;
    }
    let name = if name.ends_with("Jr.") || name.ends_with("Sr.") {
        name
    } else {
        name.trim_end_matches(['.', ',']).to_owned()
    };
    Some(name).filter(|n| !n.is_empty()).map(unshout)
}

/// `JANE DOE` as `Jane Doe`; short names and agencies' stay.
fn unshout(name: String) -> String {
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    let shouted =
        letters > 5 && name.contains(' ') && name.chars().filter(|c| c.is_alphabetic()).all(char::is_uppercase);
    if !shouted {
        return name;
    }
    let mut out = String::with_capacity(name.len());
    let mut start = true;
    for c in name.chars() {
        if start {
            out.push(c);
        } else {
            out.extend(c.to_lowercase());
        }
        start = !c.is_alphabetic();
    }
    out
}
