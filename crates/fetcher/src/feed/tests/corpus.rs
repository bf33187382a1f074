use crate::feed::{FeedContext, ParsedFeed, parse};
use serde_json::Value;
use std::path::PathBuf;

/// The test corpus, where there is one.
fn corpus(set: &str) -> Option<(PathBuf, Value, Value)> {
    let shared = std::env::var_os("WIREROOM_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let folder = shared.join("corpus").join(set);
    let json = |name: &str| serde_json::from_slice(&std::fs::read(folder.join(name)).ok()?).ok();
    let (Some(manifest), Some(truth)) = (json("manifest.json"), json("truth.json")) else {
        eprintln!("SKIPPED: no corpus at {}", folder.display());
        return None;
    };
    Some((folder, manifest, truth))
}

/// Shares of feeds read, and of feeds whose number of entries is right.
fn shares(set: &str, group: Option<&str>) -> Option<(f64, f64)> {
    let (folder, manifest, truth) = corpus(set)?;
    let (mut feeds, mut read, mut exact) = (0.0, 0.0, 0.0);
    for row in manifest.as_array().unwrap().iter().filter(|r| group.is_none_or(|g| r["group"] == g)) {
        let field = |name: &str| row.get(name).and_then(Value::as_str);
        let context = FeedContext {
            url: field("url"),
            content_type: field("content_type"),
            content_location: field("content_location"),
            content_language: field("content_language"),
            ..FeedContext::default()
        };
        let bytes = std::fs::read(folder.join(field("path").unwrap())).unwrap();
        let feed: Option<ParsedFeed> = parse(&bytes, &context).ok();
        feeds += 1.0;
        read += f64::from(u8::from(feed.is_some()));
        let wanted = truth[field("id").unwrap()]["entries"].as_u64().unwrap();
        exact += f64::from(u8::from(feed.is_some_and(|f| f.items.len() as u64 == wanted)));
    }
    Some((read / feeds, exact / feeds))
}

#[test]
fn real_feeds_are_read() {
    if let Some((read, exact)) = shares("feeds_real", None) {
        assert!(read >= 0.99 && exact >= 0.98, "read {read}, exact {exact}");
    }
}

#[test]
fn corner_cases_are_read() {
    if let Some((read, exact)) = shares("feeds", None) {
        assert!(read >= 0.98 && exact >= 0.975, "read {read}, exact {exact}");
    }
    if let Some((read, exact)) = shares("feeds", Some("encoding")) {
        assert!(read >= 0.85 && exact >= 0.85, "read {read}, exact {exact}");
    }
}
