use super::house::{House, ids, ok, permalinks, rss, status, then};
use crate::poller::PollerSettings;
use article::{ArticleId, CanonicalUrl, Timestamp};
use queue::Visit;

#[tokio::test]
async fn new_entries_become_pages_once() {
    let house = House::new().await;
    house.serve("/feed", ok(rss(&[2, 1])));
    let (pages, _) = house.poll(1).await;
    assert_eq!(permalinks(&pages), ["http://aurora.localhost/2", "http://aurora.localhost/1"]);
    let page = &pages[0];
    assert_eq!(
        (page.title.as_deref(), page.language.as_deref(), page.visit),
        (Some("Story 2"), Some("en"), Visit::First)
    );
    assert_eq!(page.source.as_str(), "aurora");

    house.serve("/feed", ok(rss(&[3, 2, 1])));
    let (pages, said) = house.poll(2).await;
    assert_eq!(permalinks(&pages), ["http://aurora.localhost/3"]);
    assert!(said.starts_with("done  3 entries: 1 new, 0 updated; next poll"), "{said}");
}

#[tokio::test]
async fn a_poll_that_dies_before_its_record_loses_nothing_behind_a_304() {
    let house = House::new().await;
    house.serve("/feed", ok(rss(&[2, 1])).with("etag", "\"a\""));
    // Killed before the pages were confirmed, and between confirm and record: both times nothing is recorded.
    let first = house.decide(1).await;
    let again = house.decide(1).await;
    let later = house.decide(2).await;
    assert_eq!(ids(&first).len(), 2);
    assert_eq!(ids(&first), ids(&again));
    assert_eq!(ids(&first), ids(&later));
    assert_eq!(house.state().await.etag, None);

    then(later).unwrap().run().await.unwrap();
    let (pages, said) = house.poll(3).await;
    assert!(pages.is_empty() && said.contains("not modified"), "{said}");
    let state = house.state().await;
    assert_eq!((state.etag.as_deref(), state.last_status), (Some("\"a\""), Some(304)));
}

#[tokio::test]
async fn a_poll_that_has_finished_is_stale() {
    let house = House::new().await;
    house.serve("/feed", ok(rss(&[1])));
    house.poll(5).await;
    for due in [4, 5] {
        let (pages, said) = house.poll(due).await;
        assert!(pages.is_empty() && said.starts_with("drop stale"), "{said}");
    }
}

#[tokio::test]
async fn a_paused_or_removed_source_is_away() {
    let house = House::new().await;
    house.serve("/feed", ok(rss(&[1])));
    house.put_source(super::house::FEED, true).await;
    assert!(house.poll(1).await.1.starts_with("drop source_away"));
    house.store.remove_source(&super::house::source_id()).await.unwrap();
    assert!(house.poll(2).await.1.starts_with("drop source_away"));
}

#[tokio::test]
async fn an_entry_whose_date_of_change_moved_is_looked_at_again() {
    let atom = |updated: &str| {
        ok(format!(
            "<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>T</title><link href='/a'/><published>2026-01-01T00:00:00Z</published><updated>{updated}</updated></entry></feed>"
        ))
    };
    let house = House::new().await;
    house.serve("/feed", atom("2026-01-01T00:00:00Z"));
    assert_eq!(house.poll(1).await.0[0].visit, Visit::First);
    house.serve("/feed", atom("2026-01-02T00:00:00Z"));
    let (pages, _) = house.poll(2).await;
    assert_eq!(
        (pages[0].visit, pages[0].updated.unwrap().rfc3339()),
        (Visit::Updated, "2026-01-02T00:00:00Z".to_owned())
    );
    house.serve("/feed", atom("2026-01-01T12:00:00Z"));
    assert!(house.poll(3).await.0.is_empty());
    // A feed that stamps every entry with the time of asking would have all its pages fetched at each poll.
    house.serve("/feed", atom(&Timestamp::now().rfc3339()));
    assert!(house.poll(4).await.0.is_empty());
}

