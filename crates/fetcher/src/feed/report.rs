//! What a feed was read as, one JSON object a line, for measuring.

use super::{Entry, FeedError, ParsedFeed};
use serde_json::{Value, json};

/// One line: `{"id","title","lang","items":[{"title","link","date","id"}]}`, or `{"id","error"}`. `date` is
/// when an entry was published or, where it says no such time, updated.
pub fn report_line(id: &str, parsed: &Result<ParsedFeed, FeedError>) -> String {
    let value = match parsed {
        Ok(feed) => json!({
            "id": id,
            "title": feed.title,
            "lang": feed.language,
            "items": feed.items.iter().map(item).collect::<Vec<Value>>(),
        }),
        Err(error) => json!({ "id": id, "error": error.to_string() }),
    };
    value.to_string()
}

fn item(entry: &Entry) -> Value {
    json!({
        "title": entry.title,
        "link": entry.link,
        "date": entry.published.or(entry.updated).map(|t| t.rfc3339()),
        "id": entry.id,
    })
}
