//! Real feeds and pages, served under their own hostnames, through the whole pipeline: everything ends somewhere,
//! and where it ended is known.

use crate::installation::{Installation, Mode, eventually};
use article::{ArticleId, CanonicalUrl, Carry, Feed, FeedId, Origin, Source, Timestamp};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use fetcher::feed::{FeedContext, parse};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use store::{DeadFilter, DecisionRow, Store};
use url::Url;

/// Long enough for the slowest machine; a test that passes never waits for it.
const PATIENCE: Duration = Duration::from_secs(180);

/// What a server of the corpus answers.
struct Served {
    body: Vec<u8>,
    content_type: String,
}

/// A feed of the corpus with what must become of it.
struct FeedIn {
    what: String,
    id: FeedId,
    /// The pages its entries name, each under every address that may be meant; empty where it can't be read.
    entries: Vec<BTreeSet<ArticleId>>,
    readable: bool,
}

/// Everything that goes in.
#[derive(Default)]
struct Corpus {
    /// By host, path and query.
    served: HashMap<String, Served>,
    sources: Vec<Source>,
    feeds: Vec<FeedIn>,
    pages: BTreeMap<ArticleId, String>,
}

fn key(url: &Url) -> String {
    format!("{}{}", url.host_str().unwrap_or_default(), &url[url::Position::BeforePath..url::Position::AfterQuery])
}

fn rows(folder: &Path) -> Vec<Value> {
    serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap()
}

fn text<'v>(row: &'v Value, field: &str) -> Option<&'v str> {
    row[field].as_str()
}

