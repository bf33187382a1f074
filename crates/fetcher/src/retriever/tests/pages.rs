//! First visits.

use super::house::{House, arrival, bridge, delivery, html, page, page_at, status};
use crate::retriever::RetrieverSettings;
use article::{Arrival, ArticleId, CanonicalUrl, Timestamp};
use queue::{Handler, Lane, Outcome};
use std::time::Duration;

#[tokio::test]
async fn a_page_becomes_an_article_with_its_reasons() {
    let house = House::new().await;
    house.serve("/world/bridge", html(bridge("<meta name=author content='Ada Byron'>")));
    let outcome = house.decide(&page()).await;
    let Arrival::Seen { article } = arrival(&outcome) else { panic!("withdrawn") };
    assert_eq!(article.title, "Bridge opened again");
    assert_eq!(article.authors, ["Ada Byron"]);
    assert_eq!(article.blocks.len(), 6);
    assert_eq!(article.source_name, "Aurora");
    assert_eq!(article.section, article::Section::World);
    assert!(outcome.detail().contains("title from h1"), "{}", outcome.detail());
}

#[tokio::test]
async fn the_same_page_twice_is_the_same_message() {
    let house = House::new().await;
    house.serve("/world/bridge", html(bridge("")));
    let one = house.article(&page()).await;
    let two = house.article(&page()).await;
    assert_eq!((one.id, one.content_hash), (two.id, two.content_hash));
}

#[tokio::test]
async fn a_canonical_link_on_its_own_site_names_the_article_and_the_permalink_is_an_alias() {
    let house = House::new().await;
    house.serve("/world/bridge", html(bridge("<link rel=canonical href='/2026/bridge'>")));
    let article = house.article(&page()).await;
    assert_eq!(article.url.as_str(), "http://aurora.localhost/2026/bridge");
    assert_eq!(article.id, ArticleId::of(&article.url));
    assert_eq!(article.aliases, [super::house::PERMALINK]);
}

#[tokio::test]
async fn a_canonical_link_to_somebody_else_is_evidence_never_identity() {
    let house = House::new().await;
    house.serve("/world/bridge", html(bridge("<link rel=canonical href='https://victim.example/story'>")));
    let article = house.article(&page()).await;
    assert_eq!(article.url.as_str(), super::house::PERMALINK);
    assert_eq!(article.primary.urls, [CanonicalUrl::parse("https://victim.example/story").unwrap()]);
    assert!(!article.aliases.iter().any(|a| a.contains("victim")), "{:?}", article.aliases);
}

