//! What may be carried, and what may be kept.

use super::house::{House, bridge, html, page};
use article::{Carry, CarryReason};

#[tokio::test]
async fn a_page_that_is_not_free_is_listed_without_its_text() {
    let house = House::new().await;
    let head = r#"<script type="application/ld+json">{"@type":"NewsArticle","headline":"Bridge opened again",
        "isAccessibleForFree":false}</script><meta property="og:image" content="/b.jpg">"#;
    house.serve("/world/bridge", html(bridge(head)));
    let article = house.article(&page()).await;
    assert_eq!((article.rights.carry, article.rights.reason), (Carry::Headline, CarryReason::NotFree));
    assert_eq!((article.blocks.len(), article.subtitle, article.image), (0, None, None));
    assert_eq!(article.title, "Bridge opened again");
    assert_eq!(article.content_hash, article::Article::compute_hash(&article.url, &article.title, &[]));
}

#[tokio::test]
async fn the_source_s_own_setting_counts_too() {
    let house = House::new().await;
    house.put_source(Carry::Headline, false).await;
    house.serve("/world/bridge", html(bridge("")));
    let article = house.article(&page()).await;
    assert_eq!(
        (article.rights.carry, article.rights.reason, article.blocks.len()),
        (Carry::Headline, CarryReason::Source, 0)
    );
}

#[tokio::test]
async fn where_text_mining_is_reserved_only_the_feed_speaks() {
    for answer in [
        html(bridge("")).with("tdm-reservation", "1"),
        html(bridge("<meta name=tdm-reservation content=1>")),
        html(bridge("")).with("content-usage", "bots=n"),
    ] {
        let house = House::new().await;
        house.serve("/world/bridge", answer);
        let mut listed = page();
        listed.title = Some("As the feed calls it".to_owned());
        let article = house.article(&listed).await;
        assert!(article.rights.reason.reserves_mining());
        assert_eq!((article.title.as_str(), article.blocks.len()), ("As the feed calls it", 0));
        assert_eq!(article.authors, ["Ada Byron"]);
        assert_eq!(house.store.capture(&article.id).await.unwrap(), None);
        listed.title = None;
        assert!(house.said(&listed).await.starts_with("drop no_article"));
    }
}

#[tokio::test]
async fn a_usage_preference_in_robots_txt_reserves_as_well() {
    let house = House::new().await;
    house.serve("/robots.txt", html("User-agent: *\nAllow: /\nContent-Usage: bots=n\n"));
    house.serve("/world/bridge", html(bridge("")));
    let article = house.article(&page()).await;
    assert_eq!(article.rights.reason, CarryReason::ContentUsage);
}

#[tokio::test]
async fn a_host_s_tdm_file_reserves_what_it_names_and_the_page_is_not_even_asked_for() {
    let house = House::new().await;
    house.serve("/.well-known/tdmrep.json", html(r#"[{"location":"/world/*","tdm-reservation":1}]"#));
    house.serve("/world/bridge", html(bridge("")));
    house.serve("/free", html(bridge("")));
    let article = house.article(&page()).await;
    assert_eq!((article.rights.reason, article.blocks.len()), (CarryReason::TdmReserved, 0));
    assert_eq!(house.asked(), Vec::<String>::new());
    let free = house.article(&super::house::page_at("http://aurora.localhost/free")).await;
    assert_eq!(free.blocks.len(), 6);
}

#[tokio::test]
async fn a_reservation_made_later_takes_the_text_of_the_same_article() {
    let house = House::new().await;
    house.serve("/world/bridge", html(bridge("<link rel=canonical href='/2026/bridge'>")));
    let before = house.article(&page()).await;
    house.publish(before.clone()).await;
    house.serve("/world/bridge", html(bridge("")).with("tdm-reservation", "1"));
    let after = house.article(&super::house::visit(queue::Visit::Day)).await;
    assert_eq!((after.id, after.url), (before.id, before.url));
    assert_eq!((after.blocks.len(), after.rights.reason), (0, CarryReason::TdmReserved));
}

#[tokio::test]
async fn what_was_kept_of_a_page_goes_when_it_may_be_kept_no_longer() {
    for (name, value) in [("tdm-reservation", "1"), ("x-robots-tag", "noarchive")] {
        let house = House::new().await;
        house.serve("/world/bridge", html(bridge("")));
        let listed = queue::Page { summary: Some("A bridge opens.".to_owned()), ..page() };
        house.look(&listed).await;
        let id = article::ArticleId::of(&page().permalink);
        assert!(house.store.capture(&id).await.unwrap().is_some());
        house.serve("/world/bridge", html(bridge("")).with(name, value));
        house.look(&queue::Page { visit: queue::Visit::Day, ..listed }).await;
        assert_eq!(house.store.capture(&id).await.unwrap(), None, "{name}");
        assert_eq!(house.watched().await.summary, None, "{name}");
    }
}

#[tokio::test]
async fn responses_are_kept_unless_their_page_says_no() {
    let house = House::new().await;
    house.serve("/world/bridge", html(bridge("")).with("etag", "\"7\""));
    let article = house.article(&page()).await;
    let capture = house.store.capture(&article.id).await.unwrap().expect("kept");
    assert_eq!((capture.status, capture.observed_at), (200, article.observed_at));
    assert!(capture.headers.contains(&("etag".to_owned(), "\"7\"".to_owned())));

    let house = House::new().await;
    house.serve("/world/bridge", html(bridge("")).with("x-robots-tag", "noarchive"));
    let article = house.article(&page()).await;
    assert_eq!(article.rights.reason, CarryReason::NoArchive);
    assert_eq!(house.store.capture(&article.id).await.unwrap(), None);
}

#[tokio::test]
async fn a_page_that_could_not_be_read_is_kept_for_whoever_mends_the_reading() {
    let house = House::new().await;
    house.serve("/world/bridge", html("<title>Nothing</title><div>Hm.</div>"));
    let id = article::ArticleId::of(&page().permalink);
    assert!(house.said(&page()).await.starts_with("dead extraction"));
    assert!(house.store.capture(&id).await.unwrap().is_some());
}