fn id_of(url: &str) -> Option<ArticleId> {
    CanonicalUrl::parse(url).ok().map(|url| ArticleId::of(&url))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

impl Corpus {
    fn read(shared: &Path) -> Self {
        let mut corpus = Self::default();
        for set in ["fundus", "trafilatura", "readability"] {
            corpus.add_pages(set, &shared.join("corpus").join(set));
        }
        corpus.add_feeds(&shared.join("corpus/feeds_real"));
        corpus
    }

    /// Pages, and for each of their hosts a feed that lists them.
    fn add_pages(&mut self, set: &str, folder: &Path) {
        let mut by_host: BTreeMap<String, Vec<Url>> = BTreeMap::new();
        for row in rows(folder) {
            let id = text(&row, "id").unwrap();
            let mut url = Url::parse(text(&row, "url").unwrap()).unwrap();
            if url.host_str() == Some("fakehost") {
                // This set gives all pages one address: each gets its own.
                let label: String = id.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
                url = Url::parse(&format!("https://{}.{set}.example/article", label.trim_matches('-'))).unwrap();
            }
            let body = std::fs::read(folder.join(text(&row, "path").unwrap())).unwrap();
            self.serve(&url, body, "text/html".to_owned());
            self.pages.insert(id_of(url.as_str()).unwrap(), url.to_string());
            by_host.entry(url.host_str().unwrap().to_owned()).or_default().push(url);
        }
        for (host, pages) in by_host {
            let items: String =
                pages.iter().map(|url| format!("<item><link>{}</link></item>", escaped(url.as_str()))).collect();
            let feed = Url::parse(&format!("https://{host}/of-this-test.xml")).unwrap();
            let body = format!("<rss version=\"2.0\"><channel><title>{host}</title>{items}</channel></rss>");
            self.add_feed(&format!("{set}: {host}"), &feed, body.into_bytes(), "application/rss+xml".to_owned());
        }
    }

    fn add_feeds(&mut self, folder: &Path) {
        for (n, row) in rows(folder).iter().enumerate() {
            let url = Url::parse(text(row, "url").unwrap_or(&format!("https://feed-{n}.example/feed"))).unwrap();
            let body = std::fs::read(folder.join(text(row, "path").unwrap())).unwrap();
            let content_type = text(row, "content_type").unwrap_or("application/xml").to_owned();
            self.add_feed(text(row, "id").unwrap(), &url, body, content_type);
        }
    }

    fn add_feed(&mut self, what: &str, url: &Url, body: Vec<u8>, content_type: String) {
        let context =
            FeedContext { url: Some(url.as_str()), content_type: Some(&content_type), ..FeedContext::default() };
        let parsed = parse(&body, &context).ok().filter(|feed| feed.verify().is_ok());
        let entries = parsed.iter().flat_map(|feed| &feed.items).map(|entry| {
            let addresses = [&entry.original_link, &entry.link, &entry.id];
            addresses.into_iter().flatten().filter_map(|url| id_of(url)).collect()
        });
        let feed = Feed::new(url.as_str(), None);
        self.feeds.push(FeedIn {
            what: what.to_owned(),
            id: feed.id.clone(),
            entries: entries.filter(|addresses: &BTreeSet<_>| !addresses.is_empty()).collect(),
            readable: parsed.is_some(),
        });
        self.sources.push(Source::new(what, Carry::Full, Origin::Person, vec![feed]));
        self.serve(url, body, content_type);
    }

    /// Under its canonical address, by which pages are asked for.
    fn serve(&mut self, url: &Url, body: Vec<u8>, content_type: String) {
        let canonical = CanonicalUrl::from_url(url.clone()).ok().and_then(|c| c.url());
        let before = self.served.insert(key(&canonical.unwrap_or_else(|| url.clone())), Served { body, content_type });
        assert!(before.is_none(), "{url} is in the corpus twice");
    }
}

/// Whatever is asked under whatever name; what the corpus doesn't have is not found.
async fn answer(State(corpus): State<Arc<Corpus>>, request: Request) -> Response {
    let host = request.headers().get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    let path = request.uri().path_and_query().map_or("/", |p| p.as_str());
    match corpus.served.get(&format!("{host}{path}")) {
        Some(served) => ([(header::CONTENT_TYPE, served.content_type.clone())], served.body.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn serve(corpus: Arc<Corpus>) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(answer).with_state(corpus);
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// How a page ended.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Ending {
    Article(ArticleId),
    Dropped(String),
    Dead(String),
}

/// Every page that a worker decided about finally, by the id of its permalink; or what is not yet decided.
async fn endings(store: &Store) -> Result<BTreeMap<ArticleId, Ending>, String> {
    let decisions = store.recent_decisions(100_000).await.unwrap();
    let dead = store.dead_letters(&DeadFilter::default()).await.unwrap();
    let ledger: BTreeMap<&str, &str> =
        dead.iter().map(|row| (row.letter.message_id.as_str(), row.letter.reason.as_str())).collect();
    let mut endings = BTreeMap::new();
    // Newest first: the first that is seen of a page is what it came to.
    for row in decisions.iter().filter(|row| row.stage == "retriever" && row.outcome != "retry") {
        let url = row.url.as_deref().ok_or_else(|| format!("a decision without an address: {row:?}"))?;
        let id = id_of(url).ok_or_else(|| format!("a permalink that is no address: {url}"))?;
        if let std::collections::btree_map::Entry::Vacant(place) = endings.entry(id) {
            place.insert(ending(row, url, store, &decisions, &ledger).await?);
        }
    }
    Ok(endings)
}

async fn ending(
    row: &DecisionRow,
    url: &str,
    store: &Store,
    decisions: &[DecisionRow],
    ledger: &BTreeMap<&str, &str>,
) -> Result<Ending, String> {
    match row.outcome.as_str() {
        "drop" if !row.reason.is_empty() => Ok(Ending::Dropped(row.reason.clone())),
        "dead" => match ledger.get(row.message_id.as_str()) {
            Some(reason) if *reason == row.reason => Ok(Ending::Dead(row.reason.clone())),
            other => Err(format!("{url} died of {} and the ledger says {other:?}", row.reason)),
        },
        "done" => match store.article_by_url(url).await.unwrap() {
            Some(stored) => Ok(Ending::Article(stored.article.id)),
            None => later(row, decisions).ok_or_else(|| format!("{url} was read and is not in the store")),
        },
        _ => Err(format!("an outcome without a reason: {row:?}")),
    }
}

/// What a later stage decided about the article that came of a page.
fn later(page: &DecisionRow, decisions: &[DecisionRow]) -> Option<Ending> {
    let same = |row: &&DecisionRow| row.stage != "retriever" && row.article.is_some() && row.article == page.article;
    decisions.iter().filter(same).find_map(|row| match row.outcome.as_str() {
        "drop" => Some(Ending::Dropped(row.reason.clone())),
        "dead" => Some(Ending::Dead(row.reason.clone())),
        _ => None,
    })
}

/// What has not come to its end yet.
async fn unfinished(corpus: &Corpus, store: &Store) -> Option<String> {
    for feed in &corpus.feeds {
        let state = store.feed_state(&feed.id).await.unwrap()?;
        match (feed.readable, &state.last_error, state.last_success) {
            (true, None, Some(_)) | (false, Some(_), None) => {}
            (_, None, None) => return Some(format!("{} was not polled", feed.what)),
            (readable, error, _) => {
                panic!("{} is {} and ended with {error:?}", feed.what, if readable { "readable" } else { "no feed" })
            }
        }
    }
    let endings = match endings(store).await {
        Ok(endings) => endings,
        Err(missing) => return Some(missing),
    };
    if let Some(page) = corpus.pages.iter().find(|(id, _)| !endings.contains_key(*id)) {
        return Some(format!("{} has not ended", page.1));
    }
    let waits = |addresses: &BTreeSet<ArticleId>| !addresses.iter().any(|id| endings.contains_key(id));
    corpus.feeds.iter().find_map(|feed| {
        let missing = feed.entries.iter().filter(|entry| waits(entry)).count();
        (missing > 0).then(|| format!("{missing} of {} entries of {} have not ended", feed.entries.len(), feed.what))
    })
}

async fn everything_ends(mode: Mode, test: &str) {
    let Some(shared) = harness::shared_folder() else {
        return harness::skip(test, "no corpus: set WIREROOM_SHARED");
    };
    let corpus = Arc::new(Corpus::read(&shared));
    let address = serve(corpus.clone()).await;
    let mut installation = Installation::new(mode, address, "");
    for set in [
        // News of any age, each feed polled once and in full, and no patience with what can't be reached.
        "poller.max_age_days=0",
        "retriever.max_age_days=0",
        "poller.first_poll_pages=10000",
        "poller.min_interval_secs=3600",
        "poller.first_interval_secs=3600",
        "poller.max_interval_secs=3600",
        "queue.attempts=2",
    ] {
        installation.set(set);
    }
    let store = installation.store().await;
    for source in &corpus.sources {
        store.put_source(source).await.unwrap();
    }
    installation.start();
    eventually(PATIENCE, || async {
        unfinished(&corpus, &store).await.map(|what| format!("{what}\n{}", installation.logs()))
    })
    .await;
    balance(&corpus, &store).await;
}

/// The three counts add up to what went in, and nothing else came out.
async fn balance(corpus: &Corpus, store: &Store) {
    let endings = endings(store).await.unwrap();
    let listed: BTreeSet<&ArticleId> =
        corpus.feeds.iter().flat_map(|f| &f.entries).flatten().chain(corpus.pages.keys()).collect();
    assert!(endings.keys().all(|id| listed.contains(id)), "a page that no feed lists");

    let (mut articles, mut dropped, mut dead) = (BTreeSet::new(), BTreeMap::new(), BTreeMap::new());
    let mut read = 0;
    for ending in endings.values() {
        match ending {
            Ending::Article(id) => {
                read += 1;
                articles.insert(id);
            }
            Ending::Dropped(reason) => *dropped.entry(reason).or_insert(0) += 1,
            Ending::Dead(reason) => *dead.entry(reason).or_insert(0) += 1,
        }
    }
    eprintln!(
        "{} feeds, {} pages: {read} read ({} articles), dropped {dropped:?}, dead {dead:?}",
        corpus.feeds.len(),
        endings.len(),
        articles.len()
    );
    assert_eq!(read + dropped.values().sum::<usize>() + dead.values().sum::<usize>(), endings.len());
    let mut stored = BTreeSet::new();
    let mut after = None;
    loop {
        let page = store.articles_after(after.as_ref(), 500).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.article.id.clone());
        stored.extend(page.into_iter().map(|s| s.article.id));
    }
    assert_eq!(stored.iter().collect::<BTreeSet<_>>(), articles, "the store holds other articles than were read");
    assert!(store.feed_health(Timestamp::now()).await.unwrap().len() >= corpus.feeds.len());
    // Of the pages themselves nine of ten are articles: an ending with a reason is not enough for a newspaper's page.
    let not: Vec<_> = corpus.pages.iter().filter(|(id, _)| !matches!(endings[*id], Ending::Article(_))).collect();
    not.iter().for_each(|(id, url)| eprintln!("{url}: {:?}", endings[*id]));
    assert!(not.len() * 10 <= corpus.pages.len(), "{} of {} pages became no article", not.len(), corpus.pages.len());
    // Whatever was listed was also there.
    assert!(!not.iter().any(|(id, _)| endings[*id] == Ending::Dropped("gone".to_owned())), "{not:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn embedded() {
    everything_ends(Mode::Embedded, "real_input::embedded").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stack() {
    everything_ends(Mode::Stack, "real_input::stack").await;
}
