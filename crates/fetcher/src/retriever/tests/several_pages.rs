//! Articles on several pages: one article, its pages in order, each by its host's rules.

use super::house::{Answer, House, PERMALINK, arrival, delivery, html, ok, page, status};
use crate::retriever::RetrieverSettings;
use article::{Article, ArticleId, CanonicalUrl, Carry, CarryReason, Timestamp};
use queue::{Delivery, Fate, Handler, Outcome, QueueSettings, Seer, Trying};
use std::time::Duration;

/// Page `n` of the article, with `head` in its head; the last links to no next one.
fn part(n: u32, last: u32, head: &str) -> String {
    let paragraphs: String = (1..=4)
        .map(|p| format!("<p>Part {n} says in sentence {p} that the old bridge over the river was opened again.</p>"))
        .collect();
    let pages: String = (1..=last)
        .map(|p| {
            if p == 1 { "<a href=/world/bridge>1</a>".to_owned() } else { format!("<a href=/world/bridge/{p}>{p}</a>") }
        })
        .collect();
    format!(
        "<html lang=en><head><title>Bridge opened again | Aurora</title>{head}</head><body>
         <article><h1>Bridge opened again</h1><p class=standfirst>After a spring of waiting the city has it back.</p>
         {paragraphs}<p>Page {n} of {last}</p><div class=pagination>{pages}</div></article>
         <div class=newsletter><p>Subscribe to our newsletter and read it every morning with your coffee.</p></div>
         </body></html>"
    )
}

fn path(n: u32) -> String {
    if n == 1 { "/world/bridge".to_owned() } else { format!("/world/bridge/{n}") }
}

fn address(n: u32) -> String {
    format!("http://aurora.localhost{}", path(n))
}

async fn paged(last: u32, settings: RetrieverSettings) -> House {
    let house = House::with(settings).await;
    for n in 1..=last {
        house.serve(&path(n), html(part(n, last, "")));
    }
    house
}

fn text(article: &Article) -> String {
    article::plain_text(&article.blocks)
}

/// Which sentences of which pages there are, in order.
fn sentences(article: &Article) -> Vec<(u32, u32)> {
    let number = |word: Option<&str>| word.and_then(|w| w.parse().ok());
    text(article)
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ').skip(1).step_by(4);
            Some((number(words.next())?, number(words.next())?))
        })
        .collect()
}

fn pages(which: impl IntoIterator<Item = u32>) -> Vec<(u32, u32)> {
    which.into_iter().flat_map(|n| (1..=4).map(move |p| (n, p))).collect()
}

async fn kept(house: &House, n: u32) -> bool {
    let name = ArticleId::of(&CanonicalUrl::parse(&address(n)).unwrap());
    house.store.capture(&name).await.unwrap().is_some()
}

/// The same message at another delivery.
fn again(waits: u32, attempt: u32) -> Delivery {
    let before = Timestamp::now().minus(Duration::from_secs(60));
    Delivery { waits, attempt, first_seen: before, ..delivery(&page()) }
}

fn said(outcome: &Outcome) -> String {
    format!("{} {}: {}", outcome.name(), outcome.reason(), outcome.detail())
}

#[tokio::test]
async fn its_pages_are_one_article_in_order() {
    let house = paged(3, RetrieverSettings::default()).await;
    let outcome = house.decide(&page()).await;
    assert!(outcome.detail().ends_with("; joined from 3 pages"), "{}", outcome.detail());
    let article = house.article(&page()).await;
    assert_eq!(sentences(&article), pages(1..=3), "{}", text(&article));
    let lines = text(&article).lines().filter(|l| !l.is_empty()).count();
    assert_eq!(lines, 12, "no page number, no newsletter, no headline or standfirst again: {}", text(&article));
    assert_eq!(article.subtitle.as_deref(), Some("After a spring of waiting the city has it back."));
    assert_eq!(article.url.as_str(), PERMALINK);
    assert!(article.aliases.contains(&address(2)) && article.aliases.contains(&address(3)), "{:?}", article.aliases);
    assert_eq!(house.asked()[..3], [path(1), path(2), path(3)]);
    assert!(kept(&house, 1).await && kept(&house, 2).await && kept(&house, 3).await);
}

