//! One article through time.

use super::{POLICY, article, minute, put, put_copy, seen, story_of, text, withdraw};
use crate::{ArticleState, Change, Store, StoryLookup};
use article::{StoryId, Verdict};

pub async fn a_new_article_opens_a_story(store: &Store) {
    let a = article("one.example", "a", minute(1), &text("lake", 40));
    let applied = put(store, &a).await;
    assert_eq!(applied.change, Change::Opened);
    assert_eq!(applied.story, StoryId::opened_by(&a.id));

    let stored = store.article(&a.id).await.unwrap().unwrap();
    assert_eq!(stored.article, a);
    assert_eq!((stored.state, stored.revisions, stored.first_seen), (ArticleState::Shown, 1, minute(1)));
    let story = story_of(store, &a).await;
    assert_eq!((story.face, story.primary), (Some(a.id.clone()), a.id.clone()));
    assert_eq!((story.opened_at, story.changed_at), (minute(1), minute(1)));
    assert!(matches!(store.story(&StoryId::derive(&[b"nobody"])).await.unwrap(), StoryLookup::Unknown));
}

pub async fn the_same_arrival_again_gets_its_first_answer(store: &Store) {
    let a = article("one.example", "a", minute(1), &text("lake", 40));
    let b = article("two.example", "b", minute(2), &text("lakeside", 40));
    let opened = put(store, &a).await;
    let joined = put_copy(store, &b, &a).await;
    let revised = {
        let mut newer = article("one.example", "a", minute(5), &text("sea", 40));
        newer.published = a.published;
        put(store, &newer).await
    };
    assert_eq!((opened.change, joined.change, revised.change), (Change::Opened, Change::Joined, Change::Revised));

    let before = (store.article(&a.id).await.unwrap(), store.article(&b.id).await.unwrap(), story_of(store, &a).await);
    assert_eq!(put(store, &a).await, opened, "the worker may have died before it published what this caused");
    assert_eq!(put_copy(store, &b, &a).await, joined);
    let after = (store.article(&a.id).await.unwrap(), store.article(&b.id).await.unwrap(), story_of(store, &a).await);
    assert_eq!(before, after);
}

pub async fn age_decides_between_revisions(store: &Store) {
    let first = article("one.example", "a", minute(1), &text("lake", 40));
    let second = article("one.example", "a", minute(2), &text("sea", 40));
    assert_eq!(put(store, &second).await.change, Change::Opened);
    assert_eq!(put(store, &first).await.change, Change::Older);

    let stored = store.article(&first.id).await.unwrap().unwrap();
    assert_eq!(stored.article, second);
    assert_eq!((stored.revisions, stored.first_seen), (2, minute(1)));
    let hashes: Vec<_> = store.revisions(&first.id).await.unwrap().into_iter().map(|r| r.content_hash).collect();
    assert_eq!(hashes, [first.content_hash, second.content_hash]);
}

pub async fn a_withdrawal_holds_against_older_sightings(store: &Store) {
    let a = article("one.example", "a", minute(1), &text("lake", 40));
    let story = put(store, &a).await.story;
    assert_eq!(withdraw(store, &a, minute(5)).await.change, Change::Withdrawn);
    let stored = store.article(&a.id).await.unwrap().unwrap();
    assert_eq!((stored.state, stored.article.blocks.len()), (ArticleState::Withdrawn, 0), "its text is gone");
    assert!(matches!(store.story(&story).await.unwrap(), StoryLookup::Gone));
    assert!(store.search("lake1", 10).await.unwrap().is_empty());

    let late = article("one.example", "a", minute(4), &text("sea", 40));
    assert_eq!(put(store, &late).await.change, Change::Older);
    assert_eq!(store.article(&a.id).await.unwrap().unwrap().state, ArticleState::Withdrawn);

    let back = article("one.example", "a", minute(6), &text("sea", 40));
    assert_eq!(put(store, &back).await.change, Change::Restored);
    let stored = store.article(&a.id).await.unwrap().unwrap();
    assert_eq!((stored.state, stored.article), (ArticleState::Shown, back));
    assert_eq!(withdraw(store, &a, minute(3)).await.change, Change::Older);
    assert!(matches!(store.story(&story).await.unwrap(), StoryLookup::Found(_)));
}

pub async fn a_withdrawal_of_what_was_never_seen_is_remembered(store: &Store) {
    let a = article("one.example", "a", minute(1), &text("lake", 40));
    assert_eq!(withdraw(store, &a, minute(5)).await.change, Change::Unchanged);
    assert_eq!(put(store, &a).await.change, Change::Older);
    assert_eq!(store.article(&a.id).await.unwrap().unwrap().state, ArticleState::Withdrawn);
    assert!(store.cards(&crate::CardFilter::default(), None, 10).await.unwrap().is_empty());
}

pub async fn facts_change_without_a_new_text(store: &Store) {
    let a = article("one.example", "a", minute(1), &text("lake", 40));
    put(store, &a).await;
    let mut again = a.clone();
    again.observed_at = minute(2);
    assert_eq!(put(store, &again).await.change, Change::Unchanged);
    let mut retitled = a.clone();
    retitled.observed_at = minute(3);
    retitled.title = "Another headline".to_owned();
    assert_eq!(put(store, &retitled).await.change, Change::Revised);
    let stored = store.article(&a.id).await.unwrap().unwrap();
    assert_eq!((stored.article.title.as_str(), stored.revisions), ("Another headline", 1));
    assert_eq!(story_of(store, &a).await.changed_at, minute(3));
}

/// Sixteen publishers, half of whose articles are copies of the other half's, all at once: nobody's merge
/// undoes another's.
pub async fn publishers_at_the_same_story_at_once_lose_nothing(store: &Store) {
    let originals: Vec<_> =
        (0..4).map(|n| article("wire.example", &format!("w{n}"), minute(n), &text(&format!("t{n}x"), 40))).collect();
    let mut work = Vec::new();
    for (n, original) in originals.iter().enumerate() {
        work.push((original.clone(), Verdict::new_story(&original.id)));
        for carrier in 0..7 {
            let copy = article(
                &format!("carrier{carrier}.example"),
                &format!("c{n}"),
                minute(10 + carrier),
                &text(&format!("t{n}x"), 40 + usize::try_from(carrier).unwrap()),
            );
            work.push((copy, super::copy_of(original)));
        }
    }
    let mut tasks = tokio::task::JoinSet::new();
    for (article, verdict) in work.clone() {
        let store = store.clone();
        tasks.spawn(async move {
            // A conflict is the caller's to try again, as a worker does by its ladder.
            loop {
                match store.apply(&seen(&article), Some(&verdict), &POLICY, minute(60)).await {
                    Err(crate::StoreError::Conflict(_)) => {}
                    done => return done.unwrap(),
                }
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    for original in &originals {
        let story = story_of(store, original).await;
        assert_eq!((story.members.len(), &story.primary), (8, &original.id));
    }
    assert_eq!(store.totals().await.unwrap().articles, 32);
    assert_eq!(store.totals().await.unwrap().stories, 4);
}