#[tokio::test]
async fn what_needs_no_network_is_refused_without_any() {
    let house = House::new().await;
    house.serve("/world/bridge", html(bridge("")));
    let mut old = page();
    old.published = Some(Timestamp::now().minus(Duration::from_secs(40 * 86_400)));
    assert!(house.said(&old).await.starts_with("drop too_old"));

    house.store.execute_takedown(super::house::PERMALINK, "op", Timestamp::now()).await.unwrap();
    assert!(house.said(&page()).await.starts_with("drop taken_down"));

    house.put_source(article::Carry::Full, true).await;
    assert!(house.said(&page_at("http://aurora.localhost/other")).await.starts_with("drop source_away"));
    assert_eq!(house.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn a_takedown_of_the_canonical_address_holds_for_every_way_to_it() {
    let house = House::new().await;
    house.serve("/world/bridge", html(bridge("<link rel=canonical href='/2026/bridge'>")));
    house.store.execute_takedown("http://aurora.localhost/2026/bridge", "op", Timestamp::now()).await.unwrap();
    assert!(house.said(&page()).await.starts_with("drop taken_down"));
}

#[tokio::test]
async fn robots_txt_is_asked_before_the_page() {
    let house = House::new().await;
    house.serve("/robots.txt", html("User-agent: *\nDisallow: /world/\n").with("x", "y"));
    house.serve("/world/bridge", html(bridge("")));
    assert!(house.said(&page()).await.starts_with("drop robots"));
    assert_eq!(house.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn each_answer_is_a_decision() {
    let house = House::new().await;
    let wall = html("<title>Just a moment...</title>checking your browser").status(403);
    let consent = html("<title>Before you continue</title><form>We value your privacy</form>");
    let front = html("<meta property=og:type content=website><h1>Aurora</h1><a href=/1>One</a>");
    let video =
        html("<script type='application/ld+json'>{\"@type\":\"VideoObject\",\"name\":\"x\"}</script><h1>Clip</h1>");
    for (path, answer) in [
        ("/404", status(404)),
        ("/410", status(410)),
        ("/451", status(451)),
        ("/401", status(401)),
        ("/418", status(418)),
        ("/408", status(408)),
        ("/500", status(500)),
        ("/wall", wall),
        ("/pdf", status(200).with("content-type", "application/pdf")),
        ("/consent", consent),
        ("/front", front),
        ("/video", video),
        ("/empty", html("")),
        ("/loop", status(302).with("location", "/loop")),
    ] {
        house.serve(path, answer);
    }
    let mut table = String::new();
    for path in
        ["404", "410", "451", "401", "418", "408", "500", "wall", "pdf", "consent", "front", "video", "empty", "loop"]
    {
        let mut asked = page_at(&format!("http://aurora.localhost/{path}"));
        asked.title = None;
        let outcome = house.decide(&asked).await;
        table.push_str(&format!("{path}: {} {}\n", outcome.name(), outcome.reason()));
    }
    insta::assert_snapshot!(table, @r"
    404: drop gone
    410: drop gone
    451: drop gone
    401: dead client_error
    418: dead client_error
    408: retry server_error
    500: retry server_error
    wall: dead blocked
    pdf: drop not_html
    consent: drop consent
    front: drop no_article
    video: drop not_text
    empty: dead extraction
    loop: dead redirect_loop
    ");
}

#[tokio::test]
async fn a_host_that_asks_for_rest_is_left_alone_by_everybody() {
    let house = House::new().await;
    house.serve("/world/bridge", status(429).with("retry-after", "120"));
    house.serve("/other", html(bridge("")));
    let before = Timestamp::now();
    let Outcome::Retry { reason, not_before: Some(until), .. } = house.decide(&page()).await else {
        panic!("no retry")
    };
    assert_eq!(reason, queue::RetryReason::RateLimited);
    assert!(until >= before.plus(Duration::from_secs(119)), "{until}");
    assert!(house.said(&page_at("http://aurora.localhost/other")).await.starts_with("retry host_busy"));
    assert_eq!(house.asked(), ["/world/bridge"]);
}

#[tokio::test]
async fn an_article_too_large_for_its_message_loses_its_end() {
    let limit = 4_000;
    let house = House::with(RetrieverSettings { max_message_bytes: limit, ..RetrieverSettings::default() }).await;
    let long: String = (0..100)
        .map(|n| format!("<p>Sentence {n} of a very long report that goes on and on for a while.</p>"))
        .collect();
    house.serve("/world/bridge", html(format!("<title>Long</title><article><h1>Long report</h1>{long}</article>")));
    let outcome = house.decide(&page()).await;
    let Outcome::Done(done) = &outcome else { panic!("{outcome:?}") };
    assert!(done.publish[0].body.len() <= limit + 200, "{}", done.publish[0].body.len());
    assert!(outcome.detail().contains("blocks were cut"), "{}", outcome.detail());
}

#[tokio::test]
async fn what_came_behind_the_news_goes_on_behind_the_news() {
    let house = House::new().await;
    house.serve("/world/bridge", html(bridge("")));
    let mut later = delivery(&page());
    later.lane = Lane::Later;
    let Outcome::Done(done) = house.retriever.handle(&page(), &later).await else { panic!("not done") };
    assert_eq!(done.publish[0].lane, Lane::Later);
}

#[tokio::test]
async fn a_preview_decides_the_same_and_keeps_nothing() {
    let house = House::new().await;
    house.serve("/world/bridge", html(bridge("")));
    let Arrival::Seen { article } = arrival(&house.retriever.preview(&page()).await) else { panic!("withdrawn") };
    assert_eq!(house.store.capture(&article.id).await.unwrap(), None);
}

#[tokio::test]
async fn the_longer_robots_txt_is_away_the_less_often_its_pages_lap() {
    let house = House::new().await;
    house.serve("/robots.txt", status(503));
    let page = page();
    let waits = async |waits| {
        let before = Timestamp::now();
        match house.retriever.handle(&page, &queue::Delivery { waits, ..delivery(&page) }).await {
            Outcome::Retry { not_before: Some(at), .. } => at.since(before).as_secs(),
            other => panic!("{other:?}"),
        }
    };
    let (first, later, last) = (waits(0).await, waits(6).await, waits(1_000).await);
    assert!(first < 1_800 && (1_800..3_600).contains(&later) && last >= 3_600, "{first} {later} {last}");
}
