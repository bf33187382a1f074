use super::{item, read, titles};
use crate::feed::{FeedContext, FeedLimits, Format, parse};
use std::time::Duration;

#[test]
fn rss_with_its_hints() {
    let feed = read(
        r#"<?xml version="1.0"?>
        <rss version="2.0" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" xmlns:atom="http://www.w3.org/2005/Atom">
        <channel><title>The &lt;b&gt;Aurora&lt;/b&gt; Times</title><link>https://example.org/</link>
          <description>News &amp;amp; views</description><language>en_GB</language>
          <atom:link rel="hub" href="https://hub.example.net/"/><atom:link rel="self" href="/feed.xml" type="application/rss+xml"/>
          <ttl>30</ttl><skipHours><hour>0</hour><hour>24</hour><hour>7</hour></skipHours><skipDays><day>Sunday</day></skipDays>
          <sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>
          <image><title>not this</title><link>https://example.org/not-this</link></image>
          <item><title>One</title><link>/one</link><guid isPermaLink="false">1</guid>
            <pubDate>Tue, 24 Nov 2026 09:30:00 GMT</pubDate><category>World, Europe</category><category>World</category>
            <author>jane@example.org (Jane Doe)</author></item>
        </channel></rss>"#,
    );
    assert_eq!(feed.format, Format::Rss);
    assert_eq!(feed.title.as_deref(), Some("The Aurora Times"));
    assert_eq!(feed.description.as_deref(), Some("News & views"));
    assert_eq!(feed.language.as_deref(), Some("en-GB"));
    assert_eq!(feed.home.as_deref(), Some("https://example.org/"));
    assert_eq!(feed.hub.as_deref(), Some("https://hub.example.net/"));
    assert_eq!(feed.self_url.as_deref(), Some("https://example.org/feed.xml"));
    assert_eq!(feed.hints.ttl, Some(Duration::from_secs(1800)));
    assert_eq!(feed.hints.update_every, Some(Duration::from_secs(900)));
    assert_eq!(feed.hints.skip_hours, [0, 0, 7]);
    assert_eq!(feed.hints.skip_days, [6]);
    let entry = &feed.items[0];
    assert_eq!(entry.link.as_deref(), Some("https://example.org/one"));
    assert_eq!(entry.id.as_deref(), Some("1"));
    assert_eq!(entry.published.unwrap().rfc3339(), "2026-11-24T09:30:00Z");
    assert_eq!(entry.categories, ["World", "Europe"]);
    assert_eq!(entry.authors, ["Jane Doe"]);
}

#[test]
fn rdf_keeps_its_items_beside_the_channel() {
    let feed = read(
        r#"<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
        <channel rdf:about="https://example.org/"><title>R</title><dc:language>de</dc:language></channel>
        <item rdf:about="https://example.org/a"><title>A</title><dc:creator>Ada</dc:creator><dc:date>2026-11-24</dc:date></item></rdf:RDF>"#,
    );
    assert_eq!((feed.format, feed.language.as_deref()), (Format::Rdf, Some("de")));
    let entry = &feed.items[0];
    assert_eq!(entry.link.as_deref(), Some("https://example.org/a"));
    assert_eq!(entry.id, entry.link);
    assert_eq!(entry.authors, ["Ada"]);
    assert_eq!(entry.updated.unwrap().rfc3339(), "2026-11-24T00:00:00Z");
}

#[test]
fn atom_with_bases_types_and_inherited_authors() {
    let feed = read(
        r#"<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://example.net/blog/" xml:lang="fr">
        <title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">Le <em>Jour</em></div></title>
        <author><name>Équipe</name></author><link rel="alternate" href="/"/>
        <entry xml:base="2026/"><title type="html">A &amp;amp; B &lt;i&gt;C&lt;/i&gt;</title><id>urn:1</id>
          <link rel="enclosure" type="image/jpeg" href="a.jpg"/><link rel="alternate" type="text/html" href="a.html"/>
          <link rel="alternate" type="application/json" href="a.json"/>
          <published>2026-11-24T09:30:00+01:00</published><updated>2026-11-24T10:00:00+01:00</updated>
          <summary>Kurz</summary><content type="html">&lt;p&gt;Lang&lt;/p&gt;</content></entry></feed>"#,
    );
    assert_eq!((feed.title.as_deref(), feed.language.as_deref()), (Some("Le Jour"), Some("fr")));
    assert_eq!(feed.home.as_deref(), Some("https://example.net/"));
    let entry = &feed.items[0];
    assert_eq!(entry.title.as_deref(), Some("A & B C"));
    assert_eq!(entry.link.as_deref(), Some("https://example.net/blog/2026/a.html"));
    assert_eq!(entry.image.as_deref(), Some("https://example.net/blog/2026/a.jpg"));
    assert_eq!(entry.authors, ["Équipe"]);
    assert_eq!(entry.published.unwrap().rfc3339(), "2026-11-24T08:30:00Z");
    assert_eq!(entry.updated.unwrap().rfc3339(), "2026-11-24T09:00:00Z");
    assert_eq!(entry.summary.as_deref(), Some("Kurz"));
    assert_eq!(entry.content.as_deref(), Some("<p>Lang</p>"));
}

