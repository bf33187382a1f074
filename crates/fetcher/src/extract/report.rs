//! An extraction as one line of JSON, for people and for scorers.

use super::{ExtractError, Extracted};
use serde_json::{Value, json};

/// One JSON object on one line: `{"id","url","title","authors","date","language","text",…}`, or
/// `{"id","error"}`. Field names are those that the quality scorers read.
pub fn report_line(id: &str, outcome: &Result<Extracted, ExtractError>) -> String {
    match outcome {
        Ok(found) => success(id, found).to_string(),
        Err(error) => json!({ "id": id, "error": error.to_string() }).to_string(),
    }
}

fn success(id: &str, found: &Extracted) -> Value {
    json!({
        "id": id,
        "url": found.url.as_str(),
        "title": found.title,
        "subtitle": found.subtitle,
        "authors": found.authors,
        "date": found.published.as_ref().map(|d| &d.written),
        "modified": found.modified.as_ref().map(|d| &d.written),
        "language": found.language,
        "section": found.section.as_str(),
        "keywords": found.keywords,
        "image": found.image,
        "site": found.site_name,
        "text": found.text(),
        "blocks": found.blocks,
        "primary": found.primary,
        "signals": found.signals,
        "charset": found.charset,
        "truncated": found.truncated,
        "because": found.because,
    })
}
