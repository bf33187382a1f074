use super::{attempt, item, read, titles};
use crate::feed::{FeedContext, FeedError, FeedLimits, Format, parse};
use proptest::prelude::*;

#[test]
fn what_is_no_feed_says_what_it_is() {
    assert_eq!(attempt(b""), Err(FeedError::Empty));
    assert_eq!(attempt(b" \n\0 "), Err(FeedError::Empty));
    assert_eq!(attempt("\u{feff}  ".as_bytes()), Err(FeedError::Empty));
    let page = "<!DOCTYPE html><html><head><title>Aurora &amp; Co</title><link rel='alternate' type='application/rss+xml' href='/rss'></head><body><p>Hi</body></html>";
    assert_eq!(
        attempt(page.as_bytes()),
        Err(FeedError::Html {
            title: Some("Aurora & Co".to_owned()),
            feeds: vec!["https://example.org/rss".to_owned()]
        })
    );
    assert!(matches!(attempt(b"{\"error\": \"no such feed\"}"), Err(FeedError::NotAFeed { .. })));
    assert!(matches!(attempt(b"Not found."), Err(FeedError::NotAFeed { .. })));
    let limits = FeedLimits { bytes: 10, ..FeedLimits::default() };
    let large = parse(b"<rss></rss>", &FeedContext { limits, ..FeedContext::default() });
    assert_eq!(large, Err(FeedError::TooLarge { bytes: 11, limit: 10 }));
}

#[test]
fn the_messages_say_what_to_do() {
    let message = |bytes: &[u8]| attempt(bytes).unwrap_err().to_string();
    assert!(message(b"<html><head><title>T</title></head></html>").contains("(“T”); it names no feed"));
    assert!(message(b"Not found.").contains("text that begins “Not found.”"));
    let unknown = attempt(b"<catalog><book/></catalog>").unwrap();
    assert_eq!(unknown.format, Format::Unknown);
    assert!(unknown.verify().unwrap_err().to_string().contains("the root <catalog>"));
}

