//! Feeds that lead to another host, which nobody named.

use super::house::{House, ok, permalinks, rss, status};
use article::Timestamp;
use std::time::Duration;
use url::Url;

const ELSEWHERE: &str = "http://boreas.localhost/feed";

async fn led() -> House {
    let house = House::new().await;
    house.serve("/feed", status(302).with("location", ELSEWHERE));
    house.serve("boreas.localhost/feed", ok(rss(&[1])));
    house
}

#[tokio::test]
async fn the_other_host_s_feed_is_read() {
    let house = led().await;
    let (pages, said) = house.poll(1).await;
    assert_eq!(permalinks(&pages), ["http://boreas.localhost/1"], "{said}");
}

#[tokio::test]
async fn the_other_host_s_robots_txt_is_asked_before_it() {
    let house = led().await;
    house.serve("boreas.localhost/robots.txt", ok("User-agent: *\nDisallow: /\n"));
    let (_, said) = house.poll(1).await;
    assert!(said.starts_with("drop feed_broken"), "{said}");
    let error = house.state().await.last_error.unwrap();
    assert!(error.starts_with("the feed leads to boreas.localhost, whose robots.txt forbids it"), "{error}");
}

#[tokio::test]
async fn without_a_slot_of_the_other_host_the_poll_is_parked() {
    let house = led().await;
    let now = Timestamp::now();
    let until = now.plus(Duration::from_secs(60));
    house.politeness.slow_down(&Url::parse(ELSEWHERE).unwrap(), Some(until), now).await.unwrap();
    assert!(house.poll(1).await.1.starts_with("retry host_busy"));
}
