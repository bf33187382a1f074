//! Bytes as fetched, read again.

use super::house::{House, arrival, bridge, delivery, html, ok, page, status};
use crate::retriever::RetrieverSettings;
use queue::{Fate, Foresight, Handler, Outcome, Page, QueueSettings, Seer, Trial, Trying};
use std::time::Duration;

/// A page that could not be read: what is in it now is `thin`.
const THIN: &str = "<title>Bridge opened again</title><p>Wait.</p>";

async fn unread() -> (House, Page) {
    let house = House::new().await;
    let page = page();
    house.serve("/world/bridge", html(THIN));
    assert_eq!(house.decide(&page).await.reason(), "extraction");
    (house, page)
}

async fn replay(house: &House, page: &Page) -> Outcome {
    house.retriever.handle(page, &again(page)).await
}

fn again(page: &Page) -> queue::Delivery {
    queue::Delivery { replay: Some(1), replays: 1, ..delivery(page) }
}

/// What was kept is now a page that can be read: as after a mend of ours.
async fn mend(house: &House, page: &Page) {
    let id = article::ArticleId::of(&page.permalink);
    let mut capture = house.store.capture(&id).await.unwrap().unwrap();
    capture.body = bridge("").into_bytes();
    house.store.put_capture(&capture).await.unwrap();
}

#[tokio::test]
async fn a_replay_reads_the_bytes_as_fetched_and_asks_nobody() {
    let (house, page) = unread().await;
    mend(&house, &page).await;
    let outcome = replay(&house, &page).await;
    assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
    assert!(outcome.detail().contains("read from the bytes as fetched"), "{}", outcome.detail());
    assert_eq!(house.asked(), ["/world/bridge"], "the first fetch only");
}

#[tokio::test]
async fn what_was_forbidden_since_is_not_read_from_a_drawer() {
    let (house, page) = unread().await;
    mend(&house, &page).await;
    house.serve("/robots.txt", ok("text/plain", "User-agent: *\nDisallow: /world/"));
    let outcome = house.later().handle(&page, &again(&page)).await;
    assert_eq!((outcome.name(), outcome.reason()), ("drop", "robots"), "{outcome:?}");

    house.serve("/robots.txt", status(404));
    house.serve("/.well-known/tdmrep.json", ok("application/json", r#"[{"location":"/","tdm-reservation":1}]"#));
    let outcome = house.later().handle(&page, &again(&page)).await;
    let article::Arrival::Seen { article } = arrival(&outcome) else { panic!("{outcome:?}") };
    assert!(article.blocks.is_empty(), "{:?}", article.blocks);
}

#[tokio::test]
async fn what_still_cant_be_read_is_asked_for_again() {
    let (house, page) = unread().await;
    assert_eq!(replay(&house, &page).await.reason(), "extraction", "nobody has mended anything");
    house.serve("/world/bridge", html(bridge("")));
    let outcome = replay(&house, &page).await;
    assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
    assert!(!outcome.detail().contains("as fetched"), "{}", outcome.detail());
    assert_eq!(house.asked().len(), 3);
}

#[tokio::test]
async fn without_its_bytes_a_replay_fetches() {
    let house = House::with(RetrieverSettings { captures: false, ..RetrieverSettings::default() }).await;
    let page = page();
    house.serve("/world/bridge", html(THIN));
    house.decide(&page).await;
    house.serve("/world/bridge", html(bridge("")));
    assert!(matches!(replay(&house, &page).await, Outcome::Done(_)));
    assert_eq!(house.asked().len(), 2);
}

#[tokio::test]
async fn bytes_from_before_the_feed_listed_it_are_another_fetchs() {
    let (house, mut page) = unread().await;
    page.listed_at = page.listed_at.plus(Duration::from_secs(3600));
    house.serve("/world/bridge", html(bridge("")));
    assert!(matches!(replay(&house, &page).await, Outcome::Done(_)));
    assert_eq!(house.asked().len(), 2);
}

#[tokio::test]
async fn a_look_ahead_asks_nobody_and_keeps_nothing() {
    let (house, page) = unread().await;
    let asked = house.asked().len();
    let id = article::ArticleId::of(&page.permalink);
    mend(&house, &page).await;
    let kept = house.store.capture(&id).await.unwrap();
    let trial = house.retriever.foresee(&page, &delivery(&page)).await;
    assert!(matches!(trial, Trial::Would(Outcome::Done(_))), "{trial:?}");
    assert_eq!((house.asked().len(), house.store.capture(&id).await.unwrap()), (asked, kept));

    let mut never_fetched = page.clone();
    never_fetched.listed_at = never_fetched.listed_at.plus(Duration::from_secs(3600));
    let trial = house.retriever.foresee(&never_fetched, &delivery(&page)).await;
    assert!(matches!(trial, Trial::Untried(_)), "{trial:?}");
}

#[tokio::test]
async fn a_letter_is_shown_to_its_stage_as_it_lies() {
    let (house, page) = unread().await;
    let seer = Trying::new(house.retriever.clone(), &QueueSettings::default());
    let letter = |body: Vec<u8>| queue::Envelope { body, ..queue::Envelope::from(queue::Outgoing::new(&page)) };
    let whole = letter(serde_json::to_vec(&page).unwrap());
    let foreseen = seer.foresee(&whole).await;
    assert_eq!((foreseen.fate, foreseen.reason.as_str()), (Fate::DeadAgain, "extraction"));
    mend(&house, &page).await;
    assert_eq!(seer.foresee(&whole).await.fate, Fate::Pass);
    let broken = seer.foresee(&letter(b"\xff".to_vec())).await;
    assert_eq!((broken.fate, broken.reason.as_str()), (Fate::DeadAgain, "undecodable"));
    house.store.execute_takedown(page.permalink.as_str(), "cli:op", article::Timestamp::now()).await.unwrap();
    let gone = seer.foresee(&whole).await;
    assert_eq!((gone.fate, gone.reason.as_str()), (Fate::Dropped, "taken_down"));
}
