//! Opting out reaches back to what was published before.

use super::house::{Answer, House, PERMALINK, bridge, html, page};
use crate::rejudge::{Rejudge, RejudgeSettings, Round};
use crate::sent_pages::{PATIENCE, taken, waiting};
use article::{Arrival, Article, Carry, CarryReason, Timestamp};
use queue::{Belt, Lane, Page, Queue, QueueName, QueueSettings, Visit};
use std::time::Duration;
use store::StoredArticle;
use telemetry::Health;
use web::{Robots, RobotsSettings};

const MONTH: Duration = Duration::from_secs(30 * 86_400);

/// A house with an article that was published a month ago.
async fn a_month_ago(head: &str) -> House {
    let house = House::new().await;
    house.serve("/world/bridge", html(bridge(head)));
    let article = house.article(&page()).await;
    house.publish(Article { observed_at: article.observed_at.minus(MONTH), ..article }).await;
    house.forget_asked();
    house
}

async fn stored(house: &House) -> StoredArticle {
    house.store.article_by_url(PERMALINK).await.unwrap().unwrap()
}

struct Court {
    rejudge: Rejudge,
    queue: Queue,
    _folder: tempfile::TempDir,
}

impl Court {
    /// A process that was started since: it remembers no file of the hosts.
    async fn of(house: &House) -> Self {
        Self::with(house, RejudgeSettings::default()).await
    }

    async fn with(house: &House, settings: RejudgeSettings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("queue.db").display());
        let queue = Queue::open(&QueueSettings { url, ..QueueSettings::default() }, Health::new()).await.unwrap();
        let (client, politeness) = (house.client.clone(), house.politeness.clone());
        let robots = Robots::new(client.clone(), politeness.clone(), RobotsSettings::default());
        let rejudge =
            Rejudge::new(house.store.clone(), queue.clone(), client, robots.into(), politeness, true, settings);
        Self { rejudge, queue, _folder: folder }
    }

    /// Puts what was sent on the site, as deduplicator and publisher would.
    async fn carry_out(&self, house: &House, count: usize) {
        let mut sent = self.queue.consume(QueueName::Belt(Belt::Articles, Lane::Later), 9).await.unwrap();
        for n in 0..count {
            let Ok(delivery) = tokio::time::timeout(PATIENCE, sent.next()).await else {
                panic!("of {count} articles that should be carried less of, {n} were sent")
            };
            let delivery = delivery.unwrap();
            house.apply(serde_json::from_slice::<Arrival>(&delivery.envelope.body).unwrap()).await;
            delivery.ack().await.unwrap();
        }
    }
}

/// The article's text is off the site for this reason, and `explain` can say in which words.
async fn check_gone(house: &House, reason: CarryReason, words: &str) {
    let stored = stored(house).await.article;
    assert_eq!((stored.rights.carry, stored.rights.reason), (Carry::Headline, reason));
    assert_eq!((stored.title.as_str(), stored.has_text()), ("Bridge opened again", false));
    assert!(house.store.search("paragraph", 9).await.unwrap().is_empty());
    assert_eq!(house.store.capture(&stored.id).await.unwrap(), None);
    let decided = house.store.decisions(PERMALINK).await.unwrap();
    let said = decided.last().unwrap();
    assert_eq!((said.stage.as_str(), said.reason.as_str()), ("rejudge", reason.as_str()));
    assert!(said.detail.contains(words), "{}", said.detail);
}

