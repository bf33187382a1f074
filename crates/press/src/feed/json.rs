//! JSON Feed 1.1.

use super::Outline;
use serde_json::json;

pub(crate) fn write(feed: &Outline<'_>) -> String {
    let mut items = Vec::new();
    for entry in &feed.entries {
        let mut item = json!({
            "id": entry.guid,
            "url": entry.link,
            "title": entry.title,
            "summary": entry.summary,
            "image": entry.image,
            "date_published": entry.published.rfc3339(),
            "date_modified": entry.updated.rfc3339(),
            "tags": [entry.section],
        });
        if !entry.authors.is_empty() {
            let authors: Vec<_> = entry.authors.iter().map(|name| json!({"name": name})).collect();
            item["authors"] = json!(authors);
        }
        match &entry.content {
            Some(content) => item["content_html"] = json!(content),
            // The format asks for one of the two contents.
            None => item["content_text"] = json!(entry.summary),
        }
        items.push(item);
    }
    let feed = json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.publisher.name,
        "home_page_url": format!("{}/", feed.base),
        "feed_url": feed.url,
        "language": feed.publisher.language.code(),
        "items": items,
    });
    format!("{feed}\n")
}
