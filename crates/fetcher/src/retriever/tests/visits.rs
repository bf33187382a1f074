//! Revisits: an hour, a day, a week after, and when the feed says that something changed.

use super::house::{Answer, House, PERMALINK, arrival, bridge, html, page, page_at, status, visit};
use article::{Arrival, WithdrawalCause};
use queue::{Outcome, Page, Visit};
use store::{ArticleState, StoredArticle};

/// A house whose article is on the site; its page had this validator.
async fn published(etag: &str) -> House {
    let house = House::new().await;
    house.serve("/world/bridge", html(bridge("")).with("etag", etag));
    house.serve("/", html("<title>Aurora</title><h1>Aurora</h1>"));
    assert_eq!(house.look(&page()).await.name(), "done");
    house
}

/// Publishes the article, then answers its address with `answer` and comes again.
async fn revisit(answer: Answer) -> (House, Outcome) {
    let house = published("\"1\"").await;
    house.serve("/world/bridge", answer);
    let outcome = house.look(&visit(Visit::Day)).await;
    (house, outcome)
}

async fn stored(house: &House) -> StoredArticle {
    house.store.article_by_url(PERMALINK).await.unwrap().unwrap()
}

fn changed() -> String {
    bridge("").replace("Paragraph 3 says", "Paragraph 3 denies")
}

#[tokio::test]
async fn what_is_gone_at_a_revisit_is_withdrawn() {
    for (answer, cause) in [
        (status(404), WithdrawalCause::NotFound),
        (status(410), WithdrawalCause::Gone),
        (status(451), WithdrawalCause::Legal),
        (status(301).with("location", "/"), WithdrawalCause::RedirectedHome),
    ] {
        let (house, outcome) = revisit(answer).await;
        let Arrival::Withdrawn { withdrawal } = arrival(&outcome) else { panic!("seen") };
        assert_eq!(withdrawal.cause, cause);
        assert_eq!(withdrawal.url.as_str(), PERMALINK);
        let stored = stored(&house).await;
        assert_eq!((stored.state, stored.article.has_text()), (ArticleState::Withdrawn, false));
    }
}

#[tokio::test]
async fn an_article_named_by_a_query_can_be_led_home_too() {
    let house = House::new().await;
    let page = page_at("http://aurora.localhost/?p=100135");
    house.serve("/", html(bridge("")));
    house.look(&page).await;
    // The press answers by path alone, so that home is elsewhere here.
    house.serve("/", status(302).with("location", "/en/"));
    house.serve("/en/", html("<title>Aurora</title><h1>Aurora</h1>"));
    let outcome = house.look(&Page { visit: Visit::Hour, ..page }).await;
    let Arrival::Withdrawn { withdrawal } = arrival(&outcome) else { panic!("seen") };
    assert_eq!(withdrawal.cause, WithdrawalCause::RedirectedHome);
}

/// Its server calls it unchanged, since it has the validator of the text that was withdrawn.
#[tokio::test]
async fn what_returns_is_on_the_site_again() {
    let (house, _) = revisit(status(404)).await;
    house.serve("/world/bridge", html(bridge("")).with("etag", "\"1\""));
    assert_eq!(house.look(&visit(Visit::Week)).await.name(), "done");
    let stored = stored(&house).await;
    assert_eq!((stored.state, stored.article.has_text()), (ArticleState::Shown, true));
}

#[tokio::test]
async fn what_did_not_change_is_not_sent_again() {
    // By its validator, and where there is none (or another), by its text.
    for etag in ["\"1\"", "\"2\""] {
        let (house, outcome) = revisit(html(bridge("")).with("etag", etag)).await;
        assert_eq!((outcome.name(), outcome.reason()), ("drop", "unchanged"), "{etag}");
        assert_eq!(house.asked().len(), 2);
    }
}

#[tokio::test]
async fn a_changed_text_is_another_revision_of_the_same_article() {
    let (house, outcome) = revisit(html(changed()).with("etag", "\"2\"")).await;
    assert_eq!(outcome.name(), "done");
    let stored = stored(&house).await;
    assert_eq!(stored.revisions, 2);
    assert!(article::plain_text(&stored.article.blocks).contains("Paragraph 3 denies"));
    // From now on the newer response is the one that is compared with.
    assert_eq!(house.store.validators(&stored.article.id).await.unwrap().etag.as_deref(), Some("\"2\""));
}

/// A death after the look and before its record: the next look must not be answered with 304.
#[tokio::test]
async fn a_change_that_was_not_confirmed_is_found_again() {
    let house = published("\"1\"").await;
    house.serve("/world/bridge", html(changed()).with("etag", "\"2\""));
    let lost = house.decide(&visit(Visit::Hour)).await;
    assert_eq!(lost.name(), "done");
    let again = house.look(&visit(Visit::Hour)).await;
    assert_eq!(again.name(), "done", "{}", again.detail());
    assert_eq!(stored(&house).await.revisions, 2);
}

#[tokio::test]
async fn an_article_known_by_another_address_than_its_permalink_is_asked_for_conditionally_too() {
    let house = House::new().await;
    let answer = html(bridge("<link rel=canonical href='/2026/bridge'>")).with("etag", "\"1\"");
    house.serve("/world/bridge", answer.clone());
    house.look(&page()).await;
    house.serve("/world/bridge", answer.status(500));
    let outcome = house.look(&visit(Visit::Hour)).await;
    assert_eq!((outcome.name(), outcome.reason()), ("drop", "unchanged"));
}

/// The page waits in the store as the feed listed it, but for what must not be kept.
#[tokio::test]
async fn the_next_look_knows_what_the_feed_said() {
    let due = async |head: &str| -> Page {
        let house = House::new().await;
        house.serve("/world/bridge", html(bridge(head)));
        let listed = Page { summary: Some("A bridge opens.".to_owned()), ..page() };
        house.look(&listed).await;
        let found = house.watched().await;
        assert_eq!(Page { summary: None, ..found.clone() }, Page { summary: None, ..listed });
        found
    };
    assert_eq!(due("").await.summary.as_deref(), Some("A bridge opens."));
    assert_eq!(due("<meta name=robots content=noarchive>").await.summary, None);
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
