//! Which address names the article.
//!
//! A page's `rel=canonical` (or `og:url`) counts only if it stays on the page's own registrable domain: a
//! hostile or careless page could otherwise overwrite somebody else's article. One that leads elsewhere is
//! evidence for the primary source, never identity.

use crate::extract::facts::Facts;
use crate::extract::order::{Because, Field, Origin, first};
use article::CanonicalUrl;
use url::Url;

/// What the page says of its address.
pub(crate) struct Identity {
    /// Names the article.
    pub(crate) url: CanonicalUrl,
    /// Other addresses on the same site that lead to it.
    pub(crate) aliases: Vec<String>,
    /// Addresses on other sites that the page calls canonical.
    pub(crate) foreign: Vec<CanonicalUrl>,
}

/// Decides. `page` is the address after redirects.
pub(crate) fn identify(facts: &Facts<'_>, page: &CanonicalUrl, because: &mut Vec<Because>) -> Identity {
    let base = page.url();
    let mut foreign: Vec<CanonicalUrl> = Vec::new();
    let mut take = |href: &str, detail: &str| -> Option<(CanonicalUrl, String)> {
        let candidate = absolute(base.as_ref(), href).and_then(|u| CanonicalUrl::from_url(u).ok())?;
        if !candidate.same_site(page) {
            if !foreign.contains(&candidate) {
                foreign.push(candidate);
            }
            return None;
        }
        // A canonical link to the home page is a template's mistake: it would make all articles one.
        let names_home = candidate.path() == "/" && !candidate.as_str().contains('?');
        (!names_home || page.path() == "/").then(|| (candidate, detail.to_owned()))
    };
    let url = first(Field::Url, because, |origin| match origin {
        Origin::Link => facts
            .rel("canonical")
            .filter_map(|id| facts.dom.attr(id, "href"))
            .find_map(|href| take(href, "link rel=canonical")),
        Origin::OpenGraph => facts.raw_metas("og:url").find_map(|href| take(href, "og:url")),
        Origin::Address => Some((page.clone(), "the address after redirects".to_owned())),
        _ => None,
    })
    .unwrap_or_else(|| page.clone());
    let mut aliases: Vec<String> = Vec::new();
    let mut alias = |text: &str| {
        if text != url.as_str() && !aliases.iter().any(|a| a == text) {
            aliases.push(text.to_owned());
        }
    };
    alias(page.as_str());
    for href in facts.rel("amphtml").chain(facts.rel("shortlink")).filter_map(|id| facts.dom.attr(id, "href")).take(4) {
        if let Some(there) = absolute(base.as_ref(), href).and_then(|u| CanonicalUrl::from_url(u).ok())
            && there.same_site(page)
            && there.path() != "/"
        {
            alias(there.as_str());
        }
    }
    Identity { url, aliases, foreign }
}

/// An address on the page, made absolute.
pub(crate) fn absolute(base: Option<&Url>, href: &str) -> Option<Url> {
    let href = href.trim();
    if href.is_empty() || href.len() > 4 * CanonicalUrl::MAX_LEN {
        return None;
    }
    let url = match base {
        Some(base) => base.join(href).ok()?,
        None => Url::parse(href).ok()?,
    };
    matches!(url.scheme(), "http" | "https").then_some(url)
}
