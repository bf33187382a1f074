//! Claims: a redelivery passes, a revision stays at home, two at once are one.

use super::backends::Backend;
use super::texts::{NOON, at, edited, story};
use article::{StoryId, Timestamp, VerdictKind};
use std::time::Duration;

pub(super) async fn a_redelivery_gets_its_verdict_back(backend: &Backend) {
    let original = at("first", &story(1, 400));
    let copy = at("second", &edited(&story(1, 400), 25, 9));
    let exact = at("third", &story(1, 400));
    let mut verdicts = Vec::new();
    for query in [&original, &copy, &exact] {
        verdicts.push(backend.index.decide(query, NOON).await.unwrap());
    }
    assert_eq!(verdicts[0].kind, VerdictKind::New);
    assert_eq!(verdicts[1].kind, VerdictKind::NearCopy);
    assert_eq!(verdicts[2].kind, VerdictKind::ExactCopy);
    let replica = backend.replica().await;
    for (query, verdict) in [&copy, &exact, &original].into_iter().zip([&verdicts[1], &verdicts[2], &verdicts[0]]) {
        assert_eq!(&replica.decide(query, NOON.plus(Duration::from_secs(60))).await.unwrap(), verdict);
    }
}

pub(super) async fn a_changed_text_is_a_revision_in_its_own_story(backend: &Backend) {
    let first = at("site", &story(2, 300));
    let opened = backend.index.decide(&first, NOON).await.unwrap();
    let mut text = story(2, 300);
    for revision in 1..=20 {
        text = edited(&text, 30, 100 + revision);
        let mut query = at("site", &text);
        query.observed_at = NOON.plus(Duration::from_secs(revision * 60));
        let verdict = backend.index.decide(&query, query.observed_at).await.unwrap();
        assert_eq!((verdict.kind, &verdict.story), (VerdictKind::Revision, &opened.story), "revision {revision}");
        assert_eq!(backend.index.decide(&query, query.observed_at).await.unwrap(), verdict);
    }
    // Far from the first text by now, and a copy of the last one is still found.
    let copy = backend.index.decide(&at("copy", &edited(&text, 25, 7)), NOON).await.unwrap();
    assert_eq!((copy.kind, &copy.story), (VerdictKind::NearCopy, &opened.story));
    // The first text again is the first verdict again.
    assert_eq!(backend.index.decide(&first, NOON).await.unwrap(), opened);
}

pub(super) async fn an_older_text_come_late_is_a_revision_too(backend: &Backend) {
    let newest = at("site", &story(3, 300));
    let opened = backend.index.decide(&newest, NOON).await.unwrap();
    let mut older = at("site", &edited(&story(3, 300), 20, 8));
    older.observed_at = NOON.minus(Duration::from_secs(3600));
    let verdict = backend.index.decide(&older, NOON).await.unwrap();
    assert_eq!((verdict.kind, &verdict.story), (VerdictKind::Revision, &opened.story));
    let known = backend.index.known(&newest.article).await.unwrap().unwrap();
    assert_eq!((known.newest, known.verdict), (NOON, opened));
}

pub(super) async fn a_copy_stays_in_its_story_when_it_is_revised(backend: &Backend) {
    let opened = backend.index.decide(&at("wire", &story(4, 300)), NOON).await.unwrap();
    backend.index.decide(&at("paper", &edited(&story(4, 300), 25, 5)), NOON).await.unwrap();
    let mut rewritten = at("paper", &story(44, 300));
    rewritten.observed_at = NOON.plus(Duration::from_secs(60));
    let verdict = backend.index.decide(&rewritten, NOON).await.unwrap();
    assert_eq!((verdict.kind, &verdict.story), (VerdictKind::Revision, &opened.story));
}

pub(super) async fn copies_at_the_same_instant_make_one_story(backend: &Backend) {
    for round in 0..8 {
        let text = story(500 + round, 250);
        let mut tasks = Vec::new();
        for carrier in 0..8 {
            let replica = backend.replica().await;
            // Half of them word for word, half with words changed: both ways to a claim.
            let text = if carrier % 2 == 0 { text.clone() } else { edited(&text, 25, carrier) };
            let query = at(&format!("carrier{round}-{carrier}"), &text);
            tasks.push(tokio::spawn(async move { replica.decide(&query, NOON).await.unwrap() }));
        }
        let mut verdicts = Vec::new();
        for task in tasks {
            verdicts.push(task.await.unwrap());
        }
        let new = verdicts.iter().filter(|v| v.kind == VerdictKind::New).count();
        assert_eq!(new, 1, "{verdicts:?}");
        assert!(verdicts.iter().all(|v| v.story == verdicts[0].story), "{verdicts:?}");
    }
}

