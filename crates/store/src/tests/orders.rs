//! Every order of the same arrivals ends in the same store.

use super::open;
use crate::contract::{POLICY, article, copy_of, minute, seen, text, whole_of, withdrawn};
use crate::{Store, StoredArticle};
use article::{Arrival, Article, ArticleId, Carry, CarryReason, Verdict};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// An arrival with the verdict that travels with it.
type Sent = (Arrival, Option<Verdict>);

/// What must not depend on the order: the articles as shown, the partition, who leads, what is listed and found.
#[derive(Debug, PartialEq)]
struct Picture {
    articles: BTreeMap<ArticleId, (Article, &'static str, u32, i64)>,
    stories: BTreeSet<(BTreeSet<ArticleId>, ArticleId, Option<ArticleId>)>,
    found: BTreeSet<String>,
    listed: Vec<(String, String, String, u32)>,
}

async fn picture(store: &Store) -> Picture {
    let all = store.articles_after(None, 1_000).await.unwrap();
    let mut groups: BTreeMap<String, BTreeSet<ArticleId>> = BTreeMap::new();
    for StoredArticle { article, story, .. } in &all {
        groups.entry(story.to_string()).or_default().insert(article.id.clone());
    }
    let mut stories = BTreeSet::new();
    for (story, articles) in groups {
        let row = sqlx::query_as::<_, (String, Option<String>)>("SELECT lead, face FROM stories WHERE id = $1")
            .bind(story)
            .fetch_one(&store.db.read)
            .await
            .unwrap();
        stories.insert((articles, row.0.parse().unwrap(), row.1.map(|f| f.parse().unwrap())));
    }
    let mut found = BTreeSet::new();
    for word in ["lake1", "lakes1", "sea1", "hill1"] {
        found.extend(store.search(word, 100).await.unwrap().into_iter().map(|c| format!("{word} {}", c.url)));
    }
    let listed = store
        .cards(&crate::CardFilter::default(), None, 100)
        .await
        .unwrap()
        .into_iter()
        .map(|c| (c.url, c.primary_url, c.excerpt, c.also_carried))
        .collect();
    let articles = all
        .into_iter()
        .map(|a| (a.article.id.clone(), (a.article, a.state.as_str(), a.revisions, a.first_seen.millis())))
        .collect();
    Picture { articles, stories, found, listed }
}

async fn empty(store: &Store) {
    for table in ["articles", "revisions", "aliases", "withdrawals", "story_keys", "stories", "changes", "search"] {
        sqlx::query(sqlx::AssertSqlSafe(format!("DELETE FROM {table}"))).execute(&store.db.write).await.unwrap();
    }
}

async fn send(store: &Store, sent: &[&Sent]) {
    for (n, (arrival, verdict)) in (1_000..).zip(sent.iter().copied()) {
        store.apply(arrival, verdict.as_ref(), &POLICY, minute(n)).await.unwrap();
    }
}

/// The arrivals of one story and its neighbours: an original with a revision, a withdrawal and a restored
/// sighting; a copy that names it, one that credits it, an exact copy that the index did not recognise; a
/// page that is rewritten from one story to another; and two halves of a third, of which the whole came last to the
/// index.
fn arrivals(reserved: bool, gap: i64) -> Vec<Sent> {
    let new = |a: &Article| Some(Verdict::new_story(&a.id));
    let mut first = article("wire.example", "a", minute(10), &text("lake", 40));
    if reserved {
        first.rights.narrow(Carry::Headline, CarryReason::NotFree);
    }
    let mut revision = article("wire.example", "a", minute(30), &text("lakes", 40));
    revision.rights = first.rights.clone();
    revision.published = first.published;
    let mut restored = revision.clone();
    restored.observed_at = minute(50 + gap);
    restored.title = "Restored".to_owned();

    let mut copy = article("paper.example", "b", minute(12), &text("lakes", 45));
    copy.primary.urls = vec![first.url.clone()];
    let mut credits = article("gazette.example", "c", minute(5), &text("lake", 50));
    credits.primary.credits = vec!["Wire".to_owned()];
    let exact = article("mirror.example", "d", minute(14), &text("lake", 40));
    let other = article("daily.example", "e", minute(8), &text("sea", 40));
    let rewritten = article("live.example", "f", minute(20), &text("lakes", 41));
    let mut rewritten_later = article("live.example", "f", minute(40), &text("hill", 41));
    rewritten_later.published = rewritten.published;

    let halves = ["g", "h"].map(|half| article("digest.example", half, minute(18), &text(half, 40)));
    let mut whole = article("agency.example", "i", minute(19), &text("i", 80));
    whole.published = Some(minute(2));

    vec![
        (seen(&halves[0]), new(&halves[0])),
        (seen(&halves[1]), new(&halves[1])),
        (seen(&whole), Some(whole_of(&halves[0], &[&halves[1]]))),
        (seen(&first), new(&first)),
        (seen(&revision), new(&first)),
        (withdrawn(&first, minute(50)), None),
        (seen(&restored), new(&first)),
        (seen(&copy), Some(copy_of(&first))),
        (seen(&credits), Some(copy_of(&copy))),
        (seen(&exact), new(&exact)),
        (seen(&other), new(&other)),
        (seen(&rewritten), Some(copy_of(&first))),
        (seen(&rewritten_later), Some(copy_of(&other))),
        (withdrawn(&exact, minute(13)), None),
        (withdrawn(&copy, minute(60)), None),
    ]
}

/// How many [`arrivals`] there are.
const ARRIVALS: usize = 15;

/// Orders to compare: with each arrival up to twice, a redelivery anywhere.
fn orders() -> impl Strategy<Value = Vec<usize>> {
    let twice: Vec<usize> = (0..ARRIVALS).chain(0..ARRIVALS).collect();
    (Just(twice).prop_shuffle(), 0..ARRIVALS).prop_map(|(mut order, spare)| {
        // Of the second deliveries only some: drop `spare` places that leave each arrival there once.
        let mut seen = BTreeSet::new();
        let mut dropped = 0;
        order.retain(|n| {
            seen.insert(*n) || {
                dropped += 1;
                dropped > spare
            }
        });
        order
    })
}

#[test]
fn every_order_ends_in_the_same_store() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = runtime.block_on(async {
        let store = open().await;
        // What a loss of power would do is not asked here.
        sqlx::query("PRAGMA synchronous = OFF").execute(&store.db.write).await.unwrap();
        store
    });
    let mut expected = BTreeMap::new();
    for (reserved, gap) in [(false, -5), (false, 5), (true, -5), (true, 5)] {
        let sent = arrivals(reserved, gap);
        let first = runtime.block_on(async {
            empty(&store).await;
            send(&store, &sent.iter().collect::<Vec<_>>()).await;
            picture(&store).await
        });
        assert_eq!(sent.len(), ARRIVALS);
        // The picture is worth comparing: one story of five, one of three, one alone.
        let mut sizes: Vec<usize> = first.stories.iter().map(|s| s.0.len()).collect();
        sizes.sort_unstable();
        assert_eq!(sizes, [1, 3, 5]);
        expected.insert((reserved, gap), first);
    }
    let cases = ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() };
    proptest::test_runner::TestRunner::new(cases)
        .run(&(orders(), any::<bool>(), prop_oneof![Just(-5i64), Just(5)]), |(order, reserved, gap)| {
            let sent = arrivals(reserved, gap);
            let last = runtime.block_on(async {
                empty(&store).await;
                send(&store, &order.iter().map(|n| &sent[*n]).collect::<Vec<_>>()).await;
                picture(&store).await
            });
            prop_assert_eq!(&expected[&(reserved, gap)], &last);
            Ok(())
        })
        .unwrap();
}