#[tokio::test]
async fn as_many_are_read_as_the_settings_say() {
    let house = paged(5, RetrieverSettings { max_pages: 3, ..RetrieverSettings::default() }).await;
    let outcome = house.decide(&page()).await;
    assert!(outcome.detail().ends_with("; joined from 3 pages, more than 3 are not read"), "{}", outcome.detail());
    assert_eq!(house.asked(), [path(1), path(2), path(3)]);
    let alone = paged(2, RetrieverSettings { max_pages: 1, ..RetrieverSettings::default() }).await;
    assert_eq!(sentences(&alone.article(&page()).await), pages([1]));
}

#[tokio::test]
async fn a_page_that_has_all_of_it_is_read_instead() {
    let house = paged(3, RetrieverSettings::default()).await;
    let all: String = (1..=3).map(|n| part(n, 3, "")).collect();
    let link = "<article><a href=/world/bridge/all>Read on one page</a>";
    house.serve("/world/bridge", html(part(1, 3, "").replace("<article>", link)));
    house.serve("/world/bridge/all", html(all));
    let article = house.article(&page()).await;
    assert_eq!(sentences(&article), pages(1..=3));
    assert_eq!(house.asked(), ["/world/bridge", "/world/bridge/all"]);

    // One that is made for printing, and not to be indexed, speaks of itself.
    let house = paged(2, RetrieverSettings::default()).await;
    house.serve(
        "/world/bridge",
        html(part(1, 2, "").replace("<article>", "<article><a href=/world/bridge/print>Print</a>")),
    );
    house.serve(
        "/world/bridge/print",
        html(part(1, 2, "<meta name=robots content=noindex>").replace("/bridge/2", "/x")),
    );
    let article = house.article(&page()).await;
    assert_eq!((sentences(&article), article.rights.carry), (pages(1..=2), Carry::Full));
}

#[tokio::test]
async fn another_article_is_no_page_of_it() {
    let next = |head: &str, title: &str| {
        let head = format!("<meta property=og:type content=article>{head}");
        html(part(9, 1, &head).replace("Bridge opened again", title))
    };
    let others: [(&str, Answer); 4] = [
        ("nothing new is on it", html(part(1, 2, ""))),
        ("it has another headline", next("", "Harbour closed for winter")),
        ("it calls another address canonical", next("<link rel=canonical href=/world/harbour>", "Bridge opened again")),
        ("it leads to another address", status(301).with("location", "/world/harbour")),
    ];
    for (why, answer) in others {
        let house = paged(2, RetrieverSettings::default()).await;
        house.serve("/world/bridge/2", answer);
        house.serve("/world/harbour", next("", "Bridge opened again"));
        let outcome = house.decide(&page()).await;
        assert!(outcome.detail().ends_with(&format!("without {}: {why}", address(2))), "{}", outcome.detail());
        assert_eq!(sentences(&house.article(&page()).await), pages([1]), "{why}");
    }
    // A blog's next article, an archive's next page, the comments': not even asked for.
    for link in ["/world/harbour", "/world/page/2", "/world/bridge/comment-page-2", "/world/bridge/2#comments"] {
        let house = House::new().await;
        let head = format!("<link rel=next href={link}>");
        house.serve(
            "/world/bridge",
            html(part(1, 1, &head).replace("</article>", &format!("</article><a href={link}>2</a>"))),
        );
        house.article(&page()).await;
        assert_eq!(house.asked(), ["/world/bridge"], "{link}");
    }
}

#[tokio::test]
async fn a_page_that_can_t_be_had_ends_it_and_one_that_fails_is_tried_again() {
    for (answer, why) in [(status(404), "the server answers 404"), (ok("application/pdf", "%PDF"), "application/pdf")] {
        let house = paged(3, RetrieverSettings::default()).await;
        house.serve("/world/bridge/3", answer);
        let outcome = house.decide(&page()).await;
        assert!(
            outcome.detail().contains("joined from 2 pages, without") && outcome.detail().contains(why),
            "{}",
            outcome.detail()
        );
        assert_eq!(sentences(&house.article(&page()).await), pages(1..=2));
    }
    let house = paged(3, RetrieverSettings::default()).await;
    house.serve("/world/bridge/3", status(500));
    for attempt in 1..=2 {
        let outcome = house.retriever.handle(&page(), &again(0, attempt)).await;
        assert!(said(&outcome).starts_with("retry server_error"), "{}", said(&outcome));
    }
    let outcome = house.retriever.handle(&page(), &again(0, 3)).await;
    assert!(outcome.detail().contains("joined from 2 pages, without"), "{}", said(&outcome));
    // What was read is not asked for again.
    assert_eq!(house.asked(), [path(1), path(2), path(3), path(3), path(3)]);
}

