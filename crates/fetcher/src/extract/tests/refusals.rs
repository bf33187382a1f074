//! What is no article, and why.

use super::{article, page, read, read_with};
use crate::extract::{CharsetFrom, ExtractError, Extracted, Hints, OtherPage, PageBytes, extract};

#[track_caller]
fn kind(html: &str, expected: OtherPage) {
    match read(html) {
        Err(ExtractError::NoArticle { kind, .. }) => assert_eq!(kind, expected, "{html}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn other_pages_are_recognised() {
    let ld = |kind: &str| format!("<script type='application/ld+json'>{{\"@type\":\"{kind}\"}}</script>");
    kind(&page(&ld("VideoObject"), "<h1>Clip</h1>"), OtherPage::Video);
    kind(&page("<meta property=og:type content=video.other>", "<h1>Clip</h1>"), OtherPage::Video);
    kind(&page(&ld("ImageGallery"), "<h1>Pictures</h1>"), OtherPage::Gallery);
    kind(&page(&ld("PodcastEpisode"), "<h1>Talk</h1>"), OtherPage::Audio);
    kind(&page(&ld("LiveBlogPosting"), "<h1>As it happens</h1>"), OtherPage::LiveBlog);
    kind(&page(&ld("CollectionPage"), "<h1>World</h1><a href=/1>One</a>"), OtherPage::Front);
    kind(&page(&ld("SearchResultsPage"), "<h1>Results</h1>"), OtherPage::Search);
    kind(&page("", "<h1>Nothing</h1>"), OtherPage::Thin);
}

#[test]
fn an_article_with_a_video_is_an_article() {
    let video = "<script type='application/ld+json'>{\"@type\":\"VideoObject\"}</script>";
    let html = page(video, &format!("<h1>Bridge opened again</h1>{}", super::paragraphs().repeat(2)));
    assert_eq!(read(&html).unwrap().blocks.len(), 8);
}

#[test]
fn walls_are_no_content() {
    let wall = page("<title>Just a moment...</title>", "<p>Checking your browser before you go on.</p>");
    assert!(matches!(read(&wall), Err(ExtractError::Blocked(_))));
    let consent = page("<title>Before you continue to Aurora</title>", "<form><p>We and our partners.</p></form>");
    assert!(matches!(read(&consent), Err(ExtractError::Consent(_))));
}

#[test]
fn a_short_article_may_speak_of_walls() {
    let head = "<meta property=og:type content=article>";
    let html =
        page(head, "<h1>Airport closed</h1><p>After a failed security check the airport was closed for an hour.</p>");
    assert_eq!(read(&html).unwrap().title, "Airport closed");
}

#[test]
fn what_is_not_html_is_refused_by_its_own_word() {
    let page = PageBytes {
        bytes: b"%PDF-1.7",
        url: super::URL,
        content_type: Some("application/pdf"),
        headers: &[],
        received_at: None,
    };
    assert_eq!(extract(&page, &Hints::default()), Err(ExtractError::NotHtml("application/pdf".to_owned())));
}

fn in_charset(bytes: &[u8], content_type: Option<&str>) -> Result<Extracted, ExtractError> {
    let page = PageBytes { bytes, url: super::URL, content_type, headers: &[], received_at: None };
    extract(&page, &Hints::default())
}

#[test]
fn charsets_are_read_from_bom_header_meta_and_bytes() {
    let text = article("<title>x</title>").replace("river", "Fluß bei Köln, „schön“");
    let latin: Vec<u8> = encoding_rs::WINDOWS_1252.encode(&text).0.into_owned();
    let declared =
        encoding_rs::WINDOWS_1252.encode(&text.replace("<title>", "<meta charset=iso-8859-1><title>")).0.into_owned();
    let bom: Vec<u8> = [&[0xEF, 0xBB, 0xBF], text.as_bytes()].concat();
    for (bytes, content_type, from) in [
        (text.as_bytes(), Some("text/html; charset=utf-8"), CharsetFrom::Header),
        (&bom, Some("text/html; charset=iso-8859-1"), CharsetFrom::Bom),
        (&latin, Some("text/html;charset=\"windows-1252\""), CharsetFrom::Header),
        (&declared, Some("text/html"), CharsetFrom::Meta),
        (&latin, None, CharsetFrom::Detection),
        // A header that is plainly wrong, both ways.
        (text.as_bytes(), Some("text/html; charset=iso-8859-1"), CharsetFrom::Detection),
        (&latin, Some("text/html; charset=utf-8"), CharsetFrom::Detection),
    ] {
        let found = in_charset(bytes, content_type).unwrap();
        assert_eq!(found.charset.from, from, "{content_type:?}");
        assert!(found.text().contains("Fluß bei Köln, „schön“"), "{content_type:?}: {}", found.text());
    }
}

#[test]
fn a_text_that_decodes_badly_is_a_reason_not_an_article() {
    let lost = article("").replace("bridge", "br\u{FFFD}\u{FFFD}dg\u{FFFD}");
    assert!(matches!(read(&lost), Err(ExtractError::Charset { .. })));
    let moji = article("").replace("bridge", "brÃ¼cke fÃ¼r alle Ã¼ber");
    assert!(matches!(read(&moji), Err(ExtractError::Charset { .. })));
    let stray = article("").replacen("bridge", "br\u{FFFD}dge", 1);
    assert!(read(&stray).is_ok());
}

#[test]
fn without_any_headline_the_first_sentence_serves() {
    let found = read_with(&page("", &super::paragraphs()), &Hints::default(), &[]).unwrap();
    assert!(found.title.starts_with("The first of the sentences says"), "{}", found.title);
}
