//! The press as served: over real sockets, by a client that knows nothing.

use super::client::{get, page, start};
use super::still;
use crate::{Expected, Fault, PressSettings, RunningPress, TruthRow};
use article::{Block, WithdrawalCause};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

fn escaped(text: &str) -> String {
    crate::page::escape(text)
}

fn texts_of(row: &TruthRow) -> Vec<String> {
    let lines = |block: &Block| block.text().lines().map(str::to_owned).collect::<Vec<_>>();
    row.head.iter().cloned().chain(row.blocks.iter().flat_map(lines)).chain(row.tail.iter().cloned()).collect()
}

#[tokio::test]
async fn every_page_shows_its_truth_and_every_feed_link_leads_to_it() {
    let press = start(still(400)).await;
    let truth = press.truth();
    assert_eq!(truth.len(), 400);
    for row in &truth {
        let answer = page(&press, row.url.as_str()).await;
        assert_eq!(answer.status, 200, "{}", row.url);
        let html = answer.text();
        for text in texts_of(row) {
            assert!(html.contains(&escaped(&text)), "{} lacks {text}", row.url);
        }
        assert!(html.contains(&escaped(&row.title)) && html.contains(&escaped(&row.subtitle)), "{}", row.url);
        for author in &row.authors {
            assert!(html.contains(&escaped(author)), "{} lacks {author}", row.url);
        }
        assert_eq!(row.names.as_ref().is_some_and(|n| html.contains(&escaped(n.as_str()))), row.names.is_some());
        assert_eq!(html.contains("isAccessibleForFree"), !row.free, "{}", row.url);
        if let Some(alias) = row.aliases.first() {
            let answer = page(&press, alias).await;
            let arrived = answer.status == 200 || answer.header("location") == Some(row.url.as_str());
            assert!(arrived, "{alias}: {} {}", answer.status, answer.head);
        }
    }
}

/// Whether a feed in XML closes what it opens, in order.
fn is_well_formed(xml: &str) -> bool {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = xml;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix("![CDATA[") {
            let Some(end) = after.find("]]>") else { return false };
            rest = &after[end + 3..];
            continue;
        }
        let Some(end) = rest.find('>') else { return false };
        let tag = &rest[..end];
        rest = &rest[end + 1..];
        let name = tag.split([' ', '/', '\n']).find(|n| !n.is_empty()).unwrap_or_default();
        match tag.chars().next() {
            Some('?') => {}
            Some('/') if open.pop() != Some(name) => return false,
            Some('/') => {}
            _ if tag.ends_with('/') => {}
            _ => open.push(name),
        }
    }
    open.is_empty()
}

#[tokio::test]
async fn some_houses_keep_their_old_charset() {
    let press = start(still(300)).await;
    let mut seen = std::collections::HashSet::new();
    for row in press.truth() {
        let answer = page(&press, row.url.as_str()).await;
        let kind = answer.header("content-type").unwrap().to_owned();
        if String::from_utf8(answer.body.clone()).is_err() {
            seen.insert((row.language, kind));
        }
    }
    assert!(seen.iter().any(|(language, _)| *language == crate::Language::Russian), "{seen:?}");
    assert!(seen.iter().any(|(_, kind)| kind.ends_with("iso-8859-1")), "{seen:?}");
}

#[tokio::test]
async fn every_feed_reads_and_lists_every_article_of_its_publisher() {
    let press = start(still(300)).await;
    let truth = press.truth();
    let mut listed = 0;
    for source in press.sources() {
        let answer = page(&press, &source.feeds[0].url).await;
        let feed = answer.text();
        let kind = answer.header("content-type").unwrap().to_owned();
        let json = kind.contains("json");
        if json {
            assert!(serde_json::from_str::<serde_json::Value>(&feed).unwrap()["items"].is_array());
        } else {
            assert!(is_well_formed(&feed), "{}: {feed}", source.id);
        }
        for row in truth.iter().filter(|r| r.source == source.id) {
            let link = row.aliases.first().map_or(row.url.as_str(), String::as_str);
            let link = if json { link.to_owned() } else { escaped(link) };
            assert!(feed.contains(&link), "{} lacks {link}", source.id);
            listed += 1;
        }
    }
    assert_eq!(listed, truth.len());
}

