//! From the bytes of a feed to its entries.
//!
//! Ill-formed feeds are the rule, so there is one lenient reader and no strict one before it: `charset` makes
//! text of the bytes, `markup` tokens of the text whatever is broken in it, `tree` a tree of the tokens, and
//! `xml`, `entry`, `sitemap` and `json` read the formats. Pure: no network, no clock.

mod charset;
mod dates;
mod discover;
mod entry;
mod json;
mod markup;
mod model;
pub(crate) mod months;
mod namespace;
mod report;
mod sitemap;
#[cfg(test)]
mod tests;
mod text;
mod tree;
mod xml;

pub use dates::parse_date;
pub use discover::{Discovered, discover};
pub use model::{Entry, FeedContext, FeedError, FeedLimits, Format, ParsedFeed, PollHints, SitemapRef};
pub use report::report_line;

use namespace::Ns;
use tree::{Element, Tree};

/// Reads a feed of any format.
///
/// A document that breaks off gives its whole entries, marked [`ParsedFeed::truncated`]. XML of an unknown kind
/// is read as well: ask [`ParsedFeed::verify`] before taking it for a source's feed.
pub fn parse(bytes: &[u8], context: &FeedContext<'_>) -> Result<ParsedFeed, FeedError> {
    let limit = context.limits.bytes;
    if bytes.len() > limit {
        return Err(FeedError::TooLarge { bytes: bytes.len(), limit });
    }
    if bytes.iter().all(|b| b.is_ascii_whitespace() || *b == 0) {
        return Err(FeedError::Empty);
    }
    let decoded = charset::decode(bytes, context.content_type)?;
    let text = decoded.text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\0'));
    if text.is_empty() {
        return Err(FeedError::Empty);
    }
    let mut feed = if text.starts_with(['{', '[']) {
        json::read(text, context).ok_or_else(|| FeedError::NotAFeed { found: "JSON of another kind".to_owned() })?
    } else {
        read_xml(text, context)?
    };
    feed.charset = decoded.charset;
    Ok(feed)
}

fn read_xml(text: &str, context: &FeedContext<'_>) -> Result<ParsedFeed, FeedError> {
    let tree = Tree::parse(text, context.limits);
    let Some(root) = root(&tree) else {
        return Err(FeedError::NotAFeed { found: format!("text that begins “{}”", beginning(text)) });
    };
    if is_page(root) {
        let feeds = discover(text, context.url.unwrap_or_default());
        return Err(FeedError::Html {
            title: discover::page_title(text),
            feeds: feeds.into_iter().filter(|d| d.declared).map(|d| d.url).collect(),
        });
    }
    Ok(sitemap::read(&tree, root, context).unwrap_or_else(|| xml::read(&tree, root, context)))
}

/// The root that a feed would have, else the first element: there may be junk before it.
fn root<'t, 'a>(tree: &'t Tree<'a>) -> Option<Element<'t, 'a>> {
    const ROOTS: &[&str] = &["rss", "rdf", "feed", "channel", "urlset", "sitemapindex"];
    let document = tree.document();
    let known = document
        .children()
        .find(|e| matches!(e.ns(), Ns::Feed | Ns::Rdf) && ROOTS.iter().any(|r| e.local().eq_ignore_ascii_case(r)));
    known.or_else(|| document.children().next())
}

/// Whether an element is a web page's, not a feed's.
fn is_page(root: Element<'_, '_>) -> bool {
    const PAGE: &[&str] =
        &["html", "head", "body", "title", "meta", "script", "div", "p", "center", "h1", "link", "a", "span", "br"];
    matches!(root.ns(), Ns::Feed | Ns::Xhtml) && PAGE.iter().any(|p| root.local().eq_ignore_ascii_case(p))
}

fn beginning(text: &str) -> String {
    let text = article::squeeze(&text.chars().take(120).collect::<String>());
    text.chars().take(40).collect()
}
