//! Pages that lead to another host: it has rules and a rate of its own.

use super::house::{House, bridge, html, page, status};
use article::{CarryReason, Timestamp};
use std::time::Duration;
use url::Url;

const ELSEWHERE: &str = "http://boreas.localhost/bridge";

/// A publisher whose page is at another host.
async fn led() -> House {
    let house = House::new().await;
    house.serve("/world/bridge", status(301).with("location", ELSEWHERE));
    house.serve("boreas.localhost/bridge", html(bridge("")));
    house
}

#[tokio::test]
async fn the_other_host_s_page_is_read() {
    let house = led().await;
    let article = house.article(&page()).await;
    assert_eq!(article.url.as_str(), ELSEWHERE);
    assert_eq!(house.asked(), ["/world/bridge", "boreas.localhost/bridge"]);
}

/// Its own slot is one of those that the way needs.
#[tokio::test]
async fn a_page_may_lead_to_another_host_and_back() {
    let house = House::new().await;
    house.serve("/world/bridge", status(302).with("location", ELSEWHERE));
    house.serve("boreas.localhost/bridge", status(302).with("location", "http://aurora.localhost/world/the-bridge"));
    house.serve("/world/the-bridge", html(bridge("")));
    let article = house.article(&page()).await;
    assert_eq!(article.url.as_str(), "http://aurora.localhost/world/the-bridge");
}

/// Rules are for paths, whoever led there.
#[tokio::test]
async fn what_robots_txt_forbids_and_reserves_is_asked_wherever_a_page_leads() {
    let led = async |file: &str, rules: &str| {
        let house = House::new().await;
        house.serve("/world/bridge", status(302).with("location", "/premium/bridge"));
        house.serve("/premium/bridge", html(bridge("")));
        house.serve(file, html(rules));
        house
    };
    let house = led("/robots.txt", "User-agent: *\nDisallow: /premium/\n").await;
    assert_eq!(house.said(&page()).await, "drop robots: robots.txt of aurora.localhost forbids it");
    assert_eq!(house.asked(), ["/world/bridge"]);
    let house = led("/.well-known/tdmrep.json", r#"[{"location":"/premium/*","tdm-reservation":1}]"#).await;
    let article = house.article(&page()).await;
    assert_eq!((article.rights.reason, article.blocks.len()), (CarryReason::TdmReserved, 0));
}

#[tokio::test]
async fn the_other_host_s_robots_txt_is_asked_before_it() {
    let house = led().await;
    house.serve("boreas.localhost/robots.txt", html("User-agent: *\nDisallow: /\n"));
    let said = house.said(&page()).await;
    assert_eq!(said, "drop robots: robots.txt of boreas.localhost forbids it");
    assert_eq!(house.asked(), ["/world/bridge"]);
}

#[tokio::test]
async fn without_a_slot_of_the_other_host_the_page_is_parked() {
    let house = led().await;
    let (elsewhere, now) = (Url::parse(ELSEWHERE).unwrap(), Timestamp::now());
    house.robots.permit(&elsewhere, now).await.unwrap();
    let until = now.plus(Duration::from_secs(60));
    house.politeness.slow_down(&elsewhere, Some(until), now).await.unwrap();
    assert!(house.said(&page()).await.starts_with("retry host_busy"));
    assert_eq!(house.asked(), ["/world/bridge"]);
}

#[tokio::test]
async fn what_the_other_host_reserves_is_reserved() {
    let house = led().await;
    house.serve("boreas.localhost/.well-known/tdmrep.json", html(r#"[{"location":"/","tdm-reservation":1}]"#));
    let article = house.article(&page()).await;
    assert_eq!((article.rights.reason, article.blocks.len()), (CarryReason::TdmReserved, 0));
}

#[tokio::test]
async fn a_host_that_is_led_to_and_asks_for_rest_is_the_one_left_alone() {
    let house = led().await;
    house.serve("boreas.localhost/bridge", status(429).with("retry-after", "60"));
    assert!(house.said(&page()).await.starts_with("retry rate_limited"));
    let reserve = async |url: &str| {
        house.politeness.reserve(&Url::parse(url).unwrap(), "another", None, Timestamp::now()).await.is_ok()
    };
    assert!(reserve(super::house::PERMALINK).await);
    assert!(!reserve(ELSEWHERE).await);
}

/// The publisher's TDM file is at another host.
async fn led_to_a_file() -> House {
    let house = House::new().await;
    house.serve("/world/bridge", html(bridge("")));
    let there = "http://boreas.localhost/tdm.json";
    house.serve("/.well-known/tdmrep.json", status(302).with("location", there));
    house.serve("boreas.localhost/tdm.json", html(r#"[{"location":"/","tdm-reservation":1}]"#));
    house
}

#[tokio::test]
async fn a_tdm_file_may_be_at_another_host_that_lets_us_in() {
    let house = led_to_a_file().await;
    assert_eq!(house.article(&page()).await.rights.reason, CarryReason::TdmReserved);

    let house = led_to_a_file().await;
    house.serve("boreas.localhost/robots.txt", html("User-agent: *\nDisallow: /\n"));
    assert_eq!(house.article(&page()).await.rights.reason, CarryReason::Source);
    assert!(!house.asked().iter().any(|path| path.contains("tdm.json")), "{:?}", house.asked());
}
