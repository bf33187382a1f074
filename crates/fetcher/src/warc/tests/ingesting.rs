//! From an archive to the articles belt.

use super::archives::{answer, gzip, info, record, small};
use crate::retriever::RetrieverSettings;
use crate::warc::{Ingest, Tally, WarcSettings};
use article::{Arrival, Article, Carry, CarryReason, Feed, Origin, Source, Timestamp};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use queue::{Belt, Lane, Queue, QueueName, QueueSettings};
use std::io::Write;
use store::{Store, StoreSettings};
use telemetry::Health;
use tokio_util::sync::CancellationToken;

pub(super) struct House {
    pub(super) store: Store,
    pub(super) queue: Queue,
    pub(super) settings: WarcSettings,
    _folder: tempfile::TempDir,
}

impl House {
    pub(super) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = |name| format!("sqlite:{}", folder.path().join(name).display());
        let store = Store::open(&StoreSettings { url: url("store.db"), ..StoreSettings::default() }).await.unwrap();
        let settings = QueueSettings { url: url("queue.db"), ..QueueSettings::default() };
        let queue = Queue::open(&settings, Health::new()).await.unwrap();
        Self { store, queue, settings: WarcSettings { batch: 2, ..WarcSettings::default() }, _folder: folder }
    }

    pub(super) async fn source(&self, name: &str, home: &str, carry: Carry) {
        let feeds = vec![Feed::new("https://feeds.elsewhere.example/all", None)];
        let source = Source { home: Some(home.to_owned()), ..Source::new(name, carry, Origin::Person, feeds) };
        self.store.put_source(&source).await.unwrap();
    }

    pub(super) async fn ingest(&self, archive: &[u8]) -> Tally {
        self.run(archive, false, &CancellationToken::new(), |_| {}).await
    }

    async fn run(&self, archive: &[u8], again: bool, stop: &CancellationToken, show: impl FnMut(&Tally)) -> Tally {
        let (store, queue, settings) = (self.store.clone(), self.queue.clone(), self.settings.clone());
        let ingest = Ingest::new(store, queue, RetrieverSettings::default(), settings, Carry::Excerpt).await.unwrap();
        let file = std::io::Cursor::new(archive.to_vec());
        ingest.run("an archive", file, again, stop, show).await.unwrap()
    }

    /// So many articles from the belt, taken off it.
    pub(super) async fn articles(&self, count: usize) -> Vec<Article> {
        let mut consumer = self.queue.consume(QueueName::Belt(Belt::Articles, Lane::Later), 100).await.unwrap();
        let mut articles = Vec::new();
        while articles.len() < count {
            let raw = consumer.next().await.unwrap();
            match serde_json::from_slice(&raw.envelope.body).unwrap() {
                Arrival::Seen { article } => articles.push(*article),
                Arrival::Withdrawn { withdrawal } => panic!("{withdrawal:?}"),
            }
            raw.ack().await.unwrap();
        }
        consumer.stop().await;
        articles
    }

    /// How many wait on the belt.
    async fn waiting(&self) -> u64 {
        let depths = self.queue.depths().await.unwrap();
        depths.iter().filter(|d| d.queue == QueueName::Belt(Belt::Articles, Lane::Later)).map(|d| d.ready).sum()
    }
}

/// A page with an article of its own.
fn page(slug: &str, head: &str) -> String {
    let paragraphs: String = (1..=6)
        .map(|n| format!("<p>Paragraph {n} says of {slug} that the bridge over the river was opened.</p>"))
        .collect();
    format!(
        "<html lang=en><head><title>The {slug} was opened again</title>{head}</head>
         <body><article><h1>The {slug} was opened again</h1>{paragraphs}</article></body></html>"
    )
}

fn served(url: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    record(url, &answer(200, &format!("Content-Type: text/html; charset=utf-8\r\n{headers}"), body))
}

fn plain(slug: &str) -> Vec<u8> {
    served(&format!("https://aurora.example/{slug}"), "", page(slug, "").as_bytes())
}

