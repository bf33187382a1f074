//! RSS, RDF, Atom and what resembles them.

use super::entry::read_entry;
use super::namespace::Ns;
use super::text::html_to_text;
use super::tree::{Element, Tree};
use super::{FeedContext, Format, ParsedFeed, PollHints, parse_date};
use std::borrow::Cow;
use std::time::Duration;
use url::Url;

/// Reads the feed out of a tree.
pub(super) fn read(tree: &Tree<'_>, root: Element<'_, '_>, context: &FeedContext<'_>) -> ParsedFeed {
    let mut feed = ParsedFeed::new(format(root));
    feed.root = root.local().to_owned();
    feed.truncated = tree.truncated;
    let base = Base::of(context);
    let top = head(root);
    read_head(&mut feed, top, &base);
    if feed.language.is_none() {
        let lang = top.lang().or_else(|| root.lang()).filter(|l| !l.is_empty());
        feed.language = lang.map(Cow::into_owned).or_else(|| context.content_language.map(str::to_owned));
    }
    feed.language = feed.language.take().map(|l| l.trim().replace('_', "-")).filter(|l| !l.is_empty());

    let authors = super::entry::authors(top);
    let found = tree.document().entries();
    for element in found.iter().take(context.limits.entries) {
        // An entry that the end of the document cut in two is not whole.
        if !element.is_whole() {
            continue;
        }
        let mut entry = read_entry(*element, &base);
        if entry.authors.is_empty() && feed.format == Format::Atom {
            // RFC 4287 section 4.2.1: an entry without an author has the feed's.
            entry.authors.clone_from(&authors);
        }
        feed.items.push(entry);
    }
    feed.truncated |= found.len() > context.limits.entries;
    feed
}

fn format(root: Element<'_, '_>) -> Format {
    match root.local().to_ascii_lowercase().as_str() {
        "rss" | "channel" => Format::Rss,
        "rdf" if root.ns() == Ns::Rdf => Format::Rdf,
        "feed" => Format::Atom,
        _ => Format::Unknown,
    }
}

/// The element that describes the feed: RSS's channel, Atom's root.
fn head<'t, 'a>(root: Element<'t, 'a>) -> Element<'t, 'a> {
    root.child(Ns::Feed, "channel").unwrap_or(root)
}

fn read_head(feed: &mut ParsedFeed, top: Element<'_, '_>, base: &Base) {
    let mut name = [0; 24];
    let mut module_language = None;
    for child in top.children() {
        match (child.ns(), child.local_in(&mut name)) {
            (Ns::Feed, "title") => feed.title = Some(plain(child)),
            (Ns::Dc, "title") if feed.title.is_none() => feed.title = Some(plain(child)),
            (Ns::Feed, "description" | "subtitle" | "tagline" | "info" | "abstract") => {
                feed.description = Some(plain(child)).filter(|d| !d.is_empty());
            }
            (Ns::Feed, "language") => feed.language = Some(child.own_text().into_owned()),
            (Ns::Dc, "language") => module_language = Some(child.own_text().into_owned()),
            (Ns::Feed, "link") => read_link(feed, child, base),
            (Ns::Feed, "lastbuilddate" | "pubdate" | "updated" | "modified" | "lastmod") | (Ns::Dc, "date") => {
                feed.updated = feed.updated.max(parse_date(&child.own_text()));
            }
            (Ns::Feed, "ttl") => feed.hints.ttl = number(child).map(|m| Duration::from_secs(m.min(100_000) * 60)),
            (Ns::Feed, "skiphours") => skip_hours(&mut feed.hints, child),
            (Ns::Feed, "skipdays") => skip_days(&mut feed.hints, child),
            (Ns::Syndication, "updateperiod" | "updatefrequency") => {
                feed.hints.update_every = update_every(top);
            }
            _ => {}
        }
    }
    feed.title = feed.title.take().filter(|t| !t.is_empty());
    feed.language = feed.language.take().filter(|l| !l.is_empty()).or(module_language);
    // CDF writes its address as an attribute.
    if feed.home.is_none() {
        feed.home = top.attribute("href").and_then(|h| base.resolve(top, &h));
    }
}

fn read_link(feed: &mut ParsedFeed, link: Element<'_, '_>, base: &Base) {
    let href = link.attribute("href");
    let target = href.as_deref().map_or_else(|| link.own_text(), Cow::Borrowed);
    if target.is_empty() {
        return;
    }
    let Some(url) = base.resolve(link, &target) else { return };
    match link.attribute("rel").as_deref().unwrap_or("alternate") {
        "hub" => feed.hub = Some(url),
        "self" => feed.self_url = Some(url),
        "alternate" if is_html(link) => feed.home = Some(url),
        _ => {}
    }
}