#[tokio::test]
async fn the_same_settings_serve_the_same_bytes() {
    let settings = || PressSettings { port_in_addresses: false, suffix: "example".to_owned(), ..still(150) };
    let (one, two) = (start(settings()).await, start(settings()).await);
    assert_eq!(one.truth(), two.truth());
    for source in one.sources() {
        let url = &source.feeds[0].url;
        assert_eq!(page(&one, url).await.body, page(&two, url).await.body, "{url}");
    }
    for row in one.truth() {
        assert_eq!(page(&one, row.url.as_str()).await.body, page(&two, row.url.as_str()).await.body, "{}", row.url);
    }
    // The course after the start is the same, too.
    let (mut later_one, mut later_two) = (Vec::new(), Vec::new());
    for _ in 0..50 {
        later_one.push(one.publish_next().unwrap());
        later_two.push(two.publish_next().unwrap());
    }
    assert_eq!(later_one, later_two);
}

#[tokio::test]
async fn a_default_press_has_every_language_section_and_kind_of_house() {
    let press = start(PressSettings { rate: 0.0, ..PressSettings::default() }).await;
    let truth = press.truth();
    assert_eq!(truth.len(), 180);
    for language in crate::Language::ALL {
        assert!(truth.iter().any(|r| r.language == language), "{language:?}");
    }
    for section in article::Section::ALL {
        assert!(truth.iter().any(|r| r.section == section), "{section:?}");
    }
    assert!(truth.iter().any(|r| !r.free), "nobody asks for a subscription");
    assert!(truth.iter().any(|r| r.signal.is_some_and(|s| s.reserves_mining())), "nobody reserves mining");
    assert!(truth.iter().any(|r| r.signal == Some(article::CarryReason::NoArchive)), "nobody says noarchive");
    assert!(truth.iter().any(|r| r.names.is_some()) && truth.iter().any(|r| r.credit.is_some()));
    let copies = truth.iter().filter(|r| r.kind.is_copy()).count();
    assert!((30..120).contains(&copies), "{copies} copies of 180");
    let domains: std::collections::HashSet<_> = truth.iter().map(|r| r.url.domain().to_owned()).collect();
    assert!(domains.len() >= 25, "{domains:?}");
}

#[tokio::test]
async fn unchanged_is_304_and_a_revision_is_not() {
    let press = start(still(60)).await;
    let row = press.truth().into_iter().find(|r| r.signal.is_none()).unwrap();
    let source = press.sources().into_iter().find(|s| s.id == row.source).unwrap();
    let feed = &source.feeds[0].url;
    let first = page(&press, feed).await;
    let by_tag = format!("If-None-Match: {}\r\n", first.header("etag").unwrap());
    let by_time = format!("If-Modified-Since: {}\r\n", first.header("last-modified").unwrap());
    for condition in [&by_tag, &by_time] {
        let again = get(&press, feed, condition, 1 << 20).await;
        assert_eq!((again.status, again.body.len()), (304, 0), "{condition}");
    }
    let page_tag = format!("If-None-Match: {}\r\n", page(&press, row.url.as_str()).await.header("etag").unwrap());
    assert_eq!(get(&press, row.url.as_str(), &page_tag, 1 << 20).await.status, 304);

    let revised = press.revise(&row.id).unwrap();
    assert_eq!(revised.revision, 1);
    assert_ne!(revised.text, row.text);
    assert_eq!((&revised.title, &revised.id), (&row.title, &row.id));
    let changed = get(&press, row.url.as_str(), &page_tag, 1 << 20).await;
    assert_eq!(changed.status, 200);
    assert!(texts_of(&revised).iter().all(|t| changed.text().contains(&escaped(t))));
    assert_eq!(get(&press, feed, &by_time, 1 << 20).await.status, 200);
    assert_eq!(press.traffic().values().map(|t| t.not_modified).sum::<u64>(), 3);
}

#[tokio::test]
async fn a_withdrawn_article_is_gone_until_it_is_restored() {
    let press = start(still(40)).await;
    let row = press.truth().remove(0);
    let feed = press.sources().into_iter().find(|s| s.id == row.source).unwrap().feeds.remove(0).url;
    for (cause, status) in [
        (WithdrawalCause::NotFound, 404),
        (WithdrawalCause::Gone, 410),
        (WithdrawalCause::Legal, 451),
        (WithdrawalCause::RedirectedHome, 302),
    ] {
        assert_eq!(press.withdraw(&row.id, cause).unwrap().withdrawn, Some(cause));
        assert!(press.withdraw(&row.id, cause).is_err(), "it is down already");
        assert_eq!(page(&press, row.url.as_str()).await.status, status);
        assert!(!page(&press, &feed).await.text().contains(&escaped(&row.title)));
        assert_eq!(press.restore(&row.id).unwrap(), row);
    }
    assert_eq!(page(&press, row.url.as_str()).await.status, 200);
}

