//! JSON Feed 1.x.
//!
//! Read leniently: a field of the wrong type is as good as missing, a number is taken for a text, and what
//! precedes a break in the document is kept.

use super::text::html_to_text;
use super::{Entry, FeedContext, Format, ParsedFeed, parse_date};
use serde::Deserialize;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::fmt;
use url::Url;

/// Reads a JSON Feed; `None` if it is JSON of another kind.
pub(super) fn read(text: &str, context: &FeedContext<'_>) -> Option<ParsedFeed> {
    let mut found = Found { limit: context.limits.entries, ..Found::default() };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let broke_off = Document(&mut found).deserialize(&mut deserializer).is_err();
    let is_feed = found.version.as_deref().is_some_and(|v| v.contains("jsonfeed.org")) || found.has_items;
    if !is_feed {
        return None;
    }
    let base = context.url.and_then(|u| Url::parse(u).ok());
    let mut feed = ParsedFeed::new(Format::JsonFeed);
    feed.title = found.title.map(|t| html_to_text(&t)).filter(|t| !t.is_empty());
    feed.description = found.description.map(|d| html_to_text(&d)).filter(|d| !d.is_empty());
    feed.home = found.home.map(|h| resolve(base.as_ref(), &h));
    feed.self_url = found.self_url;
    feed.hub = found.hub;
    feed.language = found.language.or_else(|| context.content_language.map(str::to_owned));
    feed.truncated = broke_off || found.more;
    feed.items = found.items.into_iter().map(|item| entry(item, base.as_ref(), &found.authors)).collect();
    Some(feed)
}

fn resolve(base: Option<&Url>, address: &str) -> String {
    let address = address.trim();
    match base.and_then(|b| b.join(address).ok()) {
        Some(url) => {
            // An absolute address stays as written.
            if Url::parse(address).is_ok() { address.to_owned() } else { url.into() }
        }
        None => address.to_owned(),
    }
}

fn entry(mut item: Value, base: Option<&Url>, feed_authors: &[String]) -> Entry {
    let mut authors = people(&item);
    if authors.is_empty() {
        authors = feed_authors.to_vec();
    }
    let tags = item.get("tags").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let categories = tags.iter().filter_map(text).take(32).collect();
    let mut field =
        |name: &str| item.get_mut(name).map(Value::take).and_then(into_text).filter(|t| !t.trim().is_empty());
    let html = field("content_html");
    let plain = field("content_text");
    let summary = field("summary").map(|s| html_to_text(&s));
    Entry {
        title: field("title").map(|t| html_to_text(&t)).filter(|t| !t.is_empty()),
        link: field("url").or_else(|| field("external_url")).map(|u| resolve(base, &u)),
        original_link: None,
        id: field("id"),
        published: field("date_published").and_then(|d| parse_date(&d)),
        updated: field("date_modified").and_then(|d| parse_date(&d)),
        summary: summary.or_else(|| plain.as_deref().filter(|p| p.len() < 1_000).map(html_to_text)),
        content: html.or_else(|| plain.map(|p| html_escape::encode_text(&p).into_owned())),
        authors,
        categories,
        language: field("language"),
        image: field("image").or_else(|| field("banner_image")).map(|u| resolve(base, &u)),
    }
}

/// Version 1.1's `authors`, version 1's `author`.
fn people(value: &Value) -> Vec<String> {
    let many = value.get("authors").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    many.iter()
        .chain(value.get("author"))
        .filter_map(|a| a.get("name").and_then(text).or_else(|| a.as_str().map(str::to_owned)))
        .map(|n| article::squeeze(&n))
        .filter(|n| !n.is_empty())
        .take(32)
        .collect::<Vec<_>>()
}

fn text(value: &Value) -> Option<String> {
    into_text(value.clone())
}

fn into_text(value: Value) -> Option<String> {
    match value {
        Value::String(s) => Some(s),
        Value::Number(n) => Some(n.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// What was read until the end or the break.
#[derive(Default)]
struct Found {
    limit: usize,
    version: Option<String>,
    title: Option<String>,
    description: Option<String>,
    home: Option<String>,
    self_url: Option<String>,
    hub: Option<String>,
    language: Option<String>,
    authors: Vec<String>,
    items: Vec<Value>,
    has_items: bool,
    more: bool,
}

struct Document<'f>(&'f mut Found);

impl<'de> DeserializeSeed<'de> for Document<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, d: D) -> Result<(), D::Error> {
        d.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let found = self.0;
        while let Some(key) = map.next_key::<String>()? {
            if key == "items" {
                found.has_items = map.next_value_seed(Items(found))? || found.has_items;
                continue;
            }
            let value: Value = map.next_value()?;
            match key.as_str() {
                "version" => found.version = text(&value),
                "title" => found.title = text(&value),
                "description" => found.description = text(&value),
                "home_page_url" => found.home = text(&value),
                "feed_url" => found.self_url = text(&value),
                "language" => found.language = text(&value),
                "hubs" => {
                    let first = value.as_array().and_then(|h| h.first()).and_then(|h| h.get("url"));
                    found.hub = first.and_then(text);
                }
                "author" | "authors" => {
                    let object = serde_json::json!({ key: value });
                    found.authors = people(&object);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Reads the entries one by one, so that those before a break are kept. Gives whether there was a list of objects.
struct Items<'f>(&'f mut Found);

impl<'de> DeserializeSeed<'de> for Items<'_> {
    type Value = bool;

    fn deserialize<D: serde::Deserializer<'de>>(self, d: D) -> Result<bool, D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Items<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<bool, A::Error> {
        let found = self.0;
        found.has_items = true;
        while found.items.len() < found.limit {
            match seq.next_element::<Value>()? {
                Some(item) if item.is_object() => found.items.push(item),
                Some(_) => {}
                None => return Ok(true),
            }
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {
            found.more = true;
        }
        Ok(true)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<bool, A::Error> {
        IgnoredAny::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
        Ok(false)
    }

    fn visit_unit<E>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_str<E>(self, _: &str) -> Result<bool, E> {
        Ok(false)
    }
}