#[tokio::test]
async fn its_host_s_rules_hold_for_each_page() {
    let house = paged(3, RetrieverSettings::default()).await;
    house.serve("/robots.txt", html("User-agent: *\nDisallow: /world/bridge/3\n"));
    let outcome = house.decide(&page()).await;
    assert!(outcome.detail().contains("robots.txt of aurora.localhost forbids it"), "{}", outcome.detail());
    assert_eq!(house.asked(), [path(1), path(2)]);

    let house = paged(2, RetrieverSettings::default()).await;
    house.serve("/world/bridge/2", status(429).with("retry-after", "60"));
    assert!(house.said(&page()).await.starts_with("retry rate_limited"));
    let outcome = house.retriever.handle(&page(), &again(3, 1)).await;
    assert!(said(&outcome).starts_with("retry host_busy"), "it is left alone: {}", said(&outcome));
}

#[tokio::test]
async fn the_strictest_page_speaks_for_all() {
    let house = paged(3, RetrieverSettings::default()).await;
    house.serve("/world/bridge/2", html(part(2, 3, "")).with("x-robots-tag", "noarchive"));
    let article = house.article(&page()).await;
    assert_eq!((article.rights.carry, article.rights.reason), (Carry::Headline, CarryReason::NoArchive));
    assert!(article.blocks.is_empty());
    assert_eq!(house.asked(), [path(1), path(2)], "what is not carried is not asked for");
    assert!(!kept(&house, 1).await && !kept(&house, 2).await);

    let house = paged(3, RetrieverSettings::default()).await;
    house.serve("/world/bridge/3", html(part(3, 3, "<meta name=tdm-reservation content=1>")));
    let article = house.article(&page()).await;
    assert_eq!((article.rights.reason, article.blocks.len()), (CarryReason::TdmReserved, 0));
    assert!(!kept(&house, 2).await, "nothing of its text stays");

    let house = paged(3, RetrieverSettings::default()).await;
    house.put_source(Carry::Headline, false).await;
    house.article(&page()).await;
    assert_eq!(house.asked(), [path(1)]);
}

#[tokio::test]
async fn a_page_that_is_parked_goes_on_where_it_was() {
    let none = RetrieverSettings { pages_secs: 0, ..RetrieverSettings::default() };
    let house = paged(3, none).await;
    let outcome = house.decide(&page()).await;
    assert_eq!(said(&outcome), "retry host_busy: page 2 of the article and what follows is read in the next delivery");
    let mut later = house.retriever.clone();
    later.reader.settings = RetrieverSettings::default();
    let outcome = later.handle(&page(), &again(1, 1)).await;
    let article::Arrival::Seen { article } = arrival(&outcome) else { panic!("{outcome:?}") };
    assert_eq!(sentences(&article), pages(1..=3));
    assert_eq!(house.asked(), [path(1), path(2), path(3)], "its first page was kept");

    // Without captures each delivery would begin anew: after some the article goes on as it is.
    let house = paged(3, RetrieverSettings { captures: false, pages_secs: 0, ..RetrieverSettings::default() }).await;
    assert!(house.said(&page()).await.starts_with("retry host_busy"));
    let outcome = house.retriever.handle(&page(), &again(3, 1)).await;
    assert!(outcome.detail().contains("joined from 1 pages, without"), "{}", said(&outcome));
}

#[tokio::test]
async fn a_replay_reads_all_pages_from_the_bytes_as_fetched() {
    let house = paged(3, RetrieverSettings::default()).await;
    house.article(&page()).await;
    house.forget_asked();
    let replay = Delivery { replay: Some(1), replays: 1, ..delivery(&page()) };
    let outcome = house.retriever.handle(&page(), &replay).await;
    let article::Arrival::Seen { article } = arrival(&outcome) else { panic!("{outcome:?}") };
    assert_eq!(sentences(&article), pages(1..=3));
    assert_eq!(house.asked(), [""; 0], "nobody is asked");

    let seer = Trying::new(house.retriever.clone(), &QueueSettings::default());
    let foreseen = seer.foresee(&queue::Envelope::from(queue::Outgoing::new(&page()))).await;
    assert_eq!(foreseen.fate, Fate::Pass);
    assert!(foreseen.detail.contains("joined from 3 pages"), "{}", foreseen.detail);
}
