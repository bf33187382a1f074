//! The publisher's stage over a SQLite store.

use crate::site::tests::fixture::{article, minutes_ago};
use crate::{Publisher, PublisherSettings, Refusal, Secret, Webhook};
use article::{Arrival, Article, Block, Timestamp, Verdict, Withdrawal, WithdrawalCause};
use queue::{Delivery, Done, Foresight, Handler, Lane, Message, Notice, Outcome, Story, Trial};
use store::{Store, StoreError, StoreSettings};
use tempfile::TempDir;

/// A publisher with two webhooks, over a fresh store.
struct House {
    store: Store,
    publisher: Publisher,
    /// Dropping it deletes the database.
    _dir: TempDir,
}

impl House {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", dir.path().join("store.db").display());
        let store = Store::open(&StoreSettings { url, ..StoreSettings::default() }).await.unwrap();
        let webhook = |name: &str| Webhook {
            name: name.to_owned(),
            url: format!("https://{name}.example/hook"),
            secret: Secret::new("between us"),
        };
        let settings =
            PublisherSettings { webhooks: vec![webhook("archive"), webhook("mirror")], ..Default::default() };
        Self { publisher: Publisher::new(store.clone(), settings), store, _dir: dir }
    }

    /// What the stage caused: each notice's target, event and message id.
    async fn publish(&self, story: &Story, redelivered: bool) -> Vec<(String, &'static str, String)> {
        let Outcome::Done(Done { publish, .. }) = self.publisher.handle(story, &delivery(story, redelivered)).await
        else {
            panic!("not done");
        };
        let notice = |body: &[u8]| serde_json::from_slice::<Notice>(body).unwrap();
        publish
            .iter()
            .map(|o| (notice(&o.body).target, notice(&o.body).event.as_str(), o.message_id.0.clone()))
            .collect()
    }
}

fn delivery(story: &Story, redelivered: bool) -> Delivery {
    Delivery {
        message_id: story.message_id(),
        attempt: 1,
        waits: 0,
        first_seen: Timestamp::now(),
        received_at: Timestamp::now(),
        lane: Lane::Main,
        traceparent: None,
        replay: None,
        replays: 0,
        redelivered,
    }
}

fn gates() -> Article {
    article("Aurora Times", "gates", "The gates give way", "en", &["The lock gates were built in 1911."])
}

fn seen(article: &Article) -> Story {
    let verdict = Verdict::new_story(&article.id);
    Story { arrival: Arrival::Seen { article: Box::new(article.clone()) }, verdict: Some(verdict) }
}

/// The same article with another text, seen later.
fn revised() -> Article {
    let mut article = gates();
    article.blocks.push(Block::Paragraph { text: "They will be replaced.".to_owned() });
    article.content_hash = Article::compute_hash(&article.url, &article.title, &article.blocks);
    article.observed_at = minutes_ago(10);
    article
}

fn withdrawn() -> Story {
    let article = gates();
    let withdrawal = Withdrawal {
        id: article.id,
        url: article.url,
        source: article.source,
        observed_at: minutes_ago(5),
        cause: WithdrawalCause::Gone,
    };
    Story { arrival: Arrival::Withdrawn { withdrawal }, verdict: None }
}

