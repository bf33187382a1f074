//! AMP pages: the article's own page is read.

use super::house::{House, bridge, delivery, html, page, page_at, status};
use queue::Handler;

const AMP: &str = "http://aurora.localhost/amp/bridge";

/// A feed that lists the AMP page of `/world/bridge`.
async fn listed(original: impl Into<Option<&'static str>>) -> House {
    let house = House::new().await;
    let canonical = original.into().unwrap_or("/world/bridge");
    let link = format!("<link rel=canonical href={canonical}>");
    house.serve("/amp/bridge", html(bridge(&link).replacen("<html", "<html amp", 1).replace("river", "stream")));
    house
}

#[tokio::test]
async fn its_original_is_read() {
    let house = listed(None).await;
    house.serve("/world/bridge", html(bridge("<link rel=canonical href=/world/bridge>")));
    let article = house.article(&page_at(AMP)).await;
    assert_eq!(article.url.as_str(), super::house::PERMALINK);
    assert!(article::plain_text(&article.blocks).contains("river"), "the copy's text: {article:?}");
    assert!(article.aliases.iter().any(|alias| alias == AMP), "{:?}", article.aliases);
    assert_eq!(house.asked(), ["/amp/bridge", "/world/bridge"]);
}

#[tokio::test]
async fn where_that_can_t_be_had_the_copy_is() {
    for gone in [404, 500] {
        let house = listed(None).await;
        house.serve("/world/bridge", status(gone));
        let article = house.article(&page_at(AMP)).await;
        assert_eq!(article.url.as_str(), super::house::PERMALINK, "{gone}");
        assert!(article::plain_text(&article.blocks).contains("stream"), "{article:?}");
    }
}

#[tokio::test]
async fn its_host_s_rules_hold_for_the_original_too() {
    let house = listed("http://www.aurora.localhost/bridge").await;
    house.serve("www.aurora.localhost/robots.txt", html("User-agent: *\nDisallow: /\n"));
    assert!(house.said(&page_at(AMP)).await.starts_with("drop robots"));
    assert_eq!(house.asked(), ["/amp/bridge"]);

    let house = listed(None).await;
    house.serve("/world/bridge", status(429).with("retry-after", "60"));
    assert!(house.said(&page_at(AMP)).await.starts_with("retry rate_limited"));
}

#[tokio::test]
async fn while_its_original_has_to_wait_the_copy_is_not_asked_for_again() {
    let house = listed("http://www.aurora.localhost/bridge").await;
    house.serve("www.aurora.localhost/bridge", status(429).with("retry-after", "60"));
    let page = page_at(AMP);
    assert!(house.said(&page).await.starts_with("retry rate_limited"));
    let before = article::Timestamp::now().minus(std::time::Duration::from_secs(60));
    let again = queue::Delivery { waits: 1, first_seen: before, ..delivery(&page) };
    assert_eq!(house.retriever.handle(&page, &again).await.reason(), "host_busy", "it is left alone");
    assert_eq!(house.asked(), ["/amp/bridge", "www.aurora.localhost/bridge"]);
}

#[tokio::test]
async fn one_step_is_made() {
    let house = listed(None).await;
    let again = bridge("<link rel=canonical href=/amp/bridge>").replacen("<html", "<html amp", 1);
    house.serve("/world/bridge", html(again));
    house.article(&page_at(AMP)).await;
    assert_eq!(house.asked(), ["/amp/bridge", "/world/bridge"]);
    assert_ne!(page().permalink, page_at(AMP).permalink);
}