#[tokio::test]
async fn a_failure_is_kept_in_the_feeds_state_and_backs_off() {
    let house = House::new().await;
    house.serve("/feed", ok("<html><head><title>Login</title></head></html>"));
    let (_, said) = house.poll(1).await;
    assert!(said.starts_with("drop feed_broken there is a web page instead of a feed (“Login”)"), "{said}");
    let first = house.state().await;
    assert_eq!((first.failures, first.last_status, first.finished_due), (1, Some(200), Some(Timestamp::from_secs(1))));
    assert!(first.last_error.unwrap().contains("web page"));
    house.serve("/feed", status(500));
    house.poll(2).await;
    let second = house.state().await;
    assert_eq!((second.failures, second.last_status), (2, Some(500)));
    let wait = |s: (Option<Timestamp>, Timestamp)| s.1.since(s.0.unwrap()).as_secs();
    assert_eq!(wait((first.last_polled, first.next_due)), 300);
    assert_eq!(wait((second.last_polled, second.next_due)), 600);

    house.serve("/feed", ok(rss(&[1])));
    assert_eq!(house.poll(3).await.0.len(), 1);
    let healed = house.state().await;
    assert_eq!((healed.failures, healed.last_error), (0, None));
}

#[tokio::test]
async fn a_failure_keeps_the_validators() {
    let house = House::new().await;
    house.serve("/feed", ok(rss(&[1])).with("etag", "\"a\""));
    house.poll(1).await;
    house.serve("/feed", status(404));
    assert!(house.poll(2).await.1.contains("404"));
    assert_eq!(house.state().await.etag.as_deref(), Some("\"a\""));
}

#[tokio::test]
async fn a_host_that_asks_for_peace_gets_it() {
    let house = House::new().await;
    house.serve("/feed", status(429).with("retry-after", "1200"));
    let (_, said) = house.poll(1).await;
    assert!(said.contains("asks to be left alone (429)"), "{said}");
    let state = house.state().await;
    assert_eq!(state.next_due.since(state.last_polled.unwrap()).as_secs().abs_diff(1200), 0);
    // The host's slots stand still for everybody: another poll parks.
    let (_, said) = house.poll(2).await;
    assert!(said.starts_with("retry host_busy"), "{said}");
}

#[tokio::test]
async fn gone_retires_the_feed() {
    let house = House::new().await;
    house.serve("/feed", status(410));
    assert!(house.poll(1).await.1.starts_with("drop feed_broken the feed is gone (410)"));
    assert!(house.state().await.retired);
    assert!(house.poll(2).await.1.contains("retired"));
}

#[tokio::test]
async fn a_feed_that_moved_for_good_is_asked_there() {
    let house = House::new().await;
    house.serve("/feed", status(301).with("location", "/new"));
    house.serve("/new", ok(rss(&[1])));
    assert_eq!(house.poll(1).await.0.len(), 1);
    assert_eq!(house.state().await.url, "http://aurora.localhost/new");
    house.serve("/feed", status(500));
    assert!(house.poll(2).await.1.starts_with("done"));
    // A move to what is no feed is not believed.
    house.serve("/new", status(308).with("location", "/login"));
    house.serve("/login", ok("<html></html>"));
    assert!(house.poll(3).await.1.starts_with("drop feed_broken"));
    assert_eq!(house.state().await.url, "http://aurora.localhost/new");
}

#[tokio::test]
async fn a_cut_feed_gives_its_whole_entries_and_no_validator() {
    let house = House::new().await;
    let whole = rss(&[2, 1]);
    let cut = &whole[..whole.find("Story 1").unwrap()];
    house.serve("/feed", ok(cut).with("etag", "\"a\""));
    let (pages, said) = house.poll(1).await;
    assert_eq!(permalinks(&pages), ["http://aurora.localhost/2"]);
    assert!(said.contains("cut off"), "{said}");
    assert_eq!(house.state().await.etag, None);
    house.serve("/feed", ok(whole).with("etag", "\"a\""));
    assert_eq!(permalinks(&house.poll(2).await.0), ["http://aurora.localhost/1"]);
}