/// Whether a link's type, if any, is a page's.
pub(super) fn is_html(link: Element<'_, '_>) -> bool {
    link.attribute("type").is_none_or(|t| {
        let t = t.trim();
        t.is_empty()
            || t.eq_ignore_ascii_case("text/html")
            || t.eq_ignore_ascii_case("application/xhtml+xml")
            || t.eq_ignore_ascii_case("html")
    })
}

fn number(element: Element<'_, '_>) -> Option<u64> {
    element.own_text().trim().parse().ok()
}

fn skip_hours(hints: &mut PollHints, element: Element<'_, '_>) {
    // 24 was midnight in RSS 0.91.
    hints.skip_hours = element
        .children()
        .filter_map(|h| h.own_text().parse::<u8>().ok())
        .filter(|h| *h <= 24)
        .map(|h| h % 24)
        .collect();
}

fn skip_days(hints: &mut PollHints, element: Element<'_, '_>) {
    const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    hints.skip_days = element
        .children()
        .filter_map(|d| DAYS.iter().position(|day| d.own_text().eq_ignore_ascii_case(day)))
        .filter_map(|i| u8::try_from(i).ok())
        .collect();
}

fn update_every(top: Element<'_, '_>) -> Option<Duration> {
    const HOUR: u64 = 3600;
    let period = match top.child(Ns::Syndication, "updatePeriod")?.own_text().to_ascii_lowercase().as_str() {
        "hourly" => HOUR,
        "daily" => 24 * HOUR,
        "weekly" => 7 * 24 * HOUR,
        "monthly" => 30 * 24 * HOUR,
        "yearly" => 365 * 24 * HOUR,
        _ => return None,
    };
    let times = top.child(Ns::Syndication, "updateFrequency").and_then(number).filter(|n| *n > 0).unwrap_or(1);
    Some(Duration::from_secs((period / times).max(60)))
}

/// An element's text without markup, decoded as its type says.
pub(super) fn plain(element: Element<'_, '_>) -> String {
    html_to_text(&decoded(element))
}

/// An element's content, base64 undone (Atom 0.3 `mode`, or a type that is no text in Atom 1.0).
pub(super) fn decoded<'a>(element: Element<'_, 'a>) -> Cow<'a, str> {
    let content = element.content();
    let binary = element.attribute("mode").is_some_and(|m| m.eq_ignore_ascii_case("base64"))
        || element.attribute("type").is_some_and(|t| {
            let t = t.to_ascii_lowercase();
            t.contains('/')
                && !t.starts_with("text/")
                && !t.ends_with("xml")
                && !t.contains("html")
                && !t.contains("json")
        });
    if binary && let Some(text) = super::text::base64(&content) {
        return Cow::Owned(text);
    }
    content
}

/// Where relative addresses of a document start.
pub(super) struct Base {
    url: Option<Url>,
}

impl Base {
    pub(super) fn of(context: &FeedContext<'_>) -> Self {
        let url = context.url.and_then(|u| Url::parse(u).ok());
        let location = context.content_location.and_then(|l| join(url.as_ref(), l));
        Self { url: location.or(url) }
    }

    /// An address, absolute where a base is known, with what has no place in an address gone. `None` where
    /// nothing is left or the scheme can run code.
    pub(super) fn resolve(&self, element: Element<'_, '_>, address: &str) -> Option<String> {
        let address: String = address.trim().chars().filter(|c| !matches!(c, '\n' | '\r' | '\t' | '\0')).collect();
        if address.is_empty() || is_unsafe(&address) {
            return None;
        }
        if has_scheme(&address) {
            return Some(address);
        }
        let mut base = self.url.clone();
        for nearer in element.bases() {
            base = join(base.as_ref(), &nearer).or(base);
        }
        Some(base.and_then(|b| b.join(&address).ok()).map_or(address, String::from))
    }
}

fn join(base: Option<&Url>, address: &str) -> Option<Url> {
    let url = match base {
        Some(base) => base.join(address).ok()?,
        None => Url::parse(address).ok()?,
    };
    matches!(url.scheme(), "http" | "https").then_some(url)
}

fn is_unsafe(address: &str) -> bool {
    ["javascript:", "vbscript:", "data:"].iter().any(|s| super::markup::starts_with_ignoring_case(address, s))
}

/// Whether it is absolute: RFC 3986 section 3.1.
fn has_scheme(address: &str) -> bool {
    address.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    })
}
