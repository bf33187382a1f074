//! What is kept for a while.

use super::{article, minute, put, text};
use crate::{AuditEntry, Capture, Change, DecisionRow, Dropped, SourceDay, Store};
use article::{ArticleId, CanonicalUrl, SourceId, Timestamp};

fn capture(n: i64, at: Timestamp, body: Vec<u8>) -> Capture {
    let url = CanonicalUrl::parse(&format!("https://one.example/{n}")).unwrap();
    Capture {
        article: ArticleId::of(&url),
        part_of: None,
        url: url.to_string(),
        status: 200,
        headers: vec![("content-type".to_owned(), "text/html".to_owned())],
        body,
        observed_at: at,
    }
}

/// Bytes that do not compress.
fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed | 1;
    (0..len)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        })
        .collect()
}

pub async fn captures_keep_the_newer_within_bounds(store: &Store) {
    let page = capture(1, minute(2), b"<html>\0 bytes \xff as they came</html>".to_vec());
    store.put_capture(&page).await.unwrap();
    store.put_capture(&capture(1, minute(1), b"older".to_vec())).await.unwrap();
    assert_eq!(store.capture(&page.article).await.unwrap().as_ref(), Some(&page));
    let newer = capture(1, minute(3), b"newer".to_vec());
    store.put_capture(&newer).await.unwrap();
    assert_eq!(store.capture(&page.article).await.unwrap().as_ref(), Some(&newer));

    for n in 2..8 {
        store.put_capture(&capture(n, minute(n + 10), noise(n.unsigned_abs() * 77, 10_000))).await.unwrap();
    }
    assert_eq!(store.prune_captures(minute(5), u64::MAX).await.unwrap(), 1, "too old");
    assert_eq!(store.prune_captures(minute(5), 35_000).await.unwrap(), 3, "too many bytes: the oldest go");
    assert!(store.capture(&capture(4, minute(0), Vec::new()).article).await.unwrap().is_none());
    assert!(store.capture(&capture(5, minute(0), Vec::new()).article).await.unwrap().is_some());
}

pub async fn captures_are_listed_oldest_first(store: &Store) {
    for n in [3, 1, 2, 4] {
        store.put_capture(&capture(n, minute(n), b"page".to_vec())).await.unwrap();
    }
    // At the same time as another.
    store.put_capture(&capture(5, minute(3), b"page".to_vec())).await.unwrap();
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let some = store.captures_after(minute(2), after.as_ref(), 2).await.unwrap();
        let Some(last) = some.last() else { break };
        after = Some(last.clone());
        listed.extend(some);
    }
    assert_eq!(listed.iter().map(|head| head.observed_at).collect::<Vec<_>>(), [2, 3, 3, 4].map(minute));
    let urls: std::collections::BTreeSet<_> = listed.iter().map(|head| head.url.as_str()).collect();
    assert_eq!(urls.len(), 4, "{urls:?}");
}

pub async fn an_archive_goes_on_where_it_ended(store: &Store) {
    assert_eq!(store.archive_done_to("one").await.unwrap(), None);
    store.archive_is_done_to("one", "a.warc.gz", 4_000_000_000, minute(1)).await.unwrap();
    store.archive_is_done_to("one", "moved/a.warc.gz", 5_000_000_000, minute(2)).await.unwrap();
    store.archive_is_done_to("two", "-", 7, minute(2)).await.unwrap();
    assert_eq!(store.archive_done_to("one").await.unwrap(), Some(5_000_000_000));
    assert_eq!(store.archive_done_to("two").await.unwrap(), Some(7));
}

fn decision(n: i64, article: &ArticleId, url: Option<&str>) -> DecisionRow {
    DecisionRow {
        at: minute(n),
        stage: "retriever".to_owned(),
        message_id: format!("m{n}"),
        article: Some(article.to_string()),
        url: url.map(str::to_owned),
        source: None,
        outcome: "done".to_owned(),
        reason: String::new(),
        attempt: 1,
        detail: "with \u{0} in it".to_owned(),
    }
}