pub(super) async fn deliveries_of_one_article_at_the_same_instant_get_one_verdict(backend: &Backend) {
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let replica = backend.replica().await;
        let query = at("once", &story(6, 250));
        tasks.push(tokio::spawn(async move { replica.decide(&query, NOON).await.unwrap() }));
    }
    for task in tasks {
        assert_eq!(task.await.unwrap().kind, VerdictKind::New);
    }
}

pub(super) async fn without_a_text_only_the_name_decides(backend: &Backend) {
    let mut headline = at("headline", "");
    headline.sketch = None;
    let mut other = at("other", "");
    other.sketch = None;
    other.hash = headline.hash.clone();
    for query in [&headline, &other] {
        let verdict = backend.index.decide(query, NOON).await.unwrap();
        assert_eq!((verdict.kind, verdict.story), (VerdictKind::New, StoryId::opened_by(&query.article)));
    }
    let mut retitled = at("headline", "another headline");
    retitled.sketch = None;
    assert_eq!(backend.index.decide(&retitled, NOON).await.unwrap().kind, VerdictKind::Revision);
    assert_eq!(backend.index.stats().await.unwrap().hashes, 0);
}

pub(super) async fn what_is_older_than_the_window_is_forgotten(backend: &Backend) {
    backend.index.decide(&at("first", &story(7, 300)), NOON).await.unwrap();
    let day = |days: u64| NOON.plus(Duration::from_secs(days * 86_400));
    let within = backend.index.decide(&at("within", &edited(&story(7, 300), 25, 1)), day(29)).await.unwrap();
    assert_eq!(within.kind, VerdictKind::NearCopy);
    let after = backend.index.decide(&at("after", &story(7, 300)), day(32)).await.unwrap();
    assert_eq!(after.kind, VerdictKind::New);
}

pub(super) async fn what_the_store_knows_can_be_put_back(backend: &Backend) {
    let (original, copy) = (at("first", &story(8, 300)), at("second", &edited(&story(8, 300), 25, 3)));
    let opened = backend.index.decide(&original, NOON).await.unwrap();
    let joined = backend.index.decide(&copy, NOON).await.unwrap();
    backend.index.clear().await.unwrap();
    let mut unknown = joined.clone();
    unknown.of = None;
    // The copy first: the store gives articles in the order of their ids.
    backend.index.restore(&copy, &unknown, NOON).await.unwrap();
    backend.index.restore(&original, &opened, NOON).await.unwrap();
    backend.index.restore(&original, &opened, NOON).await.unwrap();
    assert_eq!(backend.index.decide(&original, NOON).await.unwrap(), opened);
    assert_eq!(backend.index.decide(&copy, NOON).await.unwrap().story, opened.story);
    let third = backend.index.decide(&at("third", &edited(&story(8, 300), 20, 4)), NOON).await.unwrap();
    assert_eq!((third.kind, third.story), (VerdictKind::NearCopy, opened.story));
}

pub(super) async fn a_cleared_index_knows_nothing(backend: &Backend) {
    for n in 0..120 {
        backend.index.decide(&at(&format!("site{n}"), &story(900 + n, 200)), NOON).await.unwrap();
    }
    let full = backend.index.stats().await.unwrap();
    assert_eq!((full.articles, full.hashes, full.stories), (120, 120, 120));
    assert!(full.shingles > 120 * 20 && full.bytes > 0, "{full:?}");
    backend.index.clear().await.unwrap();
    let empty = backend.index.stats().await.unwrap();
    assert_eq!((empty.articles, empty.hashes, empty.stories, empty.shingles), (0, 0, 0, 0));
    let again = backend.index.decide(&at("site0", &story(900, 200)), Timestamp(NOON.0)).await.unwrap();
    assert_eq!(again.kind, VerdictKind::New);
}
