//! Sources, feeds and entries.

use super::{article, minute, put, source, text};
use crate::{EntryKey, EntryStatus, PollRecord, Store};
use article::{ArticleId, CanonicalUrl, Feed, FeedId, Origin, Section, SourceId, Timestamp};
use std::collections::BTreeSet;
use std::time::Duration;

const LEASE: Duration = Duration::from_secs(120);

fn entry(n: i64, updated: Option<Timestamp>) -> EntryKey {
    let url = CanonicalUrl::parse(&format!("https://one.example/{n}")).unwrap();
    EntryKey { article: ArticleId::of(&url), updated }
}

fn record(feed: &FeedId, due: Timestamp, at: Timestamp) -> PollRecord {
    PollRecord {
        feed: feed.clone(),
        due,
        at,
        next_due: at.plus(Duration::from_secs(900)),
        interval_secs: 900,
        status: Some(200),
        error: None,
        etag: Some("\"v1\"".to_owned()),
        last_modified: None,
        moved_to: None,
        retired: false,
        seen: Vec::new(),
        new_entries: 0,
    }
}

/// Far enough in the future that whatever was put just now is due.
fn soon() -> Timestamp {
    Timestamp::now().plus(Duration::from_secs(60))
}

pub async fn a_source_comes_back_as_it_was_put(store: &Store) {
    let mut a = source("le-monde", &["https://one.example/rss", "https://one.example/sport"]);
    a.section = Some(Section::Politics);
    a.language = Some("fr".to_owned());
    a.country = Some("FR".to_owned());
    a.origin = Origin::File;
    a.feeds[1].section = Some(Section::Sport);
    assert!(store.put_source(&a).await.unwrap());
    assert!(!store.put_source(&a).await.unwrap());
    assert_eq!(store.source(&a.id).await.unwrap().as_ref(), Some(&a));
    let state = store.feed_state(&a.feeds[1].id).await.unwrap().unwrap();
    assert_eq!((state.section, state.source.as_str(), state.failures), (Some(Section::Sport), "le-monde", 0));

    a.feeds.remove(0);
    a.paused = true;
    store.put_source(&a).await.unwrap();
    assert_eq!(store.sources().await.unwrap(), [a.clone()]);
    assert!(store.feed_state(&FeedId::of("https://one.example/rss")).await.unwrap().is_none());
    assert!(store.pause_source(&a.id, false).await.unwrap());
    assert!(!store.source(&a.id).await.unwrap().unwrap().paused);
    assert!(store.remove_source(&a.id).await.unwrap());
    assert!(!store.remove_source(&a.id).await.unwrap());
    assert!(store.feed_state(&a.feeds[0].id).await.unwrap().is_none());
}

pub async fn feeds_are_leased_once(store: &Store) {
    let a = source("one", &["https://one.example/rss", "https://one.example/atom"]);
    store.put_source(&a).await.unwrap();
    let mut paused = source("two", &["https://two.example/rss"]);
    paused.paused = true;
    store.put_source(&paused).await.unwrap();
    let now = soon();
    let first = store.claim_due_feeds(now, 1, LEASE).await.unwrap();
    let second = store.claim_due_feeds(now, 5, LEASE).await.unwrap();
    assert_eq!((first.len(), second.len()), (1, 1));
    assert_ne!(first[0].feed, second[0].feed);
    assert!(store.claim_due_feeds(now, 5, LEASE).await.unwrap().is_empty());
    store.release_feeds(&[first[0].feed.clone()]).await.unwrap();
    assert_eq!(store.claim_due_feeds(now, 5, LEASE).await.unwrap(), first, "given back");
    assert_eq!(store.claim_due_feeds(now.plus(LEASE), 5, LEASE).await.unwrap().len(), 2, "the leases have ended");
}

pub async fn concurrent_schedulers_never_get_the_same_feed(store: &Store) {
    let urls: Vec<String> = (0..120).map(|n| format!("https://p{n}.example/rss")).collect();
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    store.put_source(&source("many", &urls)).await.unwrap();
    let now = soon();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let store = store.clone();
        tasks.spawn(async move {
            let mut mine = Vec::new();
            loop {
                let claimed = store.claim_due_feeds(now, 7, LEASE).await.unwrap();
                if claimed.is_empty() {
                    return mine;
                }
                mine.extend(claimed.into_iter().map(|d| d.feed));
            }
        });
    }
    let all: Vec<FeedId> = tasks.join_all().await.into_iter().flatten().collect();
    assert_eq!(all.len(), all.iter().collect::<BTreeSet<_>>().len(), "none twice");
    // A scheduler that skipped others' rows may have seen none left a moment too early; nothing is lost by that.
    let left = store.claim_due_feeds(now, 1000, LEASE).await.unwrap();
    assert_eq!(all.len() + left.len(), 120);
}

