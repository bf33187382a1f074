//! What became of it.

use super::{Desk, dead, new_story, story};
use crate::{explain, letter};
use article::{Arrival, Timestamp};
use queue::Belt;
use std::time::Duration;
use store::contract::{POLICY, copy_of, seen, text, withdrawn};
use store::{DecisionRow, LedgerState};

fn decision(article: &article::Article, at: Timestamp, stage: &str, outcome: &str, reason: &str) -> DecisionRow {
    DecisionRow {
        at,
        stage: stage.to_owned(),
        message_id: format!("{stage}-message"),
        article: Some(article.id.to_string()),
        url: Some(article.url.to_string()),
        source: None,
        outcome: outcome.to_owned(),
        reason: reason.to_owned(),
        attempt: 1,
        detail: "told\nin two lines".to_owned(),
    }
}

#[tokio::test]
async fn an_address_is_explained_from_feed_to_removal() {
    let desk = Desk::new().await;
    let mut original = story(1);
    original.aliases = vec!["https://one.example/old".to_owned()];
    let copied_at = original.observed_at.plus(Duration::from_secs(60));
    let copy = store::contract::article("two.example", "copy", copied_at, &text("lakes", 40));
    let at = |secs| original.observed_at.plus(Duration::from_secs(secs));
    desk.store
        .record_decisions(&[
            decision(&original, at(1), "retriever", "retry", "timed_out"),
            decision(&original, at(5), "retriever", "done", ""),
            decision(&original, at(6), "deduplicator", "done", ""),
        ])
        .await
        .unwrap();
    desk.store.apply(&seen(&original), Some(&new_story(&original)), &POLICY, at(7)).await.unwrap();
    desk.store.apply(&seen(&copy), Some(&copy_of(&original)), &POLICY, at(8)).await.unwrap();

    for asked in [original.url.to_string(), "https://one.example/old".to_owned(), original.id.to_string()] {
        let told = explain(&desk.store, &asked).await.unwrap();
        let shown: Vec<_> = told.events.iter().map(|e| format!("{} {}", e.place, e.what)).collect();
        assert_eq!(
            shown,
            [
                "store revision 1 “Headline a1”",
                "retriever retry (timed_out), attempt 1",
                "retriever done, attempt 1",
                "deduplicator done, attempt 1"
            ],
            "{asked}"
        );
        assert!(
            told.stands.contains("carried as full (source)") && told.stands.ends_with("its primary source"),
            "{told}"
        );
        assert_eq!(told.to_string().lines().count(), 7);
    }
    let told = explain(&desk.store, copy.url.as_str()).await.unwrap();
    assert!(told.stands.ends_with("of 2 articles, as near copy (score 0.90)"), "{told}");
    let story = desk.store.article(&copy.id).await.unwrap().unwrap().story;
    assert_eq!(explain(&desk.store, &story.to_string()).await.unwrap().article, Some(original.id.clone()));

    desk.store.apply(&withdrawn(&original, at(20)), None, &POLICY, at(20)).await.unwrap();
    let told = explain(&desk.store, original.url.as_str()).await.unwrap();
    assert!(told.stands.starts_with("withdrawn by its publisher"), "{told}");
    desk.store.add_takedown(original.url.as_str(), "owner", "mine", at(30)).await.unwrap();
    desk.store.execute_takedown(original.url.as_str(), "cli:op", at(40)).await.unwrap();
    let told = explain(&desk.store, original.url.as_str()).await.unwrap();
    assert!(told.stands.starts_with("taken down"), "{told}");
    let last: Vec<_> = told.events.iter().rev().take(2).map(|e| e.what.as_str()).collect();
    assert_eq!(last, ["carried out", "asked for"]);
}

#[tokio::test]
async fn a_message_is_explained_by_its_deaths() {
    let desk = Desk::new().await;
    let envelope = dead(1, 0);
    desk.store.bury(&[letter::buried(Belt::Articles, &envelope, b"{}", Timestamp::now())]).await.unwrap();
    let row = desk.dead(1).await.remove(0);
    let later = Timestamp::now().plus(Duration::from_secs(5));
    desk.store.set_ledger_state(row.id, LedgerState::Passed, None, later).await.unwrap();
    let told = explain(&desk.store, &envelope.message_id.0).await.unwrap();
    let shown: Vec<_> = told.events.iter().map(|e| e.what.clone()).collect();
    assert_eq!(
        shown,
        [format!("dead letter {} of the deduplicator: charset", row.id), format!("dead letter {}: passed", row.id)]
    );
}

#[tokio::test]
async fn what_is_unknown_is_said_to_be() {
    let desk = Desk::new().await;
    for asked in ["https://nobody.example/", "0123", "", "0123456789abcdef0123456789abcdef"] {
        let told = explain(&desk.store, asked).await.unwrap();
        assert!(told.events.is_empty() && told.stands.starts_with("nothing is known"), "{told}");
    }
    let gone = story(7);
    desk.store.execute_takedown(gone.url.as_str(), "cli:op", Timestamp::now()).await.unwrap();
    let told = explain(&desk.store, gone.url.as_str()).await.unwrap();
    assert!(told.stands.starts_with("taken down before it came"), "{told}");
    let _ = matches!(seen(&gone), Arrival::Seen { .. });
}