pub async fn decisions_are_found_by_any_name(store: &Store) {
    let mut a = article("one.example", "a", minute(1), &text("lake", 40));
    a.aliases = vec!["https://one.example/old-a".to_owned()];
    put(store, &a).await;
    let other = ArticleId::derive(&[b"other"]);
    let rows: Vec<DecisionRow> = (0..500)
        .map(|n| {
            let url = match n {
                450 => Some(a.url.as_str()),
                // The permalink its page was fetched under.
                451 => Some("https://one.example/old-a"),
                _ => None,
            };
            decision(n, if n % 100 == 0 { &a.id } else { &other }, url)
        })
        .collect();
    store.record_decisions(&rows).await.unwrap();
    let at =
        async |key: &str| -> Vec<Timestamp> { store.decisions(key).await.unwrap().into_iter().map(|d| d.at).collect() };
    let expected = [0, 100, 200, 300, 400, 450, 451].map(minute);
    for name in [a.id.to_string(), format!("{}#top", a.url), "https://one.example/old-a".to_owned()] {
        assert_eq!(at(&name).await, expected, "{name}");
    }
    assert_eq!(at("m7").await, [minute(7)]);
    assert!(at("https://nobody.example/").await.is_empty());
    assert_eq!(store.decisions("m7").await.unwrap()[0].detail, "with  in it");
    let recent = store.recent_decisions(2).await.unwrap();
    assert_eq!(recent.iter().map(|d| d.at).collect::<Vec<_>>(), [minute(499), minute(498)]);
    assert_eq!(store.prune_decisions(minute(490)).await.unwrap(), 490);
    store.record_decisions(&[]).await.unwrap();
}

pub async fn decisions_are_added_up(store: &Store) {
    let feed = "https://one.example/rss";
    for name in ["one.example", "two.example"] {
        store.put_source(&super::source(name, &[&format!("https://{name}/rss")])).await.unwrap();
    }
    let article = ArticleId::derive(&[b"any"]);
    let row = |n: i64, source: &str, stage: &str, outcome: &str, reason: &str| DecisionRow {
        source: Some(SourceId::from_name(source).to_string()),
        stage: stage.to_owned(),
        outcome: outcome.to_owned(),
        reason: reason.to_owned(),
        ..decision(n, &article, Some(feed))
    };
    let rows = [
        row(0, "one.example", "retriever", "drop", "robots"),
        row(10, "one.example", "retriever", "done", ""),
        row(11, "one.example", "retriever", "drop", "paywall"),
        row(12, "one.example", "retriever", "drop", "robots"),
        row(13, "one.example", "retriever", "retry", "host_busy"),
        row(14, "one.example", "retriever", "dead", "charset"),
        row(15, "one.example", "publisher", "drop", "paywall"),
        row(16, "one.example", "poller", "drop", "stale"),
        row(17, "two.example", "retriever", "done", ""),
    ];
    store.record_decisions(&rows).await.unwrap();

    let traffic = store.traffic(minute(9)).await.unwrap();
    let of = |stage: &str| traffic.get(stage).map(|t| (t.settled, t.retried));
    assert_eq!(
        [of("retriever"), of("publisher"), of("poller"), of("courier")],
        [Some((5, 1)), Some((1, 0)), Some((1, 0)), None]
    );
    let dropped = |reason: &str, count| Dropped { reason: reason.to_owned(), count };
    // A day before this, the first of them was decided.
    let health = store.feed_health(minute(24 * 60 + 5)).await.unwrap();
    let day = |name: &str| health.iter().find(|h| h.source_name == name).unwrap().day.clone();
    let expected = SourceDay { pages: 4, drops: vec![dropped("paywall", 2), dropped("robots", 1)] };
    assert_eq!(day("one.example"), expected);
    assert_eq!(expected.to_string(), "4 pages, 50 % paywall, 25 % robots");
    assert_eq!(day("two.example"), SourceDay { pages: 1, drops: vec![] });
}

pub async fn the_audit_log_is_newest_first(store: &Store) {
    for n in 0..3 {
        let entry = AuditEntry {
            at: minute(n),
            actor: "cli:op".to_owned(),
            action: "dead.replay".to_owned(),
            target: format!("t{n}"),
            detail: String::new(),
        };
        store.audit(&entry).await.unwrap();
    }
    let targets: Vec<String> = store.audit_log(2).await.unwrap().into_iter().map(|e| e.target).collect();
    assert_eq!(targets, ["t2", "t1"]);
}

pub async fn hashes_and_changes_are_forgotten(store: &Store) {
    let body = text("lake", 40);
    let a = article("one.example", "a", minute(1), &body);
    let pair = [
        article("two.example", "b", minute(2), &text("sea", 40)),
        article("three.example", "c", minute(2), &text("sea", 40)),
    ];
    put(store, &a).await;
    for p in &pair {
        put(store, p).await;
    }
    assert_eq!(store.prune_hashes(minute(30)).await.unwrap(), 1, "those that hold a story together stay");
    assert_eq!(store.prune_changes(minute(30)).await.unwrap(), 3);
    assert_eq!(put(store, &a).await.change, Change::Unchanged);
    let late = article("four.example", "d", minute(60), &body);
    assert_eq!(put(store, &late).await.change, Change::Opened);
}
