//! What was captured, written as an archive and read again.

use super::ingesting::House;
use crate::warc::Writer;
use article::{ArticleId, CanonicalUrl, Carry, Timestamp};
use store::Capture;

const PAGE: &str = "<html lang=en><head><title>Bridge opened again</title></head><body><article>
    <h1>Bridge opened again</h1>
    <p>The old bridge over the river, closed since spring, was opened again on Tuesday.</p>
    <p>“It took longer than we thought”, said the engineer, who had promised it for the summer.</p>
    <p>Some forty thousand people crossed it every day before it was closed.</p>
    </article></body></html>";

fn capture(path: &str) -> Capture {
    let url = CanonicalUrl::parse(&format!("https://aurora.example{path}")).unwrap();
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Capture {
        article: ArticleId::of(&url),
        part_of: None,
        url: url.to_string(),
        status: 200,
        headers: vec![
            header("content-type", "text/html; charset=windows-1252"),
            header("content-encoding", "br"),
            header("transfer-encoding", "chunked"),
            header("content-length", "123"),
            header("x-robots-tag", "otherbot: noarchive"),
            header("x-note", "cafés\r\nand: more"),
        ],
        body: PAGE
            .replace('“', "\u{93}")
            .replace('”', "\u{94}")
            .chars()
            .map(|c| u8::try_from(u32::from(c)).unwrap())
            .collect(),
        observed_at: Timestamp(1_774_000_000_123),
    }
}

#[tokio::test]
async fn the_same_article_comes_out() {
    for gzip in [false, true] {
        let house = House::new().await;
        house.source("Aurora", "https://aurora.example/", Carry::Full).await;
        let mut writer = Writer::new(Vec::new(), gzip, "Wireroom", Timestamp::now()).unwrap();
        for path in ["/a", "/b"] {
            writer.write(&capture(path)).unwrap();
        }
        let archive = writer.finish().unwrap();
        let tally = house.ingest(&archive).await;
        assert_eq!((tally.records, tally.articles, tally.broken), (3, 2, 0), "{tally:?}");
        for article in house.articles(2).await {
            assert_eq!(article.observed_at, Timestamp(1_774_000_000_123), "to the millisecond");
            assert_eq!((article.title.as_str(), article.blocks.len()), ("Bridge opened again", 3));
            assert!(article::plain_text(&article.blocks).contains("“It took longer"), "{article:?}");
        }
    }
}

#[test]
fn an_archive_is_as_the_standard_says() {
    let mut writer = Writer::new(Vec::new(), false, "Wireroom\r\n0.1", Timestamp(1_774_000_000_000)).unwrap();
    let mut small = capture("/a");
    small.body = b"<p>body</p>".to_vec();
    writer.write(&small).unwrap();
    let text = String::from_utf8(writer.finish().unwrap()).unwrap();
    insta::assert_snapshot!(text.replace('\r', "␍"), @r"
    WARC/1.1␍
    WARC-Type: warcinfo␍
    WARC-Record-ID: <urn:uuid:8416511c-1f01-83d7-a87b-93121fc8ad0a>␍
    WARC-Date: 2026-03-20T09:46:40.000Z␍
    Content-Type: application/warc-fields␍
    Content-Length: 147␍
    ␍
    software: Wireroom  0.1␍
    format: WARC File Format 1.1␍
    conformsTo: http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/␍
    ␍
    ␍
    WARC/1.1␍
    WARC-Type: response␍
    WARC-Record-ID: <urn:uuid:16c7c55f-e986-89e8-9736-2cc7c3b554e9>␍
    WARC-Date: 2026-03-20T09:46:40.123Z␍
    WARC-Target-URI: https://aurora.example/a␍
    Content-Type: application/http; msgtype=response␍
    Content-Length: 273␍
    ␍
    HTTP/1.1 200 ␍
    content-type: text/html; charset=windows-1252␍
    x-archive-orig-content-encoding: br␍
    x-archive-orig-transfer-encoding: chunked␍
    x-archive-orig-content-length: 123␍
    x-robots-tag: otherbot: noarchive␍
    x-note: cafés  and: more␍
    content-length: 11␍
    ␍
    <p>body</p>␍
    ␍
    ");
}