#[test]
fn json_feed_with_fields_of_wrong_types() {
    let feed = read(
        r#"{"version": "https://jsonfeed.org/version/1.1", "title": 7, "home_page_url": "https://example.org/",
            "authors": [{"name": "Desk"}], "hubs": [{"type": "WebSub", "url": "https://hub.example.net/"}],
            "items": [{"id": 12, "url": "/a", "title": "A &amp; B", "date_published": "2026-11-24T09:30:00Z", "tags": ["x", 3, null]},
                      "no entry", {"id": "b", "external_url": "https://example.net/b", "author": {"name": "Bob"}}]}"#,
    );
    assert_eq!((feed.format, feed.title.as_deref()), (Format::JsonFeed, Some("7")));
    assert_eq!(feed.hub.as_deref(), Some("https://hub.example.net/"));
    let [a, b] = &feed.items[..] else { panic!("{:?}", feed.items) };
    assert_eq!((a.id.as_deref(), a.link.as_deref()), (Some("12"), Some("https://example.org/a")));
    assert_eq!((a.title.as_deref(), &a.authors[..]), (Some("A & B"), &["Desk".to_owned()][..]));
    assert_eq!(a.categories, ["x", "3"]);
    assert_eq!((b.link.as_deref(), &b.authors[..]), (Some("https://example.net/b"), &["Bob".to_owned()][..]));
}

#[test]
fn a_news_sitemap_and_an_index() {
    let feed = read(
        r#"<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
        <url><loc>https://example.org/a</loc><lastmod>2026-11-24T10:00:00Z</lastmod>
          <news:news><news:publication><news:name>Aurora</news:name><news:language>en</news:language></news:publication>
            <news:publication_date>2026-11-24</news:publication_date><news:title>A &amp; B</news:title><news:keywords>x, y</news:keywords></news:news>
          <image:image><image:loc>https://example.org/a.jpg</image:loc></image:image></url>
        <url><lastmod>2026-11-24</lastmod></url></urlset>"#,
    );
    assert_eq!((feed.format, feed.items.len()), (Format::Sitemap, 1));
    let entry = &feed.items[0];
    assert_eq!(entry.title.as_deref(), Some("A & B"));
    assert_eq!(entry.published.unwrap().rfc3339(), "2026-11-24T00:00:00Z");
    assert_eq!(entry.language.as_deref(), Some("en"));
    assert_eq!(entry.categories, ["x", "y"]);
    assert_eq!(entry.image.as_deref(), Some("https://example.org/a.jpg"));

    let index = read(
        r#"<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
        <sitemap><loc>https://example.org/news.xml.gz</loc><lastmod>2026-11-24</lastmod></sitemap></sitemapindex>"#,
    );
    assert_eq!((index.format, index.items.len()), (Format::SitemapIndex, 0));
    assert_eq!(index.sitemaps[0].url, "https://example.org/news.xml.gz");
    assert!(index.verify().is_ok());
}

#[test]
fn a_guid_is_a_link_only_where_it_can_be() {
    assert_eq!(item("<guid>https://example.org/a</guid>").link.as_deref(), Some("https://example.org/a"));
    assert_eq!(item("<guid>/a</guid>").link.as_deref(), Some("https://example.org/a"));
    assert_eq!(item("<guid>4711</guid>").link, None);
    assert_eq!(item("<guid isPermaLink='false'>https://example.org/a</guid>").link, None);
    let both = item("<link>https://example.org/a</link><guid>https://example.org/?p=1</guid>");
    assert_eq!(both.link.as_deref(), Some("https://example.org/a"));
    assert_eq!(both.id.as_deref(), Some("https://example.org/?p=1"));
}