pub async fn a_shared_feed_is_polled_once(store: &Store) {
    let shared = "https://wire.example/rss";
    store.put_source(&source("beta", &[shared])).await.unwrap();
    store.put_source(&source("alpha", &[shared])).await.unwrap();
    let due = store.claim_due_feeds(soon(), 10, LEASE).await.unwrap();
    assert_eq!((due.len(), due[0].source.as_str()), (1, "alpha"));
    store.release_feeds(&[due[0].feed.clone()]).await.unwrap();
    store.pause_source(&due[0].source, true).await.unwrap();
    let due = store.claim_due_feeds(soon(), 10, LEASE).await.unwrap();
    assert_eq!(due[0].source.as_str(), "beta", "a paused source does not stop the others'");
    let state = store.feed_state(&due[0].feed).await.unwrap().unwrap();
    assert_eq!(state.source.as_str(), "beta", "nor does what the feed lists go to it");
    store.remove_source(&due[0].source).await.unwrap();
    assert!(store.feed_state(&due[0].feed).await.unwrap().is_some(), "another source lists it");
}

pub async fn polls_are_recorded_by_age(store: &Store) {
    let a = source("one", &["https://one.example/rss"]);
    store.put_source(&a).await.unwrap();
    let feed = &a.feeds[0].id;
    let due = store.claim_due_feeds(soon(), 1, LEASE).await.unwrap()[0].due;
    let at = due.plus(Duration::from_secs(5));
    let mut poll = record(feed, due, at);
    poll.seen = vec![entry(1, None), entry(2, None)];
    poll.new_entries = 2;
    poll.moved_to = Some("https://one.example/new-rss".to_owned());
    assert!(store.finish_poll(&poll).await.unwrap());
    assert!(store.finish_poll(&poll).await.unwrap(), "redelivered");
    let state = store.feed_state(feed).await.unwrap().unwrap();
    assert_eq!(
        (state.etag.as_deref(), state.last_new_entry, state.next_due),
        (Some("\"v1\""), Some(at), poll.next_due)
    );
    assert_eq!((state.url.as_str(), state.finished_due), ("https://one.example/new-rss", Some(due)));
    assert_eq!(store.sources().await.unwrap(), std::slice::from_ref(&a), "its listed address stays its name");

    // A failure keeps the validators and counts once, however often its record is written.
    let mut failed = record(feed, poll.next_due, at.plus(Duration::from_secs(900)));
    (failed.status, failed.error, failed.etag) = (Some(500), Some("server error".to_owned()), None);
    assert!(store.finish_poll(&failed).await.unwrap());
    assert!(store.finish_poll(&failed).await.unwrap());
    let state = store.feed_state(feed).await.unwrap().unwrap();
    assert_eq!((state.failures, state.etag.as_deref(), state.last_success), (1, Some("\"v1\""), Some(at)));
    assert_eq!(state.last_error.as_deref(), Some("server error"));

    let stale = record(feed, due, at.plus(Duration::from_secs(5000)));
    assert!(!store.finish_poll(&stale).await.unwrap());
    assert_eq!(store.feed_state(feed).await.unwrap().unwrap(), state, "an older poll changes nothing");

    let mut unchanged = record(feed, failed.next_due, failed.next_due);
    (unchanged.status, unchanged.etag) = (Some(304), None);
    store.finish_poll(&unchanged).await.unwrap();
    let state = store.feed_state(feed).await.unwrap().unwrap();
    assert_eq!((state.failures, state.etag.as_deref()), (0, Some("\"v1\"")));

    let mut gone = record(feed, unchanged.next_due, unchanged.next_due);
    gone.retired = true;
    store.finish_poll(&gone).await.unwrap();
    let later = gone.next_due.plus(Duration::from_secs(86_400));
    assert!(store.claim_due_feeds(later, 1, LEASE).await.unwrap().is_empty());
    assert!(store.poll_now(feed).await.unwrap());
    assert_eq!(store.claim_due_feeds(later, 1, LEASE).await.unwrap().len(), 1);
    assert!(!store.poll_now(&FeedId::of("https://nobody.example/")).await.unwrap());
}

