use super::house::{House, ok};
use crate::poller::PollerSettings;
use serde_json::Value;
use std::path::PathBuf;

/// Every feed of the corpus, as a publisher would serve it: it brings its pages or a reason, and the three ways
/// an entry can go (a page, seen before, without an address) add up to what was listed.
#[tokio::test]
async fn every_feed_of_the_corpus_brings_pages_or_a_reason() {
    let shared = std::env::var_os("WIREROOM_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let folder = shared.join("corpus/feeds_real");
    let Ok(manifest) = std::fs::read(folder.join("manifest.json")) else {
        eprintln!("SKIPPED: no corpus at {}", folder.display());
        return;
    };
    let rows: Vec<Value> = serde_json::from_slice(&manifest).unwrap();
    let settings =
        PollerSettings { max_age_days: 0, first_poll_pages: 1_000, pages_per_poll: 1_000, ..PollerSettings::default() };
    let house = House::with(settings).await;
    let (mut read, mut refused) = (0, Vec::new());
    for (due, row) in (1..).zip(&rows) {
        house.serve("/feed", ok(std::fs::read(folder.join(row["path"].as_str().unwrap())).unwrap()));
        let (pages, said) = house.poll(due).await;
        if said.starts_with("done") {
            read += 1;
            assert!(said.contains(&format!("{} new", pages.len())), "{row}: {said}");
        } else {
            assert!(said.starts_with("drop feed_broken "), "{row}: {said}");
            assert_eq!(house.state().await.last_error.as_deref(), said.strip_prefix("drop feed_broken "));
            refused.push(row["path"].clone());
        }
    }
    // XML that is no feed, and one that breaks off before its first entry.
    assert_eq!(refused, ["feed-rs_rss_2.0_invalid_1.xml", "feed-rs_xml_sample_2.xml"]);
    assert_eq!(read + refused.len(), rows.len());
}