#[tokio::test]
async fn what_was_not_applied_yet_is_counted_as_none() {
    let _house = House::new().await;
    for change in store::Change::ALL {
        let series = format!(r#"wireroom_arrivals_applied_total{{change="{}"}}"#, change.as_str());
        assert!(telemetry::render().contains(&series), "{series}");
    }
}

#[tokio::test]
async fn every_webhook_is_told_and_a_second_run_tells_the_same() {
    let house = House::new().await;
    for (story, event) in [(seen(&gates()), "published"), (seen(&revised()), "updated"), (withdrawn(), "removed")] {
        let first = house.publish(&story, false).await;
        let told: Vec<(&str, &str)> = first.iter().map(|(target, event, _)| (target.as_str(), *event)).collect();
        assert_eq!(told, [("archive", event), ("mirror", event)]);
        assert_eq!(house.publish(&story, true).await, first, "{event}");
    }
}

#[tokio::test]
async fn the_same_again_later_is_no_news() {
    let house = House::new().await;
    house.publish(&seen(&gates()), false).await;
    let later = Article { observed_at: minutes_ago(1), ..gates() };
    assert_eq!(house.publish(&seen(&later), false).await, []);
}

#[tokio::test]
async fn an_older_revision_is_no_news() {
    let house = House::new().await;
    house.publish(&seen(&revised()), false).await;
    assert_eq!(house.publish(&seen(&gates()), false).await, []);
}

#[tokio::test]
async fn what_was_taken_down_is_dropped() {
    let house = House::new().await;
    house.store.execute_takedown(gates().url.as_str(), "cli:test", Timestamp::now()).await.unwrap();
    let story = seen(&gates());
    let outcome = house.publisher.handle(&story, &delivery(&story, false)).await;
    assert_eq!((outcome.name(), outcome.reason()), ("drop", "taken_down"));
}

#[tokio::test]
async fn what_names_a_taken_down_address_is_removed_and_a_second_run_tells_the_same() {
    let house = House::new().await;
    let old = article("Aurora Times", "old-gates", "The gates", "en", &[]).url;
    house.store.execute_takedown(old.as_str(), "cli:test", minutes_ago(20)).await.unwrap();
    house.publish(&seen(&gates()), false).await;
    let named = seen(&Article { aliases: vec![old.to_string()], ..revised() });
    let trial = house.publisher.foresee(&named, &delivery(&named, false)).await;
    assert!(matches!(&trial, Trial::Would(outcome) if outcome.name() == "done"), "{trial:?}");
    let first = house.publish(&named, false).await;
    let told: Vec<(&str, &str)> = first.iter().map(|(target, event, _)| (target.as_str(), *event)).collect();
    assert_eq!(told, [("archive", "removed"), ("mirror", "removed")]);
    assert_eq!(house.publish(&named, true).await, first);
    // What comes later finds it gone.
    let later = seen(&Article { observed_at: minutes_ago(1), ..revised() });
    let outcome = house.publisher.handle(&later, &delivery(&later, false)).await;
    assert_eq!((outcome.name(), outcome.reason()), ("drop", "taken_down"));
}

#[tokio::test]
async fn a_look_ahead_publishes_nothing() {
    let house = House::new().await;
    let story = seen(&gates());
    let Trial::Would(Outcome::Done(Done { note, .. })) =
        house.publisher.foresee(&story, &delivery(&story, false)).await
    else {
        panic!("not done");
    };
    assert!(note.starts_with("opened story"), "{note}");
    assert_eq!(house.store.totals().await.unwrap().articles, 0);
    house.store.execute_takedown(gates().url.as_str(), "cli:test", Timestamp::now()).await.unwrap();
    let trial = house.publisher.foresee(&story, &delivery(&story, false)).await;
    assert!(matches!(&trial, Trial::Would(outcome) if outcome.reason() == "taken_down"), "{trial:?}");
}

#[tokio::test]
async fn without_its_store_the_stage_waits() {
    let house = House::new().await;
    house.store.close().await;
    let story = seen(&gates());
    let outcome = house.publisher.handle(&story, &delivery(&story, false)).await;
    assert_eq!((outcome.name(), outcome.reason()), ("retry", "dependency_away"));
    assert!(house.publisher.probe().await.is_err());
}

#[test]
fn what_each_failure_means() {
    let text = || "why".to_owned();
    let cases: [(Refusal, &str, &str); 7] = [
        (Refusal::TakenDown { url: text() }, "drop", "taken_down"),
        (StoreError::Away(text()).into(), "retry", "dependency_away"),
        (StoreError::NewerSchema { found: 2, known: 1 }.into(), "retry", "dependency_away"),
        (StoreError::Conflict(text()).into(), "retry", "conflict"),
        (StoreError::Settings(text()).into(), "dead", "internal"),
        (StoreError::Address(text()).into(), "dead", "internal"),
        (StoreError::Broken(text()).into(), "dead", "internal"),
    ];
    for (refusal, name, reason) in cases {
        let said = refusal.to_string();
        let outcome = Outcome::from(refusal);
        assert_eq!((outcome.name(), outcome.reason(), outcome.detail()), (name, reason, said.as_str()));
    }
}

#[test]
fn a_secret_is_never_printed() {
    let settings = PublisherSettings {
        webhooks: vec![Webhook { name: "a".to_owned(), url: "b".to_owned(), secret: Secret::new("between us") }],
        ..Default::default()
    };
    let printed = format!("{settings:?} {}", serde_json::to_string(&settings).unwrap());
    assert!(!printed.contains("between us") && printed.contains("hidden"), "{printed}");
}