#[tokio::test]
async fn the_log_tells_what_appeared_changed_and_went() {
    let press = start(still(20)).await;
    let (rows, position) = press.truth_after(0);
    assert_eq!((rows.len(), position), (20, 20));
    let mut changes = press.changes();
    let published = press.publish_next().unwrap();
    press.revise(&published.id).unwrap();
    assert!(changes.has_changed().unwrap() && *changes.borrow_and_update() == 22);
    let (rows, position) = press.truth_after(position);
    assert_eq!((rows.len(), position), (2, 22));
    assert!(rows.iter().all(|r| r.id == published.id && r.revision == 1));

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("truth.jsonl");
    press.write_truth(&file).unwrap();
    let lines = std::fs::read_to_string(file).unwrap();
    let read: Vec<TruthRow> = lines.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(read, press.truth());
}

#[tokio::test]
async fn articles_appear_by_themselves() {
    let press = start(PressSettings { rate: 200.0, publishers: 6, ..PressSettings::default() }).await;
    let mut changes = press.changes();
    changes.wait_for(|position| *position >= 60).await.unwrap();
    assert!(press.truth().len() > 36);
}

#[tokio::test]
async fn politeness_can_be_read_off() {
    let press = start(still(40)).await;
    let row = press.truth().remove(0);
    for _ in 0..3 {
        page(&press, row.url.as_str()).await;
    }
    let traffic = press.traffic();
    let seen = &traffic[row.url.host()];
    assert_eq!((seen.requests, seen.pages, seen.feeds, seen.most_at_once), (3, 3, 0, 1));
    assert!((1..=3).contains(&seen.most_in_a_second));
    press.forget_traffic();
    assert!(press.traffic().values().all(|t| t.requests == 0));
}

fn faulty() -> PressSettings {
    PressSettings { faults: Fault::ALL.to_vec(), ..still(30) }
}

/// The feed and an article of the publisher with this fault.
fn at_fault(press: &RunningPress, fault: Fault) -> (String, TruthRow) {
    let row = press.truth().into_iter().find(|r| r.fault == Some(fault)).unwrap();
    let source = press.sources().into_iter().find(|s| s.id == row.source).unwrap();
    (source.feeds[0].url.clone(), row)
}

#[tokio::test]
async fn faulty_feeds_do_what_they_are_named_for() {
    let press = start(faulty()).await;
    let feed = |fault| at_fault(&press, fault).0;
    let html = page(&press, &feed(Fault::FeedIsHtml)).await;
    assert!(html.status == 200 && html.text().starts_with("<!DOCTYPE html>"));
    let empty = page(&press, &feed(Fault::FeedEmpty)).await;
    assert!(empty.status == 200 && empty.body.is_empty());
    let cut = page(&press, &feed(Fault::FeedCutOff)).await;
    assert!(cut.status == 200 && !cut.body.ends_with(b"</rss>\n") && cut.body.len() > 500);
    let latin = page(&press, &feed(Fault::FeedWrongCharset)).await;
    assert!(latin.status == 200 && String::from_utf8(latin.body.clone()).is_err());
    assert_eq!(page(&press, &feed(Fault::FeedServerError)).await.status, 500);
    assert_eq!(page(&press, &feed(Fault::FeedGone)).await.status, 410);
    let around = page(&press, &feed(Fault::FeedRedirectLoop)).await;
    let back = page(&press, around.header("location").unwrap()).await;
    assert_eq!((around.status, back.header("location")), (302, Some(feed(Fault::FeedRedirectLoop).as_str())));
    let huge = get(&press, &feed(Fault::FeedHuge), "", 60 * 1024 * 1024).await;
    assert!(huge.body.len() > 50 * 1024 * 1024);
}

