//! Where the text comes from, as the page says it: evidence for the primary source.

use super::identity::absolute;
use crate::extract::body::Body;
use crate::extract::body::sources::{MAX_NAME, after_phrase, closing_bracket, dateline_agency, first_name};
use crate::extract::facts::Facts;
use crate::extract::jsonld::Thing;
use article::{Block, CanonicalUrl, PrimaryHints};
use url::Url;

/// Hints of each kind that are kept.
const MAX: usize = 8;

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