#[tokio::test]
async fn a_first_poll_takes_the_newest_and_counts_the_rest_as_seen() {
    let settings =
        PollerSettings { first_poll_pages: 2, pages_per_poll: 1, max_age_days: 0, ..PollerSettings::default() };
    let house = House::with(settings).await;
    house.serve("/feed", ok(rss(&[1, 4, 3, 2])).with("etag", "\"a\""));
    assert_eq!(permalinks(&house.poll(1).await.0), ["http://aurora.localhost/4", "http://aurora.localhost/3"]);
    assert_eq!(house.state().await.etag.as_deref(), Some("\"a\""));

    // Later, what is beyond the bound waits for the next poll, which comes soon and without a validator.
    house.serve("/feed", ok(rss(&[1, 4, 3, 2, 5, 6])).with("etag", "\"b\""));
    let (pages, said) = house.poll(2).await;
    assert_eq!(permalinks(&pages), ["http://aurora.localhost/6"]);
    assert!(said.contains("1 left for the next poll"), "{said}");
    let state = house.state().await;
    assert_eq!((state.etag, state.next_due.since(state.last_polled.unwrap()).as_secs()), (None, 120));
    assert_eq!(permalinks(&house.poll(3).await.0), ["http://aurora.localhost/5"]);
}

#[tokio::test]
async fn entries_older_than_news_are_seen_not_fetched() {
    let house = House::with(PollerSettings::default()).await;
    let fresh = Timestamp::now().rfc2822();
    let body = format!(
        "<rss><item><title>Old</title><link>/old</link><pubDate>1 Jan 2020 09:00:00 GMT</pubDate></item><item><title>New</title><link>/new</link><pubDate>{fresh}</pubDate></item><item><title>Undated</title><link>/undated</link></item></rss>"
    );
    house.serve("/feed", ok(body));
    let (pages, said) = house.poll(1).await;
    assert_eq!(permalinks(&pages), ["http://aurora.localhost/new", "http://aurora.localhost/undated"]);
    assert!(said.contains("1 too old"), "{said}");
}

#[tokio::test]
async fn what_was_taken_down_is_not_fetched_again() {
    let house = House::new().await;
    house.serve("/feed", ok(rss(&[2, 1])));
    let url = "http://aurora.localhost/2";
    house.store.execute_takedown(url, "tester", Timestamp::now()).await.unwrap();
    let gone = ArticleId::of(&CanonicalUrl::parse(url).unwrap());
    assert_eq!(house.store.tombstoned(std::slice::from_ref(&gone)).await.unwrap(), [gone]);
    assert_eq!(permalinks(&house.poll(1).await.0), ["http://aurora.localhost/1"]);
}

#[tokio::test]
async fn a_sitemap_index_is_read_with_its_newest_sitemaps() {
    let house =
        House::with(PollerSettings { sitemaps_per_poll: 2, max_age_days: 0, ..PollerSettings::default() }).await;
    let index: String =
        (1..=4).map(|n| format!("<sitemap><loc>/map{n}.xml</loc><lastmod>2026-01-0{n}</lastmod></sitemap>")).collect();
    house.serve("/feed", ok(format!("<sitemapindex>{index}</sitemapindex>")).with("etag", "\"a\""));
    for n in [1, 2, 3] {
        house.serve(&format!("/map{n}.xml"), ok(format!("<urlset><url><loc>/{n}</loc></url></urlset>")));
    }
    // The newest does not answer, and then lists more from time to time, while the index stays as it is: nothing of it
    // must hide behind the index's validator.
    let (pages, _) = house.poll(1).await;
    assert_eq!(permalinks(&pages), ["http://aurora.localhost/3"]);
    house.serve("/map4.xml", ok("<urlset><url><loc>/4</loc></url></urlset>"));
    assert_eq!(permalinks(&house.poll(2).await.0), ["http://aurora.localhost/4"]);
    assert_eq!(house.state().await.etag, None);
    house.serve("/map4.xml", ok("<urlset><url><loc>/4</loc></url><url><loc>/5</loc></url></urlset>"));
    assert_eq!(permalinks(&house.poll(3).await.0), ["http://aurora.localhost/5"]);
}

#[tokio::test]
async fn a_feed_larger_than_the_bound_says_which_setting() {
    let house = House::with(PollerSettings { max_bytes: 1_000, ..PollerSettings::default() }).await;
    house.serve("/feed", ok(" ".repeat(1_001)));
    let (_, said) = house.poll(1).await;
    assert!(said.starts_with("drop feed_broken") && said.contains("poller.max_bytes"), "{said}");
    house.serve("/feed", ok(""));
    assert!(house.poll(2).await.1.contains("the feed is empty"));
}
