//! The desk's acts over embedded backends, as the operator's page and the site show them.

use super::Desk;
use crate::house::House;
use crate::removal;
use crate::settings::Settings;
use article::{
    Arrival, Article, ArticleId, Block, CanonicalUrl, Carry, PrimaryHints, Rights, Section, SourceId, StoryId,
    Timestamp, Verdict, VerdictKind,
};
use axum::body::Body;
use axum::http::{Request, StatusCode, Uri, header};
use futures_util::FutureExt;
use publisher::ops::{OpsActions, TakedownRequest};
use publisher::site::{RobotFacts, SiteState};
use publisher::{Secret, Webhook};
use queue::{Belt, Lane, QueueName};
use std::sync::{Arc, Mutex};
use store::{PublishPolicy, Store};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// A desk over fresh databases.
struct Office {
    house: Arc<House>,
    desk: Desk,
    store: Store,
    /// Dropping it deletes the databases.
    _dir: TempDir,
}

impl Office {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(set: impl FnOnce(&mut Settings)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut settings = Settings::default();
        settings.store.url = format!("sqlite:{}", dir.path().join("store.db").display());
        settings.queue.url = format!("sqlite:{}", dir.path().join("queue.db").display());
        settings.publisher.webhooks = vec![Webhook {
            name: "archive".to_owned(),
            url: "https://archive.example/hook".to_owned(),
            secret: Secret::new("between us"),
        }];
        settings.site.public_url = "https://wire.example".parse().unwrap();
        set(&mut settings);
        let house = House::new(settings);
        let store = house.store().await.unwrap();
        Self { desk: Desk::new(house.clone(), CancellationToken::new()), store, house, _dir: dir }
    }

    /// An article of `source`, in a story of its own or as a copy of `of`.
    async fn publish(&self, source: &str, of: Option<&CanonicalUrl>) -> (CanonicalUrl, StoryId) {
        let article = article(source);
        let url = article.url.clone();
        let mut verdict = Verdict::new_story(&article.id);
        if let Some(of) = of.map(ArticleId::of) {
            verdict = Verdict { kind: VerdictKind::NearCopy, story: StoryId::opened_by(&of), of: Some(of), ..verdict };
        }
        let arrival = Arrival::Seen { article: Box::new(article) };
        let policy = PublishPolicy { exact_window: self.house.settings.publisher.exact_window() };
        let story = self.store.apply(&arrival, Some(&verdict), &policy, Timestamp::now()).await.unwrap().story;
        (url, story)
    }

    async fn take_down(&self, url: &str) -> Result<i64, String> {
        let request =
            TakedownRequest { url: url.to_owned(), requested_by: "its owner".to_owned(), reason: String::new() };
        self.desk.take_down(request, "ops:maren".to_owned()).await
    }

    /// What the site answers.
    async fn site(&self, path: &str) -> StatusCode {
        let state = SiteState::new(self.store.clone(), self.house.settings.site.clone(), RobotFacts::default());
        let request = Request::get(path).body(Body::empty()).unwrap();
        publisher::site::router(state).oneshot(request).await.unwrap().status()
    }
}

fn article(source: &str) -> Article {
    let url = CanonicalUrl::parse(&format!("https://{source}.example/news/gates")).unwrap();
    let text = "The lock gates were built in 1911, and have outlived three plans to retire them.";
    let blocks = vec![Block::Paragraph { text: text.to_owned() }];
    Article {
        id: ArticleId::of(&url),
        aliases: Vec::new(),
        source: SourceId::from_name(source),
        source_name: source.to_owned(),
        feed: None,
        title: "The gates give way".to_owned(),
        subtitle: None,
        authors: Vec::new(),
        language: Some("en".to_owned()),
        section: Section::World,
        keywords: Vec::new(),
        image: None,
        published: None,
        modified: None,
        observed_at: Timestamp::now(),
        rights: Rights::from_source(Carry::Full),
        primary: PrimaryHints::default(),
        content_hash: Article::compute_hash(&url, "The gates give way", &blocks),
        blocks,
        url,
    }
}

#[tokio::test]
async fn a_takedown_by_the_sites_own_address_takes_the_article_that_the_story_shows() {
    let office = Office::new().await;
    let (url, story) = office.publish("aurora-times", None).await;
    let number = office.take_down(&format!("https://wire.example/story/{story}?utm_source=mail")).await.unwrap();
    assert_eq!(office.site(&format!("/story/{story}")).await, StatusCode::GONE);
    let takedowns = office.store.takedowns().await.unwrap();
    let told: Vec<_> = takedowns.iter().map(|t| (t.id, t.url.as_str(), t.articles.len())).collect();
    assert_eq!(told, [(number, url.as_str(), 1)]);
}