pub async fn entries_cost_one_fetch(store: &Store) {
    let a = source("one", &["https://one.example/rss", "https://one.example/atom"]);
    store.put_source(&a).await.unwrap();
    let due = soon();
    let mut poll = record(&a.feeds[0].id, due, minute(10));
    poll.seen = vec![entry(1, Some(minute(1))), entry(2, None), entry(2, None)];
    store.finish_poll(&poll).await.unwrap();
    let ask = [entry(3, None), entry(2, Some(minute(9))), entry(1, Some(minute(2))), entry(1, Some(minute(1)))];
    let statuses = store.entry_statuses(&ask).await.unwrap();
    assert_eq!(statuses, [EntryStatus::New, EntryStatus::Seen, EntryStatus::Updated, EntryStatus::Seen]);

    // Another feed lists it with a newer date, then an old copy of the first feed comes by.
    let mut other = record(&a.feeds[1].id, due, minute(20));
    other.seen = vec![entry(1, Some(minute(2)))];
    store.finish_poll(&other).await.unwrap();
    poll.due = due.plus(Duration::from_secs(1));
    store.finish_poll(&poll).await.unwrap();
    assert_eq!(store.entry_statuses(&[entry(1, Some(minute(2)))]).await.unwrap(), [EntryStatus::Seen]);

    assert_eq!(store.prune_entries(minute(15)).await.unwrap(), 1);
    let statuses = store.entry_statuses(&[entry(1, None), entry(2, None)]).await.unwrap();
    assert_eq!(statuses, [EntryStatus::Seen, EntryStatus::New]);
    let many: Vec<EntryKey> = (0..1_000).map(|n| entry(n, None)).collect();
    poll.due = due.plus(Duration::from_secs(2));
    poll.seen.clone_from(&many);
    store.finish_poll(&poll).await.unwrap();
    assert!(store.entry_statuses(&many).await.unwrap().iter().all(|s| *s == EntryStatus::Seen));
}

pub async fn the_worst_feed_comes_first(store: &Store) {
    let feeds = ["https://one.example/rss", "https://two.example/rss", "https://three.example/rss"];
    for (name, url) in ["one.example", "two.example", "three.example"].into_iter().zip(feeds) {
        store.put_source(&source(name, &[url])).await.unwrap();
    }
    let poll = |url: &str, error: Option<&str>, new: u32, at: Timestamp| {
        let mut poll = record(&FeedId::of(url), at, at);
        poll.error = error.map(str::to_owned);
        poll.new_entries = new;
        poll
    };
    store.finish_poll(&poll(feeds[0], None, 3, minute(10))).await.unwrap();
    store.finish_poll(&poll(feeds[1], Some("refused"), 0, minute(10))).await.unwrap();
    store.finish_poll(&poll(feeds[2], None, 1, minute(5))).await.unwrap();
    put(store, &article("one.example", "a", minute(9), &text("lake", 40))).await;
    let health = store.feed_health(minute(20)).await.unwrap();
    let names: Vec<&str> = health.iter().map(|h| h.source_name.as_str()).collect();
    assert_eq!(names, ["two.example", "three.example", "one.example"]);
    assert_eq!((health[2].articles_week, health[2].last_article), (1, Some(minute(9))));
    let feed = Feed::new(feeds[1], None);
    assert_eq!(health[0].state, store.feed_state(&feed.id).await.unwrap().unwrap());
}

pub async fn a_source_is_silent_by_its_own_rhythm(store: &Store) {
    let hour = |n: i64| minute(n * 60);
    for name in ["daily.example", "hourly.example", "rare.example"] {
        store.put_source(&source(name, &[&format!("https://{name}/rss")])).await.unwrap();
    }
    for n in 0..5 {
        put(store, &article("hourly.example", &format!("h{n}"), hour(n), &text(&format!("lake{n}x"), 40))).await;
        put(store, &article("daily.example", &format!("d{n}"), hour(24 * n), &text(&format!("hill{n}x"), 40))).await;
    }
    put(store, &article("rare.example", "r", hour(0), &text("wood", 40))).await;

    let at = async |time: Timestamp| {
        let health = store.feed_health(time).await.unwrap();
        health.into_iter().map(|h| (h.source_name, h.usual_gap_secs, h.silent)).collect::<Vec<_>>()
    };
    let (hourly, daily) = (Some(3_600), Some(86_400));
    let named = |name: &str, gap, silent| (name.to_owned(), gap, silent);
    let quiet = at(hour(28)).await;
    assert!(quiet.contains(&named("hourly.example", hourly, false)), "a night is no silence: {quiet:?}");
    let silent = at(hour(24 * 5)).await;
    assert_eq!(silent[0], named("hourly.example", hourly, true), "the silent come first");
    assert!(silent.contains(&named("daily.example", daily, false)), "{silent:?}");
    assert!(silent.contains(&named("rare.example", None, false)), "one article is no rhythm: {silent:?}");
    assert!(at(hour(24 * 11)).await.contains(&named("daily.example", daily, true)));
    store.pause_source(&SourceId::from_name("hourly.example"), true).await.unwrap();
    let paused = at(hour(24 * 5)).await;
    assert!(paused.contains(&named("hourly.example", hourly, false)), "nothing is expected of it: {paused:?}");
}
