//! Feeds that a web page names.

use super::Format;
use super::markup::{Attributes, Token, Tokens};
use super::text::{decode_html, html_to_text};
use std::borrow::Cow;
use url::Url;

/// A feed that a page names, or that an address on it looks like.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Discovered {
    /// Where it is.
    pub url: String,
    /// What the page calls it.
    pub title: Option<String>,
    /// What it will be, as far as the page says.
    pub format: Option<Format>,
    /// Named by `<link rel=alternate>`; otherwise only a hyperlink that looks like one, to be tried.
    pub declared: bool,
}

/// Candidates named at most: a page full of links is not a directory of feeds.
const MAX: usize = 40;

/// The feeds that a page names, declared ones first, in the page's order, each once.
/// RSS autodiscovery (<https://www.rssboard.org/rss-autodiscovery>) and WHATWG HTML section 4.6.7.1.
pub fn discover(html: &str, url: &str) -> Vec<Discovered> {
    let mut base = Url::parse(url).ok();
    let mut based = false;
    let mut found: Vec<Discovered> = Vec::new();
    let mut anchor: Option<usize> = None;
    let mut tokens = Tokens::new(html);
    while let Some(token) = tokens.next() {
        match token {
            Token::Start { name, attributes, .. } => {
                let attribute = |wanted: &str| value(attributes, wanted);
                if name.eq_ignore_ascii_case("base") && !based {
                    if let Some(href) = attribute("href") {
                        base = base.as_ref().and_then(|b| b.join(&href).ok()).or(base);
                        based = true;
                    }
                } else if name.eq_ignore_ascii_case("link") {
                    let is_alternate = attribute("rel").is_some_and(|r| {
                        r.split_ascii_whitespace()
                            .any(|t| ["alternate", "feed"].iter().any(|a| t.eq_ignore_ascii_case(a)))
                    });
                    let format = attribute("type").and_then(|t| format_of(&t, attribute("href").as_deref()));
                    if is_alternate && format.is_some() {
                        let title = attribute("title").map(|t| html_to_text(&t)).filter(|t| !t.is_empty());
                        push(&mut found, base.as_ref(), attribute("href"), title, format, true);
                    }
                } else if name.eq_ignore_ascii_case("a") {
                    anchor = None;
                    let href = attribute("href").filter(|h| looks_like_feed(h));
                    if href.is_some() && push(&mut found, base.as_ref(), href, None, None, false) {
                        anchor = Some(found.len() - 1);
                    }
                } else if ["script", "style", "textarea"].iter().any(|n| name.eq_ignore_ascii_case(n)) {
                    skip_raw(&mut tokens, html, name);
                }
            }
            Token::Text(text) => {
                // The words of the hyperlink are its title.
                if let Some(at) = anchor.take() {
                    found[at].title = Some(html_to_text(text)).filter(|t| !t.is_empty());
                }
            }
            Token::End { .. } | Token::Cdata(_) | Token::Doctype(_) => {}
        }
        if found.len() >= MAX {
            break;
        }
    }
    // Stable: the page's order stays within each kind. A feed of comments is hardly what was looked for.
    found.sort_by_key(|d| (!d.declared, d.url.contains("/comments/")));
    found
}

/// The title of a web page.
pub(super) fn page_title(html: &str) -> Option<String> {
    for token in Tokens::new(html) {
        match token {
            Token::Start { name, end, .. } if name.eq_ignore_ascii_case("title") => {
                let rest = html.get(end..)?;
                let length = rest.find('<').unwrap_or(rest.len()).min(400);
                let mut cut = length;
                while !rest.is_char_boundary(cut) {
                    cut -= 1;
                }
                return Some(html_to_text(&rest[..cut])).filter(|t| !t.is_empty());
            }
            Token::Start { name, .. } if name.eq_ignore_ascii_case("body") => return None,
            _ => {}
        }
    }
    None
}

fn value<'a>(attributes: &'a str, wanted: &str) -> Option<Cow<'a, str>> {
    let (_, value) = Attributes::new(attributes).find(|(n, _)| n.eq_ignore_ascii_case(wanted))?;
    Some(decode_html(value.trim())).filter(|v| !v.is_empty())
}

/// Scripts hold text that looks like markup.
fn skip_raw(tokens: &mut Tokens<'_>, html: &str, name: &str) {
    let rest = &html[tokens.offset()..];
    let end = format!("</{}", name.to_ascii_lowercase());
    let at = rest.match_indices("</").find(|(i, _)| super::markup::starts_with_ignoring_case(&rest[*i..], &end));
    tokens.skip_to(tokens.offset() + at.map_or(rest.len(), |(i, _)| i));
}

fn push(
    found: &mut Vec<Discovered>,
    base: Option<&Url>,
    href: Option<Cow<'_, str>>,
    title: Option<String>,
    format: Option<Format>,
    declared: bool,
) -> bool {
    let resolved = href.and_then(|h| match base {
        Some(base) => base.join(&h).ok(),
        None => Url::parse(&h).ok(),
    });
    let Some(mut url) = resolved.filter(|u| matches!(u.scheme(), "http" | "https")) else { return false };
    url.set_fragment(None);
    let url = String::from(url);
    if found.iter().any(|d| d.url == url) {
        return false;
    }
    found.push(Discovered { url, title, format, declared });
    true
}

fn format_of(media_type: &str, href: Option<&str>) -> Option<Format> {
    match media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "application/rss+xml" | "application/x.rss+xml" | "application/x-rss+xml" => Some(Format::Rss),
        "application/rdf+xml" => Some(Format::Rdf),
        "application/atom+xml" => Some(Format::Atom),
        "application/feed+json" => Some(Format::JsonFeed),
        // JSON Feed 1.0 asked for this type; but most links of it lead to a content system's API.
        "application/json" if href.is_some_and(|h| h.contains("feed")) => Some(Format::JsonFeed),
        "text/xml" | "application/xml" => Some(Format::Unknown),
        _ => None,
    }
}

fn looks_like_feed(href: &str) -> bool {
    let lower = href.to_ascii_lowercase();
    let path = lower.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let last = path.rsplit('/').next().unwrap_or_default();
    path.ends_with(".rss")
        || path.ends_with(".rdf")
        || path.ends_with(".atom")
        || matches!(
            last,
            "feed"
                | "rss"
                | "atom"
                | "feeds"
                | "rss2"
                | "rss.xml"
                | "feed.xml"
                | "atom.xml"
                | "index.xml"
                | "feed.json"
        )
        || (last.ends_with(".xml") && (path.contains("rss") || path.contains("feed")))
        || lower.contains("feeds.feedburner.com/")
}