#[tokio::test]
async fn pages_become_articles_of_their_records_time() {
    let house = House::new().await;
    house.source("Aurora", "https://www.aurora.example/", Carry::Full).await;
    let archive: Vec<u8> =
        [info(), plain("bridge"), plain("tunnel"), plain("ferry")].iter().flat_map(|r| gzip(r)).collect();
    let tally = house.ingest(&archive).await;
    assert_eq!((tally.records, tally.articles, tally.broken, tally.finished), (4, 3, 0, true), "{tally:?}");
    assert_eq!(tally.skipped, [("no_response".to_owned(), 1)].into());
    for article in house.articles(3).await {
        assert_eq!(article.observed_at, Timestamp::parse_rfc3339("2026-11-20T10:00:00Z").unwrap());
        assert_eq!((article.source.as_str(), article.rights.carry), ("aurora", Carry::Full));
        assert!(article.blocks.len() >= 6, "{article:?}");
    }
    let said = house.store.decisions("https://aurora.example/ferry").await.unwrap();
    assert_eq!((said.len(), said[0].stage.as_str(), said[0].outcome.as_str()), (1, "warc", "done"), "{said:?}");
    assert!(said[0].detail.contains("2026-11-20T10:00:00Z"), "{said:?}");
}

#[tokio::test]
async fn whose_page_it_is_its_host_says() {
    let house = House::new().await;
    house.source("Aurora", "https://www.aurora.example/", Carry::Full).await;
    house.source("Aurora Sport", "https://sport.aurora.example/", Carry::Headline).await;
    let at = |host: &str| served(&format!("https://{host}/bridge"), "", page(host, "").as_bytes());
    let hosts = ["aurora.example", "sport.aurora.example", "news.aurora.example", "feeds.elsewhere.example"];
    let tally = house.ingest(&hosts.map(at).concat()).await;
    assert_eq!(tally.articles, 4, "{tally:?}");
    let mut of: Vec<(String, String, Carry)> = house
        .articles(4)
        .await
        .into_iter()
        .map(|a| (a.url.host().to_owned(), a.source.to_string(), a.rights.carry))
        .collect();
    of.sort();
    let expected = [
        ("aurora.example", "aurora", Carry::Full),
        // None of its own: a feed that somebody else serves makes nobody the publisher there.
        ("feeds.elsewhere.example", "elsewhere-example", Carry::Excerpt),
        // Of two on the domain the one of which less may be carried.
        ("news.aurora.example", "aurora-sport", Carry::Headline),
        ("sport.aurora.example", "aurora-sport", Carry::Headline),
    ];
    assert_eq!(of, expected.map(|(host, source, carry)| (host.to_owned(), source.to_owned(), carry)));
}

#[tokio::test]
async fn only_pages_are_read_and_strangers_only_if_wanted() {
    let mut house = House::new().await;
    house.settings.strangers = false;
    house.source("Aurora", "https://aurora.example/", Carry::Full).await;
    let url = "https://aurora.example/x";
    let archive = [
        record(url, &answer(404, "Content-Type: text/html\r\n", b"gone")),
        record(url, &answer(301, "Location: /y\r\n", b"")),
        record(url, &answer(200, "Content-Type: application/pdf\r\n", b"%PDF")),
        record("dns:aurora.example", &answer(200, "Content-Type: text/html\r\n", b"")),
        record(url, b"no response at all"),
        served("https://borealis.example/x", "", page("bridge", "").as_bytes()),
        // Too little to be an article.
        small("https://aurora.example/thin"),
        plain("bridge"),
    ];
    let tally = house.ingest(&archive.concat()).await;
    let expected = [("bad_address", 1), ("extraction", 1), ("not_html", 1), ("status", 2), ("stranger", 1)];
    assert_eq!(tally.skipped, expected.map(|(reason, n)| (reason.to_owned(), n)).into());
    assert_eq!((tally.articles, tally.broken), (1, 1), "{tally:?}");
    assert!(tally.flaws[0].why.contains("no HTTP response"), "{tally:?}");
}