#[test]
fn a_cut_feed_keeps_its_whole_entries() {
    let feed = read("<rss><channel><title>T</title><item><title>One</title></item><item><title>Tw");
    assert_eq!((titles(&feed), feed.truncated), (vec!["One"], true));
    assert!(feed.verify().is_ok());
    let none = read("<rss><channel><title>T</title><item><title>On");
    assert_eq!(none.verify(), Err(FeedError::CutOff));
    let json = read(r#"{"version":"https://jsonfeed.org/version/1","items":[{"title":"One"},{"title":"Tw"#);
    assert_eq!((titles(&json), json.truncated), (vec!["One"], true));
    let whole = read("<rss><channel><item><title>One</title></item></channel></rss>");
    assert!(!whole.truncated);
}

#[test]
fn junk_around_the_feed_is_passed_over() {
    for text in [
        "\n\n<?xml version='1.0'?><rss><channel><item><title>One</title></item></channel></rss>",
        "Warning: mysql_connect() in <b>/var/www</b>\n<?xml version='1.0'?><rss><channel><item><title>One</title></item></channel></rss>",
        "<?xml version='1.0'?><rss><channel><item><title>One</title></item></channel></rss><!-- cached --><script>x</script>",
        "<!DOCTYPE rss [<!ENTITY x \"y>\"> ]><rss><item><title>One</title></item></rss>",
    ] {
        assert_eq!(titles(&read(text)), ["One"], "{text}");
    }
}

#[test]
fn tags_that_do_not_match() {
    let feed = read("<rss><channel><item><title>One</title><item><title>Two</title></item></channel></rss>");
    assert_eq!(titles(&feed), ["One", "Two"]);
    let feed = read("<rss><channel></b><item><title>One</TITLE></item><item><title>Two</item></channel>");
    assert_eq!(titles(&feed), ["One", "Two"]);
    let feed = read("<RSS><Channel><ITEM><Title>One</Title></ITEM></Channel></RSS>");
    assert_eq!(titles(&feed), ["One"]);
}

#[test]
fn references_markup_and_mojibake_in_titles() {
    let title = |inside: &str| item(&format!("<title>{inside}</title>")).title.unwrap();
    assert_eq!(title("AT&T &nbsp;&eacute;&#233;&#xe9; &unknown; &amp;amp;"), "AT&T ééé &unknown; &");
    assert_eq!(title("<![CDATA[A &amp; <b>B</b> < C]]>"), "A & B < C");
    assert_eq!(title("A <b>naked</b> title"), "A naked title");
    assert_eq!(title("2 &lt; 3 and 3 &gt; 2"), "2 < 3 and 3 > 2");
    assert_eq!(title("don&#146;t"), "don’t");
    assert_eq!(title("&#226;&#128;&#166;"), "…");
    assert_eq!(title("One<br/>two"), "One two");
    assert_eq!(title("One &lt;script&gt;x()&lt;/script&gt;two"), "One two");
    assert_eq!(title("&amp;lt;b&amp;gt;Twice&amp;lt;/b&amp;gt; escaped"), "Twice escaped");
    assert_eq!(title("Use the &amp;lt;b&amp;gt; tag"), "Use the <b> tag");
    assert_eq!(title("a\u{0}b\u{1f} \n\t c"), "ab c");
}

#[test]
fn texts_that_were_escaped_twice() {
    let entry = item(
        "<content:encoded>&amp;lt;p&amp;gt;Text &amp;amp; more&amp;lt;/p&amp;gt;</content:encoded><description>&amp;lt;p&amp;gt;Short&amp;lt;/p&amp;gt;</description>",
    );
    assert_eq!((entry.summary.as_deref(), entry.content.as_deref()), (Some("Short"), Some("<p>Text & more</p>")));
}

#[test]
fn a_documents_own_entities_are_put_in_once() {
    let feed = read(
        "<!DOCTYPE rss [<!ENTITY a 'x'><!ENTITY b '&a;&a;&a;&a;'>]><rss><item><title>&a; &b;</title></item></rss>",
    );
    // No declaration multiplies another: the inner references stay as they are.
    assert_eq!(titles(&feed), ["x &a;&a;&a;&a;"]);
}

#[test]
fn uses_of_an_entity_do_not_multiply_a_feed() {
    let value = "x".repeat(256);
    let with_titles = |title: &str, count: usize| {
        let items = format!("<item><title>{title}</title></item>").repeat(count);
        let feed = read(&format!("<!DOCTYPE rss [<!ENTITY a '{value}'>]><rss><channel>{items}</channel></rss>"));
        titles(&feed).concat()
    };
    // One text, and many that are each too short to be noticed.
    for titles in [with_titles(&"&a;".repeat(333_333), 1), with_titles(&"&a;".repeat(400), 800)] {
        assert!(titles.len() < 3_000_000, "{} bytes", titles.len());
        assert!(titles.starts_with(&value) && titles.ends_with("&a;"));
    }
}

#[test]
fn a_short_feed_may_use_long_entities() {
    let value = "House of the Northern Press ".repeat(9);
    let feed = read(&format!("<!DOCTYPE rss [<!ENTITY a '{value}'>]><rss><item><title>&a;&a;&a;</title></item></rss>"));
    assert_eq!(titles(&feed), [value.repeat(3).trim()]);
}

#[test]
fn prefixes_that_nobody_declared() {
    let entry = item("<dc:creator>Ada</dc:creator><media:thumbnail url='https://example.org/t.jpg'/>");
    assert_eq!((entry.authors, entry.image.as_deref()), (vec!["Ada".to_owned()], Some("https://example.org/t.jpg")));
}

#[test]
fn charsets_that_are_right_wrong_and_missing() {
    let read_as = |bytes: &[u8], content_type: Option<&str>| {
        let feed = parse(bytes, &FeedContext { content_type, ..FeedContext::default() }).unwrap();
        (feed.title.unwrap(), feed.charset)
    };
    let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><rss><channel><title>Caf\xe9</title></channel></rss>";
    assert_eq!(read_as(latin, None), ("Café".to_owned(), "windows-1252"));
    // The header says one thing, the declaration another, the bytes a third: valid UTF-8 is UTF-8.
    let utf8 = "<?xml version='1.0' encoding='ISO-8859-1'?><rss><channel><title>Café “ok”</title></channel></rss>";
    assert_eq!(read_as(utf8.as_bytes(), Some("text/xml; charset=us-ascii")), ("Café “ok”".to_owned(), "UTF-8"));
    let greek = b"<rss><channel><title>\xc1\xe8\xde\xed\xe1</title></channel></rss>";
    assert_eq!(read_as(greek, Some("text/xml; charset='iso-8859-7'")), ("Αθήνα".to_owned(), "ISO-8859-7"));
    let wide: Vec<u8> =
        "<rss><channel><title>Č</title></channel></rss>".encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_eq!(read_as(&wide, None), ("Č".to_owned(), "UTF-16BE"));
    let wider: Vec<u8> =
        "<rss><channel><title>Č</title></channel></rss>".chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
    assert_eq!(read_as(&wider, None), ("Č".to_owned(), "UTF-32LE"));
    // One broken byte in a UTF-8 text does not make it Latin-1.
    let mut one_bad = "<rss><channel><title>".as_bytes().to_vec();
    one_bad.extend("ž".repeat(300).as_bytes());
    one_bad.extend(b"\xff</title></channel></rss>");
    assert_eq!(read_as(&one_bad, None).1, "UTF-8");
    assert_eq!(read_as(&one_bad, Some("text/xml; charset=iso-8859-1")).1, "UTF-8");
    let russian = encoding_rs::KOI8_R
        .encode("<rss><channel><title>Новости экономики и политики, главное за день</title></channel></rss>")
        .0
        .into_owned();
    let (title, charset) = read_as(&russian, None);
    assert_eq!(title, "Новости экономики и политики, главное за день");
    assert!(charset.starts_with("KOI8"), "{charset}");
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let noise: Vec<u8> = (0..4000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 11) as u8 | 0x80).collect();
    assert!(attempt(&noise).is_err());
}

