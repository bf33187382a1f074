//! Who wrote it: people, without “By”, without roles.

mod byline;
mod names;

use crate::extract::dom::Tag;
use crate::extract::facts::Facts;
use crate::extract::jsonld::Thing;
use crate::extract::order::{Because, Field, Origin, first};
use crate::extract::words::plain;
pub(crate) use names::signed;
use names::{names, same_name};

/// Authors kept.
const MAX: usize = 12;

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
            Origin::Page => (byline::find(facts), "the byline"),
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
