//! The site over a store: what is published is there, what is taken down is gone from everywhere.

use super::fixture::{article, minutes_ago, near_copy};
use crate::site::{RobotFacts, SiteSettings, SiteState, router};
use article::{Arrival, Article, Section, StoryId, Timestamp, Verdict, Withdrawal, WithdrawalCause};
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use std::collections::HashSet;
use std::time::Duration;
use store::{PublishPolicy, Store, StoreSettings};
use tempfile::TempDir;
use tower::ServiceExt;

/// A site on a fresh SQLite store.
struct House {
    store: Store,
    site: axum::Router,
    /// Dropping it deletes the database.
    _dir: TempDir,
}

/// An answer, read to its end.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    #[track_caller]
    fn header(&self, name: header::HeaderName) -> &str {
        self.headers[&name].to_str().unwrap()
    }
}

impl House {
    async fn new() -> Self {
        Self::with(SiteSettings::default()).await
    }

    async fn with(settings: SiteSettings) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", dir.path().join("store.db").display());
        let store = Store::open(&StoreSettings { url, ..StoreSettings::default() }).await.unwrap();
        let site = router(SiteState::new(store.clone(), settings, RobotFacts::default()));
        Self { store, site, _dir: dir }
    }

    async fn publish(&self, article: &Article, verdict: &Verdict) -> StoryId {
        let arrival = Arrival::Seen { article: Box::new(article.clone()) };
        self.apply(&arrival, Some(verdict)).await
    }

    /// An article that opens a story of its own.
    async fn open(&self, article: &Article) -> StoryId {
        self.publish(article, &Verdict::new_story(&article.id)).await
    }

    async fn apply(&self, arrival: &Arrival, verdict: Option<&Verdict>) -> StoryId {
        let policy = PublishPolicy { exact_window: Duration::from_secs(30 * 24 * 3600) };
        self.store.apply(arrival, verdict, &policy, Timestamp::now()).await.unwrap().story
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, None).await
    }

    async fn ask(&self, method: Method, path: &str, etag: Option<&str>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(etag) = etag {
            request = request.header(header::IF_NONE_MATCH, etag);
        }
        let response = self.site.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }
}

fn gates() -> Article {
    let text = ["The lock gates were built in 1911.", "They have outlived three plans to retire them."];
    article("Aurora Times", "gates", "The gates give way", "en", &text)
}

/// Every path on which a story's headline could stand.
const LISTS: [&str; 6] =
    ["/", "/section/world", "/source/aurora-times", "/search?q=gates", "/feed.xml", "/section/world/feed.xml"];

#[tokio::test]
async fn an_empty_installation_says_how_to_begin() {
    let house = House::new().await;
    let front = house.get("/").await;
    assert_eq!(front.status, StatusCode::OK);
    assert!(front.text.contains("wireroom sources add https://example.org/feed"));
}

#[tokio::test]
async fn a_published_story_is_on_every_list_and_on_its_page() {
    let house = House::new().await;
    let story = house.open(&gates()).await;
    for path in LISTS {
        let answer = house.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(answer.text.contains("The gates give way"), "{path}: {}", answer.text);
    }
    let page = house.get(&format!("/story/{story}")).await;
    assert!(page.text.contains("The lock gates were built in 1911."));
    assert!(page.text.contains("<link rel=\"canonical\" href=\"https://aurora-times.example/news/gates\">"));
    let feed = house.get("/feed.xml").await;
    assert_eq!(feed.header(header::CONTENT_TYPE), "application/rss+xml; charset=utf-8");
    assert!(feed.text.contains("<link>https://aurora-times.example/news/gates</link>"));
    assert!(feed.text.contains("<source url=\"https://aurora-times.example/news/gates\">Aurora Times</source>"));
}

#[tokio::test]
async fn what_is_taken_down_is_gone_from_everywhere() {
    let house = House::new().await;
    let story = house.open(&gates()).await;
    house.store.execute_takedown(gates().url.as_str(), "cli:test", Timestamp::now()).await.unwrap();
    for path in LISTS {
        let answer = house.get(path).await;
        assert!(!answer.text.contains("The gates give way"), "{path}: {}", answer.text);
    }
    let page = house.get(&format!("/story/{story}")).await;
    assert_eq!(page.status, StatusCode::GONE);
    assert!(page.text.contains("no longer here") && page.text.contains("/about/removal"));
    assert!(!page.text.contains("1911"));
    assert_eq!(page.header(header::CACHE_CONTROL), "no-store");
}

