//! Decisions that are asked for at once.

use super::layout::{alone, replica, run};
use super::texts::{self, NOON, at, edited, story};
use article::{StoryId, Verdict, VerdictKind};
use deduplicator::{Index, IndexError, Query, Replica, Thresholds};
use futures_util::future::join_all;
use redis::InfoDict;
use redis::aio::MultiplexedConnection;
use std::collections::BTreeSet;

async fn all_at_once(index: &Replica, queries: &[Query]) -> Vec<Result<Verdict, IndexError>> {
    join_all(queries.iter().map(|query| index.decide(query, NOON))).await
}

/// How often the script was called.
async fn calls(connection: &mut MultiplexedConnection) -> u32 {
    let info: InfoDict = run(connection, &["INFO", "commandstats"]).await;
    let line: Option<String> = info.get("cmdstat_evalsha");
    let calls = line.as_deref().and_then(|line| line.strip_prefix("calls=")?.split(',').next()).unwrap_or("0");
    calls.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_asked_at_once_shares_calls_and_is_decided_as_if_one_after_the_other() {
    let (_server, theirs, mut connection) = alone(Thresholds::default()).await;
    let (_other, ours, _) = alone(Thresholds::default()).await;
    let queries: Vec<Query> =
        press::texts(12, 600).map(|row| texts::query(row.url.as_str(), &row.text, "en")).collect();
    let before = calls(&mut connection).await;
    let mut copies = 0;
    for chunk in queries.chunks(60) {
        for (query, verdict) in chunk.iter().zip(all_at_once(&theirs, chunk).await) {
            let verdict = verdict.unwrap();
            copies += u32::from(verdict.kind == VerdictKind::NearCopy);
            assert_eq!(verdict, ours.decide(query, NOON).await.unwrap(), "{}", query.article);
        }
    }
    assert!(copies > 100, "{copies} copies of 600");
    let calls = calls(&mut connection).await - before;
    assert!(calls <= 100, "{calls} calls for 600 articles");
}

/// Each replica has to take decisions back again and again, and none is lost or made twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn replicas_that_never_rest_make_each_story_once() {
    let (server, first, mut connection) = alone(Thresholds::default()).await;
    let mut replicas = vec![first];
    while replicas.len() < 4 {
        replicas.push(replica(&server, Thresholds::default()).await);
    }
    // Each carrier has every story, in an order of its own.
    let carried = |carrier: u64| -> Vec<Query> {
        let stories = (0..200).map(|n| (n * 37 + carrier * 61) % 200);
        stories.map(|n| at(&format!("carrier{carrier}-{n}"), &edited(&story(4_000 + n, 200), 25, carrier))).collect()
    };
    let before = calls(&mut connection).await;
    let told = join_all((0..).zip(&replicas).map(|(carrier, replica)| {
        let queries = carried(carrier);
        async move { (all_at_once(replica, &queries).await, queries) }
    }))
    .await;
    let mut stories: BTreeSet<StoryId> = BTreeSet::new();
    let mut opened = 0;
    for (verdict, query) in told.iter().flat_map(|(verdicts, queries)| verdicts.iter().zip(queries)) {
        let verdict = verdict.as_ref().unwrap();
        opened += u32::from(verdict.kind == VerdictKind::New);
        stories.insert(verdict.story.clone());
        // All hold the same claim.
        for replica in &replicas {
            assert_eq!(replica.decide(query, NOON).await.unwrap(), *verdict);
        }
    }
    assert_eq!((opened, stories.len()), (200, 200));
    let calls = calls(&mut connection).await - before;
    assert!(calls > 16, "{calls} calls: nobody was in another's way");
}
