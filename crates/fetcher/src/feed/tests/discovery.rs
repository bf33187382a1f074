use crate::feed::{Format, discover};

#[test]
fn declared_feeds_come_before_guessed_ones() {
    let html = r#"<html><head><base href="/en/"><script>var a = '<link rel="alternate" type="application/rss+xml" href="/no">';</script>
        <link rel="stylesheet alternate" type="text/css" href="x.css">
        <link type="application/atom+xml" title="Top &amp; more" rel="ALTERNATE" href="atom.xml">
        <link rel=alternate type=application/rss+xml href=/rss?a=1&amp;b=2>
        <link rel="alternate" hreflang="de" href="/de/"></head>
        <body><a href="/about">About</a><a href="/sport/feed/">Sport</a><a href="mailto:rss">x</a><a href="/en/atom.xml">again</a></body></html>"#;
    let found = discover(html, "https://example.org/");
    let seen: Vec<_> = found.iter().map(|d| (d.url.as_str(), d.title.as_deref(), d.format, d.declared)).collect();
    assert_eq!(
        seen,
        [
            ("https://example.org/en/atom.xml", Some("Top & more"), Some(Format::Atom), true),
            ("https://example.org/rss?a=1&b=2", None, Some(Format::Rss), true),
            ("https://example.org/sport/feed/", Some("Sport"), None, false),
        ]
    );
}

#[test]
fn feeds_of_comments_come_last_and_an_api_is_no_feed() {
    let html = r#"<link rel="alternate" type="application/rss+xml" href="/comments/feed/">
        <link rel="alternate" type="application/json" href="/wp-json/wp/v2/posts/1">
        <link rel="alternate" type="application/json" href="/feed.json"><link rel="alternate" type="application/rss+xml" href="/feed/">"#;
    let found = discover(html, "https://example.org/");
    let urls: Vec<_> = found.iter().map(|d| d.url.as_str()).collect();
    assert_eq!(
        urls,
        ["https://example.org/feed.json", "https://example.org/feed/", "https://example.org/comments/feed/"]
    );
}

#[test]
fn a_page_full_of_links_is_no_directory() {
    let html: String = (0..1000).map(|i| format!("<a href='/{i}/rss'>{i}</a>")).collect();
    assert_eq!(discover(&html, "https://example.org/").len(), 40);
}
