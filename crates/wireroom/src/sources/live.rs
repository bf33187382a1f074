//! A feed as its publisher serves it now.

use anyhow::{Context, bail};
use fetcher::feed::{FeedContext, FeedError, ParsedFeed, parse};
use web::{Client, Kind, Request, Response};

/// What is at a feed's address. An answer that is no success is an error.
pub(crate) async fn fetch(client: &Client, url: &str) -> anyhow::Result<Response> {
    let response =
        client.get(&Request::new(url.parse()?, Kind::Feed)).await.with_context(|| format!("reading {url}"))?;
    if !response.is_success() {
        bail!("{url} answers {}", response.status);
    }
    Ok(response)
}

/// The feed in an answer; a document that is none is an error.
pub(crate) fn read(response: &Response) -> Result<ParsedFeed, FeedError> {
    let context = FeedContext {
        url: Some(response.url.as_str()),
        content_type: response.headers.get("content-type"),
        content_location: response.headers.get("content-location"),
        content_language: response.headers.get("content-language"),
        ..FeedContext::default()
    };
    let feed = parse(&response.body, &context)?;
    feed.verify()?;
    Ok(feed)
}