#[tokio::test]
async fn a_copy_by_which_the_story_is_still_shown_is_named_and_goes_by_the_same_address() {
    let office = Office::new().await;
    let (first, story) = office.publish("aurora-times", None).await;
    let (second, same) = office.publish("harbour-post", Some(&first)).await;
    assert_eq!(story, same);
    let path = format!("/story/{story}");
    office.take_down(&format!("https://wire.example{path}")).await.unwrap();
    assert_eq!(office.site(&path).await, StatusCode::OK);
    let takedowns = office.store.takedowns().await.unwrap();
    let (gone, left) = if takedowns[0].url == first.as_str() { (first, second) } else { (second, first) };
    assert_eq!(takedowns[0].url, gone.as_str());
    assert_eq!(office.store.still_shown(&takedowns[0]).await.unwrap(), [left.to_string()]);
    office.take_down(&format!("https://wire.example{path}")).await.unwrap();
    assert_eq!(office.site(&path).await, StatusCode::GONE);
}

#[tokio::test]
async fn a_page_of_ours_that_shows_no_story_is_refused_and_leaves_no_tombstone() {
    let office = Office::new().await;
    let (_, story) = office.publish("aurora-times", None).await;
    let never = StoryId::derive(&[b"never"]);
    for (path, why) in [
        ("/section/world".to_owned(), "no story's"),
        ("/".to_owned(), "no story's"),
        (format!("/story/{never}"), "no story was ever here"),
    ] {
        let said = office.take_down(&format!("https://wire.example{path}")).await.unwrap_err();
        assert!(said.contains(why) && said.contains(&path), "{said}");
    }
    assert_eq!(office.store.takedowns().await.unwrap(), []);
    assert_eq!(office.site(&format!("/story/{story}")).await, StatusCode::OK);
}

#[tokio::test]
async fn another_port_of_our_host_is_not_ours() {
    let office = Office::new().await;
    let url = removal::named(&office.house, "https://wire.example:8443/story/1").await.unwrap();
    assert_eq!(url.as_str(), "https://wire.example:8443/story/1");
}

#[tokio::test]
async fn an_act_goes_on_when_its_request_is_dropped_in_the_middle() {
    let office = Office::new().await;
    let (url, story) = office.publish("aurora-times", None).await;
    assert_eq!(office.take_down(url.as_str()).now_or_never(), None, "it was not done at once");
    office.desk.cleared().await;
    assert_eq!(office.site(&format!("/story/{story}")).await, StatusCode::GONE);
    let notices = QueueName::Belt(Belt::Notices, Lane::Main);
    let depths = office.desk.depths().await.unwrap();
    assert_eq!(depths.iter().find(|d| d.queue == notices).map(|d| d.ready), Some(1), "{depths:?}");
    let audit = office.store.audit_log(10).await.unwrap();
    assert!(audit.iter().any(|a| a.actor == "ops:maren" && a.detail == "1 articles"), "{audit:?}");
}

#[tokio::test]
async fn a_preview_asks_for_no_page_that_robots_txt_forbids() {
    const FEED: &str = "<rss version=\"2.0\"><channel><title>Aurora Times</title>\
        <item><title>The gates give way</title><link>http://aurora-times.example/news/gates</link></item></channel></rss>";
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = asked.clone();
    let answer = async move |uri: Uri| {
        log.lock().unwrap().push(uri.path().to_owned());
        match uri.path() {
            "/robots.txt" => ([(header::CONTENT_TYPE, "text/plain")], "User-agent: *\nDisallow: /news/\n"),
            "/feed.xml" => ([(header::CONTENT_TYPE, "application/rss+xml")], FEED),
            _ => ([(header::CONTENT_TYPE, "text/html")], "<title>The gates give way</title>"),
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(answer)).await });
    let office = Office::with(|settings| {
        settings.web.resolve.insert("*".to_owned(), to.parse().unwrap());
        settings.site.contact = "desk@wire.example".to_owned();
    })
    .await;
    let items = office.desk.preview("http://aurora-times.example/feed.xml".to_owned()).await.unwrap();
    assert_eq!(items[0].outcome, "nothing: robots.txt of aurora-times.example forbids it");
    assert!(!asked.lock().unwrap().iter().any(|path| path.starts_with("/news")), "{asked:?}");
}