#[tokio::test]
async fn a_withdrawn_story_is_gone_and_comes_back_when_it_is_seen_again() {
    let house = House::new().await;
    let article = gates();
    let story = house.open(&article).await;
    let withdrawal = Withdrawal {
        id: article.id.clone(),
        url: article.url.clone(),
        source: article.source.clone(),
        observed_at: minutes_ago(20),
        cause: WithdrawalCause::Gone,
    };
    house.apply(&Arrival::Withdrawn { withdrawal }, None).await;
    assert_eq!(house.get(&format!("/story/{story}")).await.status, StatusCode::GONE);
    house.open(&Article { observed_at: minutes_ago(10), ..article }).await;
    assert_eq!(house.get(&format!("/story/{story}")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_copy_is_listed_with_its_evidence_and_a_merged_story_redirects() {
    let house = House::new().await;
    let first = gates();
    let second = article("Nordlicht Kurier", "tore", "Die Tore geben nach", "de", &["Die Tore sind von 1911."]);
    let opened = [house.open(&first).await, house.open(&second).await];
    assert_ne!(opened[0], opened[1]);
    // A third shows that the two are one: it belongs to the first's story and is a copy of the second.
    let third = article("El Faro", "compuertas", "Ceden las compuertas", "es", &["Las compuertas son de 1911."]);
    let verdict = Verdict { of: Some(second.id), ..near_copy(&first) };
    let story = house.publish(&third, &verdict).await;
    let merged = opened.iter().find(|s| **s != story).unwrap();
    let redirect = house.get(&format!("/story/{merged}")).await;
    assert_eq!(redirect.status, StatusCode::MOVED_PERMANENTLY);
    assert_eq!(redirect.header(header::LOCATION), format!("/story/{story}"));
    assert_eq!(redirect.header(header::CACHE_CONTROL), "public, max-age=15", "a merge can be undone");
    let page = house.get(&format!("/story/{story}")).await;
    assert!(page.text.contains("Also carried by") && page.text.contains("El Faro"), "{}", page.text);
    assert!(page.text.contains("94\u{a0}% of this text is in the text of Nordlicht Kurier"), "{}", page.text);
}

#[tokio::test]
async fn what_never_was_is_not_found_on_a_page_of_ours() {
    let house = House::new().await;
    let never = StoryId::derive(&[b"never"]);
    for path in ["/nowhere", "/section/none", "/story/none", &format!("/story/{never}"), "/source/none", "/%FF"] {
        let answer = house.get(path).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
        assert!(answer.text.contains("<main"), "{path}: {}", answer.text);
        assert_eq!(answer.header(header::CONTENT_TYPE), "text/html; charset=utf-8", "{path}");
    }
}

#[tokio::test]
async fn reading_only() {
    let house = House::new().await;
    let answer = house.ask(Method::POST, "/", None).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(answer.header(header::ALLOW).contains("GET"));
}

#[tokio::test]
async fn who_has_a_page_is_told_so_and_head_says_what_get_would() {
    let house = House::new().await;
    let get = house.get("/about/removal").await;
    let etag = get.header(header::ETAG).to_owned();
    let again = house.ask(Method::GET, "/about/removal", Some(&etag)).await;
    assert_eq!((again.status, again.text.as_str()), (StatusCode::NOT_MODIFIED, ""));
    let weak = house.ask(Method::GET, "/about/removal", Some(&format!("\"other\", W/{etag}"))).await;
    assert_eq!(weak.status, StatusCode::NOT_MODIFIED);
    let head = house.ask(Method::HEAD, "/about/removal", None).await;
    assert_eq!((head.status, head.text.as_str()), (StatusCode::OK, ""));
    assert_eq!(head.header(header::ETAG), etag);
    assert_eq!(head.header(header::CONTENT_LENGTH), get.text.len().to_string());
}

#[tokio::test]
async fn every_answer_is_guarded() {
    let house = House::new().await;
    for path in ["/", "/nowhere", "/feed.xml", "/robots.txt"] {
        let answer = house.get(path).await;
        assert!(answer.header(header::CONTENT_SECURITY_POLICY).contains("default-src 'none'"), "{path}");
        assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff", "{path}");
        assert_eq!(answer.header(header::REFERRER_POLICY), "strict-origin-when-cross-origin", "{path}");
    }
}

#[tokio::test]
async fn the_style_sheet_is_kept_for_a_year_only_under_its_own_name() {
    let house = House::new().await;
    let front = house.get("/").await.text;
    let path = front.split("rel=\"stylesheet\" href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let ours = house.get(&path).await;
    assert!(ours.header(header::CACHE_CONTROL).contains("immutable"));
    assert!(ours.text.contains("prefers-color-scheme"));
    let other = house.get("/assets/site-0000000000000000.css").await;
    assert_eq!((other.status, other.header(header::CACHE_CONTROL)), (StatusCode::OK, "public, max-age=60"));
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repetition_even_within_one_time() {
    let house = House::with(SiteSettings { page_size: 2, ..SiteSettings::default() }).await;
    // Three stories of one same midnight, and one older and one newer.
    for (i, minutes) in [10, 500, 500, 500, 900].into_iter().enumerate() {
        let text = format!("Number {i} has a text of its own, unlike any other: {}.", "word ".repeat(i + 1));
        let mut article = article("Aurora Times", &format!("n{i}"), &format!("Headline {i}"), "en", &[&text]);
        article.published = Some(minutes_ago(minutes));
        article.observed_at = minutes_ago(5);
        house.open(&article).await;
    }
    let mut seen = Vec::new();
    let mut path = "/section/world".to_owned();
    loop {
        let page = house.get(&path).await.text;
        let found = page.match_indices(">Headline ").map(|(at, _)| page[at + 1..at + 11].to_owned());
        seen.extend(found);
        match page.split("rel=\"next\" href=\"").nth(1) {
            Some(rest) => path = rest.split('"').next().unwrap().replace("&#38;", "&"),
            None => break,
        }
        assert!(seen.len() < 10, "{seen:?}");
    }
    seen.sort();
    assert_eq!(seen, ["Headline 0", "Headline 1", "Headline 2", "Headline 3", "Headline 4"]);
}

#[tokio::test]
async fn one_language_alone() {
    let house = House::new().await;
    house.open(&gates()).await;
    house.open(&article("صحيفة الأفق", "mina", "ميناء المدينة يغلق أبوابه", "ar", &["أعلنت سلطات الميناء ذلك."])).await;
    let both = house.get("/").await.text;
    assert!(both.contains("The gates give way") && both.contains("hreflang=\"ar\""));
    for path in ["/?lang=ar", "/section/world?lang=ar", "/feed.xml?lang=ar"] {
        let page = house.get(path).await.text;
        assert!(page.contains("ميناء المدينة يغلق أبوابه") && !page.contains("The gates give way"), "{path}");
    }
}

#[tokio::test]
async fn paging_reaches_what_is_older_than_any_number_of_stories_of_one_time() {
    let house = House::with(SiteSettings { page_size: 2, ..SiteSettings::default() }).await;
    let at = |n: u32, published| {
        let text = format!("Report {n}: {}", blake3::hash(&n.to_be_bytes()));
        Article { published: Some(published), ..article("Aurora Times", &format!("{n}"), &text, "en", &[&text]) }
    };
    house.open(&at(0, minutes_ago(90))).await;
    for n in 1..=210 {
        house.open(&at(n, minutes_ago(60))).await;
    }
    let (mut seen, mut next) = (Vec::new(), Some("/section/world".to_owned()));
    while let Some(path) = next {
        let page = house.get(&path).await.text;
        seen.extend(page.split("<a href=\"/story/").skip(1).map(|rest| rest[..32].to_owned()));
        next = page.split("rel=\"next\" href=\"").nth(1).map(|rest| rest.split('"').next().unwrap().to_owned());
    }
    let oldest = StoryId::opened_by(&at(0, minutes_ago(90)).id).to_string();
    assert_eq!(seen.iter().filter(|id| **id == oldest).count(), 1, "of {} stories", seen.len());
    assert_eq!((seen.len(), seen.iter().collect::<HashSet<_>>().len()), (211, 211));
}

#[tokio::test]
async fn machines_find_their_way() {
    let settings = SiteSettings { public_url: "https://news.example.org/".parse().unwrap(), ..SiteSettings::default() };
    let house = House::with(settings).await;
    let robots = house.get("/robots.txt").await.text;
    assert!(robots.contains("Sitemap: https://news.example.org/sitemap.xml"));
    let sitemap = house.get("/sitemap.xml").await.text;
    for section in Section::ALL {
        assert!(sitemap.contains(&format!("<loc>https://news.example.org/section/{}</loc>", section.as_str())));
    }
}
