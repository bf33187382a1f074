//! Which hub a feed names: in `Link` header fields, else in the document (WebSub, section 4).

use crate::feed::ParsedFeed;
use url::Url;
use web::Response;

/// Relations of one response that are looked at: more are somebody's game.
const MAX_LINKS: usize = 50;

/// A hub and the address under which it knows the feed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Named {
    pub(crate) hub: String,
    pub(crate) topic: String,
}

/// The hub that a feed names. Without an address of its own in the same place it is known by where it was had.
pub(crate) fn named(feed: &ParsedFeed, response: &Response) -> Option<Named> {
    let by_header = |relation| link(response, relation);
    let (hub, own) = match by_header("hub") {
        Some(hub) => (hub, by_header("self")),
        None => {
            let absolute = |address: &String| response.url.join(address.trim()).ok();
            (feed.hub.as_ref().and_then(absolute)?, feed.self_url.as_ref().and_then(absolute))
        }
    };
    let web = |url: &Url| matches!(url.scheme(), "http" | "https");
    let topic = own.filter(web).unwrap_or_else(|| response.url.clone());
    web(&hub).then(|| Named { hub: hub.into(), topic: topic.into() })
}

/// The first target with this relation (RFC 8288).
fn link(response: &Response, relation: &str) -> Option<Url> {
    let values = response.headers.all("link").flat_map(links).take(MAX_LINKS);
    values
        .filter(|(_, parameters)| has_relation(parameters, relation))
        .find_map(|(target, _)| response.url.join(target).ok())
}

/// Each `<target>` of a field with the parameters behind it. A comma in a target ends nothing.
fn links(field: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = field;
    std::iter::from_fn(move || {
        let (_, after) = rest.split_once('<')?;
        let (target, behind) = after.split_once('>')?;
        let end = next_link(behind);
        rest = &behind[end..];
        Some((target.trim(), &behind[..end]))
    })
}

/// Where the next `<` outside quotes is.
fn next_link(text: &str) -> usize {
    let mut quoted = false;
    let found = text.char_indices().find(|(_, c)| {
        quoted ^= *c == '"';
        *c == '<' && !quoted
    });
    found.map_or(text.len(), |(at, _)| at)
}

fn has_relation(parameters: &str, relation: &str) -> bool {
    parameters.split(';').filter_map(|p| p.split_once('=')).any(|(name, value)| {
        name.trim().eq_ignore_ascii_case("rel")
            && value
                .trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | ','))
                .split_ascii_whitespace()
                .any(|r| r.eq_ignore_ascii_case(relation))
    })
}
