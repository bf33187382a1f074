#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::{RevisitSettings, Revisits, Round};
use crate::sent_pages::{taken, waiting};
use article::{Article, CanonicalUrl, Carry, ContentHash, PrimaryHints, Rights, Section, SourceId, Timestamp};
use queue::{Message, Page, Queue, QueueSettings, Visit};
use std::time::Duration;
use store::{PublishPolicy, Store, StoreSettings, Validators, Watched};
use telemetry::Health;
use tempfile::TempDir;

struct Office {
    store: Store,
    queue: Queue,
    _folder: TempDir,
}

fn page(n: u32) -> Page {
    Page {
        feed: None,
        source: SourceId::from_name("aurora"),
        permalink: CanonicalUrl::parse(&format!("https://aurora.example/{n}")).unwrap(),
        guid: None,
        title: Some(format!("Story {n}")),
        summary: None,
        authors: Vec::new(),
        categories: Vec::new(),
        published: None,
        updated: None,
        language: None,
        section: None,
        listed_at: Timestamp::from_secs(1_774_000_000),
        visit: Visit::First,
    }
}

fn article(page: &Page) -> Article {
    Article {
        id: page.article().unwrap(),
        url: page.permalink.clone(),
        aliases: Vec::new(),
        source: page.source.clone(),
        source_name: "Aurora".to_owned(),
        feed: None,
        title: page.title.clone().unwrap(),
        subtitle: None,
        authors: Vec::new(),
        language: None,
        section: Section::World,
        keywords: Vec::new(),
        image: None,
        blocks: Vec::new(),
        published: None,
        modified: None,
        observed_at: page.listed_at,
        rights: Rights::from_source(Carry::Headline),
        primary: PrimaryHints::default(),
        content_hash: ContentHash::of_text(page.permalink.as_str()),
    }
}

impl Office {
    /// With so many articles on the site, all seen first at the same time.
    async fn new(articles: u32, settings: QueueSettings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
        let store = Store::open(&StoreSettings { url: path("store.db"), ..StoreSettings::default() }).await.unwrap();
        let queue = Queue::open(&QueueSettings { url: path("queue.db"), ..settings }, Health::new()).await.unwrap();
        for n in 0..articles {
            let (page, article) = (page(n), article(&page(n)));
            let text = serde_json::to_string(&page).unwrap();
            let watched = Watched {
                article: article.id.clone(),
                page: text,
                since: page.listed_at,
                validators: Validators::default(),
            };
            let verdict = article::Verdict::new_story(&article.id);
            let policy = PublishPolicy { exact_window: Duration::from_secs(3_600) };
            let arrival = article::Arrival::Seen { article: Box::new(article) };
            store.apply(&arrival, Some(&verdict), &policy, page.listed_at).await.unwrap();
            store.watch(&watched).await.unwrap();
        }
        Self { store, queue, _folder: folder }
    }

    fn revisits(&self, settings: RevisitSettings) -> Revisits {
        Revisits::new(self.store.clone(), self.queue.clone(), settings)
    }
}

fn after(secs: u64) -> Timestamp {
    page(0).listed_at.plus(Duration::from_secs(secs))
}

#[tokio::test]
async fn an_article_is_looked_at_again_after_an_hour_a_day_and_a_week() {
    let office = Office::new(1, QueueSettings::default()).await;
    let revisits = office.revisits(RevisitSettings::default());
    assert_eq!(revisits.tick(after(3_599)).await.unwrap(), Round::Sent(0));
    for (age, visit) in [(3_600, Visit::Hour), (86_400, Visit::Day), (604_800, Visit::Week)] {
        assert_eq!(revisits.tick(after(age)).await.unwrap(), Round::Sent(1));
        assert_eq!(revisits.tick(after(age)).await.unwrap(), Round::Sent(0));
        assert_eq!(taken(&office.queue, 1).await, [Page { visit, ..page(0) }]);
    }
    assert_eq!(revisits.tick(after(9_999_999)).await.unwrap(), Round::Sent(0));
    assert_eq!(office.store.watched_page(&article(&page(0)).id).await.unwrap(), None);
}

#[tokio::test]
async fn replicas_send_each_look_once_and_a_round_is_bounded() {
    let office = Office::new(30, QueueSettings::default()).await;
    let settings = RevisitSettings { batch: 10, ..RevisitSettings::default() };
    let (a, b) = (office.revisits(settings.clone()), office.revisits(settings));
    let (first, second) = tokio::join!(a.tick(after(3_600)), b.tick(after(3_600)));
    assert_eq!((first.unwrap(), second.unwrap()), (Round::Sent(10), Round::Sent(10)));
    assert_eq!(a.tick(after(3_600)).await.unwrap(), Round::Sent(10));
    assert_eq!(b.tick(after(3_600)).await.unwrap(), Round::Sent(0));
    let pages = taken(&office.queue, 30).await;
    let names: std::collections::BTreeSet<_> = pages.iter().map(|p| p.permalink.as_str()).collect();
    assert_eq!(names.len(), 30);
}

#[tokio::test]
async fn while_enough_pages_wait_looks_stay_due() {
    let office = Office::new(5, QueueSettings::default()).await;
    let revisits = office.revisits(RevisitSettings { batch: 2, waiting: 2, ..RevisitSettings::default() });
    assert_eq!(revisits.tick(after(3_600)).await.unwrap(), Round::Sent(2));
    assert_eq!(revisits.tick(after(3_600)).await.unwrap(), Round::Held);
    taken(&office.queue, 2).await;
    assert_eq!(revisits.tick(after(3_600)).await.unwrap(), Round::Sent(2));
}

#[tokio::test]
async fn what_the_queue_does_not_take_is_due_again_at_once() {
    let office = Office::new(3, QueueSettings { message_max_bytes: 1, ..QueueSettings::default() }).await;
    let revisits = office.revisits(RevisitSettings::default());
    assert!(revisits.tick(after(3_600)).await.is_err());
    let lease = Duration::from_secs(1);
    let again = office.store.claim_due_revisits(after(3_600), &[Duration::from_secs(3_600)], 9, lease).await.unwrap();
    assert_eq!(again.len(), 3);
}

#[tokio::test]
async fn without_ages_nothing_is_looked_at_again_nor_kept() {
    let office = Office::new(3, QueueSettings::default()).await;
    let off = RevisitSettings { after_secs: Vec::new(), ..RevisitSettings::default() };
    assert_eq!(office.revisits(off).tick(after(700_000)).await.unwrap(), Round::Sent(0));
    assert_eq!(office.revisits(RevisitSettings::default()).tick(after(700_000)).await.unwrap(), Round::Sent(0));
    assert_eq!(waiting(&office.queue).await, 0);
}

#[test]
fn ages_ascend_and_are_three_at_most() {
    let read = |json: &str| serde_json::from_str::<RevisitSettings>(json).map_err(|e| e.to_string());
    assert_eq!(read(r#"{"after_secs":[]}"#).unwrap().after_secs, Vec::<u64>::new());
    assert!(read(r#"{"after_secs":[2,1]}"#).unwrap_err().contains("ascend"));
    assert!(read(r#"{"after_secs":[1,2,3,4]}"#).unwrap_err().contains("three times"));
}
