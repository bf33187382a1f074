//! Revisits: an hour, a day, a week after, and when the feed says that something changed.

use super::house::{House, arrival, bridge, html, page, status, visit};
use article::{Arrival, WithdrawalCause};
use queue::Visit;

/// Publishes the article, then answers its address with `answer` and comes again.
async fn revisit(answer: super::house::Answer) -> (House, queue::Outcome) {
    let house = House::new().await;
    house.serve("/world/bridge", html(bridge("")).with("etag", "\"1\""));
    let article = house.article(&page()).await;
    house.publish(article).await;
    house.serve("/world/bridge", answer);
    house.serve("/", html("<title>Aurora</title><h1>Aurora</h1>"));
    let outcome = house.decide(&visit(Visit::Day)).await;
    (house, outcome)
}

#[tokio::test]
async fn what_is_gone_at_a_revisit_is_withdrawn() {
    for (answer, cause) in [
        (status(404), WithdrawalCause::NotFound),
        (status(410), WithdrawalCause::Gone),
        (status(451), WithdrawalCause::Legal),
        (status(301).with("location", "/"), WithdrawalCause::RedirectedHome),
    ] {
        let (_, outcome) = revisit(answer).await;
        let Arrival::Withdrawn { withdrawal } = arrival(&outcome) else { panic!("seen") };
        assert_eq!(withdrawal.cause, cause);
        assert_eq!(withdrawal.url.as_str(), super::house::PERMALINK);
    }
}

#[tokio::test]
async fn what_did_not_change_is_not_sent_again() {
    let (house, outcome) = revisit(html(bridge("")).with("etag", "\"1\"")).await;
    assert_eq!((outcome.name(), outcome.reason()), ("drop", "unchanged"));
    assert_eq!(house.asked().len(), 2);
}

#[tokio::test]
async fn a_changed_text_is_another_revision_of_the_same_article() {
    let (house, outcome) =
        revisit(html(bridge("").replace("Paragraph 3 says", "Paragraph 3 denies")).with("etag", "\"2\"")).await;
    let Arrival::Seen { article } = arrival(&outcome) else { panic!("withdrawn") };
    let stored = house.store.article(&article.id).await.unwrap().unwrap().article;
    assert_ne!(article.content_hash, stored.content_hash);
    assert!(article.observed_at >= stored.observed_at);
}

#[tokio::test]
async fn gone_without_ever_having_been_there_is_no_withdrawal() {
    let house = House::new().await;
    let outcome = house.decide(&visit(Visit::Week)).await;
    assert_eq!((outcome.name(), outcome.reason()), ("drop", "gone"));
}

#[tokio::test]
async fn the_first_visit_withdraws_nothing() {
    let house = House::new().await;
    house.serve("/world/bridge", status(301).with("location", "/"));
    house.serve("/", html("<title>Aurora</title><h1>Aurora</h1>"));
    let outcome = house.decide(&page()).await;
    assert_eq!((outcome.name(), outcome.reason()), ("drop", "gone"));
}
