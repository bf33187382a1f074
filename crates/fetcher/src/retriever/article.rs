//! An article out of what the page, the feed and the source say. Pure.

use super::refusal::Refusal;
use crate::extract::{Extracted, Hints, Signals};
use article::{Article, ArticleId, CanonicalUrl, Carry, Image, PrimaryHints, Rights, Section, Source, Timestamp};
use queue::Page;
use std::time::Duration;

/// What the feed and the source know beforehand.
pub(super) fn hints(page: &Page, source: &Source) -> Hints {
    Hints {
        title: page.title.clone(),
        summary: page.summary.clone(),
        authors: page.authors.clone(),
        categories: page.categories.clone(),
        published: page.published,
        language: page.language.clone().or_else(|| source.language.clone()),
        section: page.section.or(source.section),
        source_name: Some(source.name.clone()),
    }
}

/// The article as its page tells it, with only what may be carried.
pub(super) fn from_page(page: &Page, source: &Source, found: Extracted, observed_at: Timestamp) -> Article {
    let rights = found.signals.rights(source.carry);
    let aliases = aliases(page, &found.url, found.aliases);
    let mut article = Article {
        id: ArticleId::of(&found.url),
        url: found.url,
        aliases,
        source: source.id.clone(),
        source_name: source.name.clone(),
        feed: page.feed.clone(),
        title: found.title,
        subtitle: found.subtitle,
        authors: found.authors,
        language: found.language,
        section: found.section,
        keywords: found.keywords,
        image: found.image,
        blocks: found.blocks,
        published: found.published.map(|d| d.at),
        modified: found.modified.map(|d| d.at),
        observed_at,
        rights,
        primary: found.primary,
        content_hash: article::ContentHash::of_text(""),
    };
    keep_only_headline(&mut article);
    article.content_hash = Article::compute_hash(&article.url, &article.title, &article.blocks);
    article
}

/// The article as its feed tells it, where nothing of the page's text may be kept: headline, author, link.
pub(super) fn from_entry(
    page: &Page,
    source: &Source,
    url: CanonicalUrl,
    signals: &Signals,
    observed_at: Timestamp,
) -> Result<Article, Refusal> {
    let title =
        page.title.as_deref().map(article::squeeze).filter(|t| !t.is_empty()).ok_or_else(|| Refusal::Reserved {
            signal: signals
                .against
                .iter()
                .find(|s| s.reason.reserves_mining())
                .map(|s| s.evidence.clone())
                .unwrap_or_default(),
        })?;
    let rights: Rights = signals.rights(source.carry);
    Ok(Article {
        id: ArticleId::of(&url),
        aliases: aliases(page, &url, Vec::new()),
        source: source.id.clone(),
        source_name: source.name.clone(),
        feed: page.feed.clone(),
        content_hash: Article::compute_hash(&url, &title, &[]),
        url,
        title,
        subtitle: None,
        authors: page.authors.clone(),
        language: page.language.clone().or_else(|| source.language.clone()),
        section: page.section.or(source.section).unwrap_or(Section::World),
        keywords: Vec::new(),
        image: None::<Image>,
        blocks: Vec::new(),
        published: page.published,
        modified: page.updated,
        observed_at,
        rights,
        primary: PrimaryHints::default(),
    })
}

/// Where only the headline may be carried nothing else that was written or drawn stays.
pub(crate) fn keep_only_headline(article: &mut Article) {
    if article.rights.carry == Carry::Headline {
        article.blocks.clear();
        article.subtitle = None;
        article.image = None;
    }
}

/// An article of which less may be carried than is, as a newer sighting of it.
pub(crate) fn narrowed(kept: &Article, rights: Rights, at: Timestamp) -> Article {
    let mut article = Article { rights, ..kept.clone() };
    article.observed_at = at.max(kept.observed_at.plus(Duration::from_millis(1)));
    if article.rights.carry == Carry::Headline {
        keep_only_headline(&mut article);
        article.keywords.clear();
        article.content_hash = Article::compute_hash(&article.url, &article.title, &article.blocks);
    }
    article
}

/// Every other address of the article that is its own site's: a feed may list a page under another's name.
fn aliases(page: &Page, url: &CanonicalUrl, found: Vec<String>) -> Vec<String> {
    let guid = page.guid.as_deref().filter(|g| g.starts_with("http")).and_then(|g| CanonicalUrl::parse(g).ok());
    let mut out: Vec<String> = Vec::new();
    let own = [Some(page.permalink.clone()), guid].into_iter().flatten().filter(|u| u.same_site(url)).map(String::from);
    for alias in own.chain(found) {
        if alias != url.as_str() && !out.contains(&alias) {
            out.push(alias);
        }
    }
    out
}

/// Cuts blocks from the end until the article's message fits. Returns how many went.
pub(super) fn fit(article: &mut Article, limit: usize) -> Result<usize, Refusal> {
    // JSON of our own types; what can't be written has no size and is refused by the queue.
    let size = |a: &Article| serde_json::to_vec(a).map_or(0, |v| v.len());
    let mut bytes = size(article);
    let mut cut = 0;
    while bytes > limit && !article.blocks.is_empty() {
        // A quarter at a time: each look costs the whole message.
        let keep = article.blocks.len() * 3 / 4;
        cut += article.blocks.len() - keep;
        article.blocks.truncate(keep);
        bytes = size(article);
    }
    if bytes > limit {
        return Err(Refusal::TooLarge { bytes, limit });
    }
    if cut > 0 {
        article.content_hash = Article::compute_hash(&article.url, &article.title, &article.blocks);
    }
    Ok(cut)
}