#[tokio::test]
async fn faulty_pages_do_what_they_are_named_for() {
    let press = start(faulty()).await;
    let url = |fault| at_fault(&press, fault).1.url.as_str().to_owned();
    let endless = get(&press, &url(Fault::PageEndless), "", 7 * 1024 * 1024).await;
    assert!(endless.status == 200 && endless.body.len() > 6 * 1024 * 1024);
    let around = page(&press, &url(Fault::PageRedirectLoop)).await;
    let back = page(&press, around.header("location").unwrap()).await;
    assert_eq!(back.header("location"), Some(url(Fault::PageRedirectLoop).as_str()));
    let inward = page(&press, &url(Fault::PageRedirectInward)).await;
    assert!(inward.header("location").unwrap().starts_with("http://169.254.169.254/"));
    assert_eq!(page(&press, &url(Fault::PageServerError)).await.status, 500);
    let slower = page(&press, &url(Fault::PageRateLimited)).await;
    assert_eq!((slower.status, slower.header("retry-after")), (429, Some("1")));
    assert_eq!(page(&press, &url(Fault::PageRateLimited)).await.status, 200);
    let (_, row) = at_fault(&press, Fault::PageFalseCanonical);
    let html = page(&press, row.url.as_str()).await.text();
    let victim = press.truth().remove(0);
    assert!(html.contains(&format!("<link rel=\"canonical\" href=\"{}\">", escaped(victim.url.as_str()))));
    assert_ne!(victim.source, row.source);
    let (_, row) = at_fault(&press, Fault::PageNotArticle);
    let html = page(&press, row.url.as_str()).await.text();
    assert!(texts_of(&row).iter().all(|t| !html.contains(&escaped(t))));
    let (_, row) = at_fault(&press, Fault::PageMojibake);
    let html = page(&press, row.url.as_str()).await.text();
    assert!(html.contains('\u{fffd}') && html.contains('â'), "{html}");
    for row in press.truth().iter().filter(|r| r.fault.is_some()) {
        let spared = row.fault.is_some_and(Fault::spares_articles);
        assert_eq!(row.expected == Expected::Nothing, !spared, "{:?}", row.fault);
    }
}

#[tokio::test]
async fn what_never_answers_ends_with_the_press() {
    let press = start(faulty()).await;
    let addr = press.addr();
    let mut waiting = Vec::new();
    for fault in [Fault::PageTarpit, Fault::FeedTarpit, Fault::PageDrip] {
        let (feed, row) = at_fault(&press, fault);
        let url = if fault.is_of_feed() { feed } else { row.url.as_str().to_owned() };
        let rest = url.strip_prefix("http://").unwrap();
        let (host, path) = rest.split_at(rest.find('/').unwrap());
        let mut stream = TcpStream::connect(addr).await.unwrap();
        stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).await.unwrap();
        waiting.push((fault, stream));
    }
    // All three were taken.
    while press.traffic().values().map(|t| t.requests).sum::<u64>() < 3 {
        tokio::task::yield_now().await;
    }
    press.stop().await;
    for (fault, mut stream) in waiting {
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.unwrap();
        let text = String::from_utf8_lossy(&rest);
        assert_eq!(text.starts_with("HTTP/1.1 503"), fault != Fault::PageDrip, "{fault:?}: {text}");
    }
    assert!(TcpStream::connect(addr).await.is_err(), "nothing listens any more");
}

#[tokio::test]
async fn a_source_breaks_and_is_mended() {
    let press = start(still(40)).await;
    let source = press.sources().remove(0);
    let feed = &source.feeds[0].url;
    press.break_source(&source.id, Fault::FeedServerError).unwrap();
    assert_eq!(page(&press, feed).await.status, 500);
    press.mend_source(&source.id).unwrap();
    assert_eq!(page(&press, feed).await.status, 200);
    let nobody = article::SourceId::from_name("nobody");
    assert!(press.break_source(&nobody, Fault::FeedGone).is_err());
}

#[tokio::test]
async fn hosts_and_paths_that_are_not_there_say_so() {
    let press = start(still(40)).await;
    let base = press.sources()[0].home.clone().unwrap();
    assert_eq!(page(&press, &base).await.status, 200);
    assert_eq!(page(&press, &format!("{base}nowhere")).await.status, 404);
    let nobody = format!("http://nobody.localhost:{}/", press.addr().port());
    assert_eq!(page(&press, &nobody).await.status, 421);
    let image = page(&press, &format!("{base}img/100001.svg")).await;
    assert!(image.status == 200 && image.text().starts_with("<svg"));
    assert!(is_well_formed(&page(&press, &format!("{base}news-sitemap.xml")).await.text()));
}