#[tokio::test]
async fn bodies_are_unpacked_as_they_were_sent_or_kept() {
    let house = House::new().await;
    let body = page("bridge", "").into_bytes();
    let mut deflated = ZlibEncoder::new(Vec::new(), Compression::default());
    deflated.write_all(&body).unwrap();
    let chunked =
        format!("{:x}; a=b\r\n", body.len()).into_bytes().into_iter().chain(body.clone()).chain(*b"\r\n0\r\n\r\n");
    let archive = [
        served("https://a.example/x", "Content-Encoding: gzip\r\n", &gzip(&body)),
        served("https://b.example/x", "Content-Encoding: deflate\r\n", &deflated.finish().unwrap()),
        served("https://c.example/x", "Transfer-Encoding: chunked\r\n", &chunked.collect::<Vec<u8>>()),
        // Kept decompressed and put together, with the fields of the wire.
        served("https://d.example/x", "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", &body),
        served("https://e.example/x", "Content-Encoding: gzip\r\n", b"\x1f\x8b\x08 and nonsense"),
    ];
    let tally = house.ingest(&archive.concat()).await;
    assert_eq!((tally.articles, tally.skipped), (4, [("encoding".to_owned(), 1)].into()));
    let articles = house.articles(4).await;
    assert!(articles.iter().all(|a| a.blocks == articles[0].blocks), "{articles:?}");
}

#[tokio::test]
async fn what_its_publisher_says_of_it_counts() {
    let house = House::new().await;
    house.source("Aurora", "https://aurora.example/", Carry::Full).await;
    let at = |slug: &str| format!("https://aurora.example/{slug}");
    let taken_down = at("taken-down");
    house.store.execute_takedown(&taken_down, "cli:op", Timestamp::now()).await.unwrap();
    let archive = [
        served(&at("noarchive"), "X-Robots-Tag: noarchive\r\n", page("a", "").as_bytes()),
        served(&at("expired"), "", page("b", "<meta name=robots content='unavailable_after: 2026-11-21'>").as_bytes()),
        served(&at("mining"), "TDM-Reservation: 1\r\n", page("c", "").as_bytes()),
        served(&taken_down, "", page("d", "").as_bytes()),
    ];
    let tally = house.ingest(&archive.concat()).await;
    // Of what reserves mining the feed's headline is listed, and an archive has no feed.
    let expected = [("no_article", 1), ("taken_down", 1)];
    assert_eq!((tally.articles, tally.skipped), (2, expected.map(|(reason, n)| (reason.to_owned(), n)).into()));
    let mut said: Vec<(String, CarryReason, usize)> = house
        .articles(2)
        .await
        .into_iter()
        .map(|a| (a.url.path().to_owned(), a.rights.reason, a.blocks.len()))
        .collect();
    said.sort();
    let expected = [("/expired", CarryReason::UnavailableAfter), ("/noarchive", CarryReason::NoArchive)];
    assert_eq!(said, expected.map(|(path, reason)| (path.to_owned(), reason, 0)));
}

#[tokio::test]
async fn an_archive_that_was_left_goes_on_where_it_was() {
    let house = House::new().await;
    let slugs = ["bridge", "tunnel", "ferry", "tower", "market"];
    let archive: Vec<u8> = slugs.iter().flat_map(|slug| gzip(&plain(slug))).collect();
    let stop = CancellationToken::new();
    let first = house.run(&archive, false, &stop, |tally| assert!(tally.articles == 2 && !stop_now(&stop))).await;
    assert_eq!((first.articles, first.finished), (2, false), "one batch");
    assert_eq!(house.waiting().await, 2);

    let second = house.ingest(&archive).await;
    assert_eq!((second.articles, second.resumed_at, second.finished), (3, first.done_to, true));
    assert_eq!(second.done_to, archive.len() as u64);
    let third = house.ingest(&archive).await;
    assert_eq!((third.records, third.resumed_at), (0, archive.len() as u64));
    let again = house.run(&archive, true, &CancellationToken::new(), |_| {}).await;
    assert_eq!(again.articles, 5);
}

fn stop_now(stop: &CancellationToken) -> bool {
    let before = stop.is_cancelled();
    stop.cancel();
    before
}