#[tokio::test]
async fn a_site_that_turns_to_no_a_month_after_publication() {
    let no: [(&str, Answer, CarryReason, &str); 3] = [
        (
            "/robots.txt",
            html("User-agent: *\nDisallow: /world/\n"),
            CarryReason::Robots,
            "robots.txt of aurora.localhost",
        ),
        (
            "/robots.txt",
            html("User-agent: *\nAllow: /\nContent-Usage: bots=n\n"),
            CarryReason::ContentUsage,
            "Content-Usage: bots=n",
        ),
        (
            "/.well-known/tdmrep.json",
            html(r#"[{"location":"/world/*","tdm-reservation":1}]"#),
            CarryReason::TdmReserved,
            "tdm-reservation: 1",
        ),
    ];
    for (path, answer, reason, words) in no {
        let house = a_month_ago("").await;
        assert!(stored(&house).await.article.has_text());
        house.serve(path, answer);
        let court = Court::of(&house).await;
        let now = Timestamp::now();
        assert_eq!(court.rejudge.tick(now).await.unwrap(), Round::Judged { articles: 1, narrowed: 1 });
        court.carry_out(&house, 1).await;
        check_gone(&house, reason, words).await;
        assert_eq!(house.asked(), Vec::<String>::new(), "no page is fetched");
        // The pass is at its end; the next finds nothing more to take.
        assert_eq!(court.rejudge.tick(now).await.unwrap(), Round::Nothing);
        let next = now.plus(RejudgeSettings::default().every());
        assert_eq!(court.rejudge.tick(next).await.unwrap(), Round::Nothing);
    }
}

#[tokio::test]
async fn an_operators_stricter_setting_reaches_back_too() {
    let house = a_month_ago("").await;
    house.put_source(Carry::Headline, false).await;
    let court = Court::of(&house).await;
    let round = court.rejudge.tick(Timestamp::now()).await.unwrap();
    court.carry_out(&house, 1).await;
    assert_eq!(round, Round::Judged { articles: 1, narrowed: 1 });
    check_gone(&house, CarryReason::Source, "the source's carry is headline").await;
}

#[tokio::test]
async fn what_is_as_free_as_before_stays() {
    let house = a_month_ago("").await;
    // Another path's no, and a host that fails, are no no.
    house.serve("/robots.txt", html("User-agent: *\nDisallow: /sport/\n"));
    house.serve("/.well-known/tdmrep.json", super::house::status(500));
    let court = Court::of(&house).await;
    let round = court.rejudge.tick(Timestamp::now()).await.unwrap();
    assert_eq!(round, Round::Judged { articles: 1, narrowed: 0 });
    house.serve("/robots.txt", super::house::status(500));
    let court = Court::of(&house).await;
    let next = Timestamp::now().plus(RejudgeSettings::default().every());
    assert_eq!(court.rejudge.tick(next).await.unwrap(), Round::Nothing, "the end of the first pass");
    let next = next.plus(RejudgeSettings::default().every());
    assert_eq!(court.rejudge.tick(next).await.unwrap(), Round::Judged { articles: 1, narrowed: 0 });
    assert!(stored(&house).await.article.has_text());
}

#[tokio::test]
async fn a_text_goes_at_the_time_that_its_publisher_set() {
    let house = House::new().await;
    let head = "<meta name=robots content='unavailable_after: 2099-01-01T00:00:00Z'>";
    house.serve("/world/bridge", html(bridge(head)));
    house.look(&page()).await;
    let until = Timestamp::parse_rfc3339("2099-01-01T00:00:00Z").unwrap();
    assert_eq!(stored(&house).await.article.rights.until, Some(until));
    let court = Court::of(&house).await;
    assert_eq!(court.rejudge.expire(until.minus(Duration::from_secs(1))).await.unwrap(), 0);
    assert_eq!(court.rejudge.expire(until).await.unwrap(), 1);
    court.carry_out(&house, 1).await;
    check_gone(&house, CarryReason::UnavailableAfter, "unavailable_after 2099-01-01").await;
    assert_eq!(court.rejudge.expire(until.plus(MONTH)).await.unwrap(), 0);
    // The next look asks in full: its validators were the full text's.
    assert_eq!(house.store.validators(&stored(&house).await.article.id).await.unwrap().etag, None);
}

/// A publisher with so many newer articles, on each of which this stands in the head.
async fn newer(house: &House, count: u32, head: &str) {
    for n in 0..count {
        let path = format!("/world/newer-{n}");
        let text = bridge(head).replace("Bridge opened again", &format!("Story number {n} of the day"));
        house.serve(&path, html(text.replace("the old bridge", &format!("bridge number {n}"))).with("etag", "1"));
        house.look(&super::house::page_at(&format!("http://aurora.localhost{path}"))).await;
    }
}

#[tokio::test]
async fn where_a_publishers_newest_pages_all_say_no_older_ones_are_looked_at_again() {
    let house = a_month_ago("").await;
    newer(&house, 5, "<meta name=robots content=noarchive>").await;
    house.serve("/world/bridge", html(bridge("<meta name=robots content=noarchive>")));
    house.forget_asked();
    let court = Court::of(&house).await;
    let now = Timestamp::now();
    let round = court.rejudge.tick(now).await.unwrap();
    assert_eq!(round, Round::Judged { articles: 1, narrowed: 0 }, "nobody has asked it yet");
    let pages = taken(&court.queue, 1).await;
    assert_eq!((pages[0].permalink.as_str(), pages[0].visit), (PERMALINK, Visit::Week));
    house.look(&pages[0]).await;
    let stored = stored(&house).await.article;
    assert_eq!((stored.rights.carry, stored.rights.reason), (Carry::Headline, CarryReason::NoArchive));
    // All of it has been looked at: not again before a month is over.
    let later = now.plus(RejudgeSettings::default().every());
    assert_eq!(court.rejudge.look_again(later).await.unwrap(), 0);
    assert_eq!(court.rejudge.look_again(later.plus(MONTH)).await.unwrap(), 0);
    assert_eq!(waiting(&court.queue).await, 0);
}

#[tokio::test]
async fn it_goes_on_through_all_that_is_carried_a_few_at_a_time() {
    let house = House::new().await;
    newer(&house, 4, "").await;
    for n in 4..9 {
        let path = format!("/world/late-{n}");
        let text = bridge("<meta name=robots content=noarchive>").replace("again", &format!("again on day {n}"));
        house.serve(&path, html(text));
        house.look(&super::house::page_at(&format!("http://aurora.localhost{path}"))).await;
    }
    let settings = RejudgeSettings { looks: 3, ..RejudgeSettings::default() };
    let court = Court::with(&house, settings.clone()).await;
    let now = Timestamp::now();
    court.rejudge.tick(now).await.unwrap();
    let mut seen = taken(&court.queue, 3).await;
    let next = now.plus(Duration::from_secs(settings.looks_every_secs));
    assert_eq!(court.rejudge.look_again(now).await.unwrap(), 0, "not all at once");
    assert_eq!(court.rejudge.look_again(next).await.unwrap(), 1);
    seen.extend(taken(&court.queue, 1).await);
    let names: std::collections::BTreeSet<&str> = seen.iter().map(|p| p.permalink.as_str()).collect();
    assert_eq!(names.len(), 4);
    // In full: not every server says in a 304 what it says of its pages.
    let id = article::ArticleId::of(&seen[0].permalink);
    assert_eq!(house.store.validators(&id).await.unwrap().etag, None);
}

#[tokio::test]
async fn one_pages_no_is_its_own() {
    for (count, head) in [
        (4, "<meta name=robots content=noarchive>"),
        (5, ""),
        (5, "<meta property=article:content_tier content=locked>"),
    ] {
        let house = a_month_ago("").await;
        newer(&house, count, head).await;
        let court = Court::of(&house).await;
        court.rejudge.tick(Timestamp::now()).await.unwrap();
        assert_eq!(waiting(&court.queue).await, 0, "{count} {head}");
    }
    let house = a_month_ago("").await;
    newer(&house, 4, "<meta name=robots content=noarchive>").await;
    house.serve("/world/last", html(bridge("").replace("again", "again for all").replace("river", "stream")));
    house.look(&super::house::page_at("http://aurora.localhost/world/last")).await;
    let court = Court::of(&house).await;
    court.rejudge.tick(Timestamp::now()).await.unwrap();
    assert_eq!(waiting(&court.queue).await, 0, "the newest is free");
}

#[tokio::test]
async fn a_page_that_is_as_it_was_may_say_no_in_its_headers() {
    let house = House::new().await;
    house.serve("/world/bridge", html(bridge("")).with("etag", "1"));
    house.look(&page()).await;
    house.serve("/world/bridge", html(bridge("")).with("etag", "1"));
    let again = Page { visit: Visit::Day, ..page() };
    assert_eq!(house.decide(&again).await.reason(), "unchanged");
    house.serve("/world/bridge", html(bridge("")).with("etag", "1").with("x-robots-tag", "noarchive"));
    let outcome = house.look(&again).await;
    assert!(outcome.detail().contains("its headers say X-Robots-Tag: noarchive"), "{}", outcome.detail());
    let article = stored(&house).await.article;
    assert_eq!((article.rights.carry, article.has_text()), (Carry::Headline, false));
    assert_eq!(house.store.capture(&article.id).await.unwrap(), None);
    assert_eq!(house.decide(&again).await.reason(), "unchanged");
}