#[test]
fn links_that_run_code_are_none() {
    assert_eq!(item("<link>javascript:alert(1)</link>").link, None);
    assert_eq!(item("<link> JavaScript:alert(1)</link>").link, None);
    assert_eq!(item("<link>java\nscript:alert(1)</link>").link, None);
}

#[test]
fn a_redirectors_original_is_kept_beside_it() {
    let entry = item(
        "<link>https://feeds.example.com/~r/1</link><feedburner:origLink>https://example.org/a</feedburner:origLink>",
    );
    assert_eq!(entry.link.as_deref(), Some("https://feeds.example.com/~r/1"));
    assert_eq!(entry.original_link.as_deref(), Some("https://example.org/a"));
}

#[test]
fn a_description_is_a_standfirst_or_the_text() {
    let short = item("<description>&lt;p&gt;Short.&lt;/p&gt;</description>");
    assert_eq!((short.summary.as_deref(), short.content), (Some("Short."), None));
    let long = item(&format!("<description>&lt;p&gt;{}&lt;/p&gt;</description>", "word ".repeat(1000)));
    assert_eq!(long.summary.as_deref().map(|s| s.chars().count() <= 1001), Some(true));
    assert!(long.content.unwrap().starts_with("<p>word"));
    let both = item("<description>Short.</description><content:encoded><![CDATA[<p>Text</p>]]></content:encoded>");
    assert_eq!((both.summary.as_deref(), both.content.as_deref()), (Some("Short."), Some("<p>Text</p>")));
}

#[test]
fn the_widest_picture_wins() {
    let entry = item(
        r#"<enclosure url="https://example.org/e.jpg" type="image/jpeg" length="1"/>
        <media:group><media:content url="https://example.org/v.mp4" type="video/mp4" width="9999"/>
        <media:content url="https://example.org/s.jpg" medium="image" width="100"/>
        <media:content url="https://example.org/l.jpg" medium="image" width="800"><media:thumbnail url="https://example.org/t.jpg" width="50"/></media:content></media:group>"#,
    );
    assert_eq!(entry.image.as_deref(), Some("https://example.org/l.jpg"));
}

#[test]
fn bases_go_from_near_to_far() {
    let context = FeedContext {
        url: Some("https://example.org/deep/feed"),
        content_location: Some("/other/place"),
        ..FeedContext::default()
    };
    let link = |xml: &str| parse(xml.as_bytes(), &context).unwrap().items[0].link.clone().unwrap();
    assert_eq!(link("<rss><item><link>a</link></item></rss>"), "https://example.org/other/a");
    assert_eq!(
        link("<rss xml:base='https://example.net/x/'><item xml:base='y/'><link>a</link></item></rss>"),
        "https://example.net/x/y/a"
    );
    let bare = parse(b"<rss><item><link>a</link></item></rss>", &FeedContext::default()).unwrap();
    assert_eq!(bare.items[0].link.as_deref(), Some("a"));
}

#[test]
fn limits_cut_and_say_so() {
    let items: String = (0..10).map(|i| format!("<item><title>{i}</title></item>")).collect();
    let text = format!("<rss><channel>{items}</channel></rss>");
    let limits = FeedLimits { entries: 3, ..FeedLimits::default() };
    let feed = parse(text.as_bytes(), &FeedContext { limits, ..FeedContext::default() }).unwrap();
    assert_eq!((titles(&feed), feed.truncated), (vec!["0", "1", "2"], true));
    let limits = FeedLimits { nodes: 8, ..FeedLimits::default() };
    let feed = parse(text.as_bytes(), &FeedContext { limits, ..FeedContext::default() }).unwrap();
    assert_eq!((titles(&feed), feed.truncated), (vec!["0"], true));
    let json = r#"{"version":"https://jsonfeed.org/version/1","items":[{"title":"0"},{"title":"1"}]}"#;
    let limits = FeedLimits { entries: 1, ..FeedLimits::default() };
    let feed = parse(json.as_bytes(), &FeedContext { limits, ..FeedContext::default() }).unwrap();
    assert_eq!((titles(&feed), feed.truncated), (vec!["0"], true));
}
