#![allow(clippy::unwrap_used, clippy::expect_used)]

mod broken;
mod corpus;
mod dates;
mod discovery;
mod formats;

use super::{Entry, FeedContext, FeedError, ParsedFeed, parse};

/// Reads a feed that came from `https://example.org/feed`.
fn read(text: &str) -> ParsedFeed {
    attempt(text.as_bytes()).unwrap()
}

fn attempt(bytes: &[u8]) -> Result<ParsedFeed, FeedError> {
    parse(bytes, &FeedContext { url: Some("https://example.org/feed"), ..FeedContext::default() })
}

/// The only entry of an RSS feed with this inside its item.
fn item(inside: &str) -> Entry {
    let mut feed = read(&format!("<rss version='2.0'><channel><title>T</title><item>{inside}</item></channel></rss>"));
    assert_eq!(feed.items.len(), 1, "{inside}");
    feed.items.remove(0)
}

fn titles(feed: &ParsedFeed) -> Vec<&str> {
    feed.items.iter().filter_map(|i| i.title.as_deref()).collect()
}