#[test]
fn depth_and_repetition_cost_little() {
    let deep = "<a>".repeat(300_000);
    assert!(attempt(format!("<rss>{deep}").as_bytes()).unwrap().truncated);
    let doctypes = "<!DOCTYPE [".repeat(20_000);
    assert!(attempt(format!("{doctypes}><rss></rss>").as_bytes()).is_ok());
    let quotes = "<a b=\"".repeat(100_000);
    assert!(attempt(format!("<rss>{quotes}").as_bytes()).is_ok());
    let items = "<item>".repeat(100_000);
    assert!(attempt(format!("<rss>{items}</rss>").as_bytes()).is_ok());
    let ends = "</b>".repeat(300_000);
    assert!(attempt(format!("<rss>{ends}").as_bytes()).is_ok());
}

proptest! {
    #[test]
    fn any_bytes_are_a_feed_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = attempt(&bytes);
    }

    #[test]
    fn any_pieces_of_markup_are_survived(
        pieces in proptest::collection::vec(
            prop_oneof![
                Just("<rss>"), Just("<feed xmlns='http://www.w3.org/2005/Atom'>"), Just("<item>"), Just("</item>"), Just("<entry>"),
                Just("<title type='html'>"), Just("</title>"), Just("<![CDATA["), Just("]]>"), Just("<!--"), Just("-->"), Just("<link href='"),
                Just("&"), Just("&#"), Just("&amp;"), Just("<"), Just(">"), Just("\""), Just("é"), Just("<!DOCTYPE"), Just("["), Just("<?"),
                Just("xmlns:x="), Just("<x:y "), Just("{\"items\":["), Just("\u{80}"), Just("<pubDate>"), Just("2026-"), Just("a@b (c)"), Just("<author>"),
            ],
            0..60,
        )
    ) {
        let text = pieces.concat();
        let _ = attempt(text.as_bytes());
        let _ = crate::feed::discover(&text, "https://example.org/");
    }

    #[test]
    fn a_cut_anywhere_gives_a_beginning_of_the_entries(cut in 0_usize..400) {
        let text = "<?xml version='1.0'?><rss><channel><title>T</title><item><title>Öne</title><link>https://example.org/1</link></item>\
            <item><title><![CDATA[Two]]></title></item><item><title>Three &amp; more</title></item></channel></rss>";
        let bytes = text.as_bytes();
        if let Ok(feed) = attempt(&bytes[..cut.min(bytes.len())]) {
            let whole = read(text);
            prop_assert_eq!(&feed.items[..], &whole.items[..feed.items.len()]);
        }
    }
}
