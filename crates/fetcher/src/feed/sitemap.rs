//! Sitemaps, news sitemaps and indexes of them.

use super::namespace::Ns;
use super::tree::{Element, Tree};
use super::xml::{Base, plain};
use super::{Entry, FeedContext, Format, ParsedFeed, SitemapRef, parse_date};

/// Reads a sitemap, if the root is one's.
pub(super) fn read(tree: &Tree<'_>, root: Element<'_, '_>, context: &FeedContext<'_>) -> Option<ParsedFeed> {
    let format = match root.local().to_ascii_lowercase().as_str() {
        "urlset" => Format::Sitemap,
        "sitemapindex" => Format::SitemapIndex,
        _ => return None,
    };
    let mut feed = ParsedFeed::new(format);
    feed.root = root.local().to_owned();
    feed.truncated = tree.truncated;
    let base = Base::of(context);
    for child in root.children().filter(|c| c.is_whole()) {
        if feed.items.len() + feed.sitemaps.len() >= context.limits.entries {
            feed.truncated = true;
            break;
        }
        if child.is(Ns::Feed, "url") {
            feed.items.extend(read_url(child, &base));
        } else if child.is(Ns::Feed, "sitemap")
            && let Some(url) = location(child, &base)
        {
            feed.sitemaps.push(SitemapRef { url, updated: date(child, Ns::Feed, "lastmod") });
        }
    }
    if feed.language.is_none() {
        feed.language = feed.items.iter().find_map(|i| i.language.clone());
    }
    Some(feed)
}

fn read_url(element: Element<'_, '_>, base: &Base) -> Option<Entry> {
    let link = location(element, base)?;
    let mut entry = Entry {
        id: Some(link.clone()),
        link: Some(link),
        updated: date(element, Ns::Feed, "lastmod"),
        ..Entry::default()
    };
    if let Some(news) = element.child(Ns::News, "news") {
        entry.title = news.child(Ns::News, "title").map(plain).filter(|t| !t.is_empty());
        entry.published = date(news, Ns::News, "publication_date");
        entry.language = news
            .child(Ns::News, "publication")
            .and_then(|p| p.child(Ns::News, "language"))
            .or_else(|| news.child(Ns::News, "language"))
            .map(|l| l.own_text().into_owned())
            .filter(|l| !l.is_empty());
        if let Some(keywords) = news.child(Ns::News, "keywords").map(plain) {
            entry.categories =
                keywords.split(',').map(str::trim).filter(|k| !k.is_empty()).take(32).map(str::to_owned).collect();
        }
    }
    entry.image = element
        .child(Ns::Image, "image")
        .and_then(|i| i.child(Ns::Image, "loc"))
        .and_then(|l| base.resolve(l, &l.own_text()));
    Some(entry)
}

fn location(element: Element<'_, '_>, base: &Base) -> Option<String> {
    let loc = element.child(Ns::Feed, "loc")?;
    base.resolve(loc, &loc.own_text())
}

fn date(element: Element<'_, '_>, ns: Ns, local: &str) -> Option<article::Timestamp> {
    parse_date(&element.child(ns, local)?.own_text())
}
