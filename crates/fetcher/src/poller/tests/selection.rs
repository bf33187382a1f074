use crate::feed::{FeedContext, parse};
use crate::poller::permalink::pages;

#[track_caller]
fn check(items: &str, expected: &[&str], without: usize) {
    let context = FeedContext { url: Some("https://example.org/feed"), ..FeedContext::default() };
    let feed = parse(format!("<rss><channel>{items}</channel></rss>").as_bytes(), &context).unwrap();
    let (listed, missing) = pages(&feed);
    let found: Vec<&str> = listed.iter().map(|l| l.permalink.as_str()).collect();
    assert_eq!((&found[..], missing), (expected, without));
}

#[test]
fn an_entrys_page() {
    check("<item><link>/a?utm_source=rss#top</link></item>", &["https://example.org/a"], 0);
    check("<item><guid>https://example.org/a</guid></item>", &["https://example.org/a"], 0);
    check("<item><guid isPermaLink='false'>https://example.org/a</guid></item>", &["https://example.org/a"], 0);
    check("<item><title>no address</title><guid>7</guid></item>", &[], 1);
    check("<item><link>mailto:a@example.org</link></item>", &[], 1);
    // A redirector's address is good enough, the original better.
    check("<item><link>https://feeds.example.com/~r/1</link></item>", &["https://feeds.example.com/~r/1"], 0);
    check(
        "<item><link>https://feeds.example.com/~r/1</link><feedburner:origLink>https://example.org/a</feedburner:origLink></item>",
        &["https://example.org/a"],
        0,
    );
}

#[test]
fn the_same_page_is_listed_once() {
    check(
        "<item><link>/a</link><guid>1</guid></item><item><link>/a?utm_medium=x</link><guid>2</guid></item>",
        &["https://example.org/a"],
        0,
    );
}

#[test]
fn a_link_or_guid_that_all_entries_share_hides_none() {
    check(
        "<item><link>/</link><guid>https://example.org/a</guid></item><item><link>/</link><guid>https://example.org/b</guid></item>",
        &["https://example.org/a", "https://example.org/b"],
        0,
    );
    check(
        "<item><link>/a</link><guid>same</guid></item><item><link>/b</link><guid>same</guid></item>",
        &["https://example.org/a", "https://example.org/b"],
        0,
    );
}
