//! Decisions that share a call of Redis' script.

use super::backends::Backend;
use super::layout::{LANGUAGE, alone};
use super::texts::{self, NOON, at, story};
use article::VerdictKind;
use deduplicator::{Index, IndexError, Query, Redis, Thresholds};
use futures_util::future::join_all;
use redis::InfoDict;
use redis::aio::MultiplexedConnection;

async fn all_at_once(index: &Redis, queries: &[Query]) -> Vec<Result<article::Verdict, IndexError>> {
    join_all(queries.iter().map(|query| index.decide(query, NOON))).await
}

/// How often the script was called.
async fn calls(connection: &mut MultiplexedConnection) -> u32 {
    let info: InfoDict = redis::cmd("INFO").arg("commandstats").query_async(connection).await.unwrap();
    let line: Option<String> = info.get("cmdstat_evalsha");
    let calls = line.as_deref().and_then(|line| line.strip_prefix("calls=")?.split(',').next()).unwrap_or("0");
    calls.parse().unwrap()
}

/// Entries and buckets of the postings' table.
async fn shape(connection: &mut MultiplexedConnection) -> (u32, u32) {
    let held: Vec<u8> = redis::cmd("HGET").arg(LANGUAGE).arg("p").query_async(connection).await.unwrap();
    let number = |at: usize| u32::from_be_bytes(held[at..at + 4].try_into().unwrap());
    (number(0), number(4))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_asked_at_once_shares_calls_and_is_decided_as_if_one_after_the_other() {
    let (_server, theirs, mut connection) = alone(Thresholds::default()).await;
    let ours = Backend::embedded_with(Thresholds::default()).await.index;
    let queries: Vec<Query> =
        press::texts(12, 600).map(|row| texts::query(row.url.as_str(), &row.text, "en")).collect();
    // Languages are announced before their first decision, which would mix the order.
    theirs.decide(&queries[0], NOON).await.unwrap();
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
    assert!(calls <= 200, "{calls} calls for 600 articles");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_is_refused_takes_none_of_its_call_along() {
    let (_server, index, mut connection) = alone(Thresholds::default()).await;
    let damaged = |n: u64| texts::query(&format!("https://damaged.example/{n}"), &story(n, 200), "xx");
    for first in [at("first", &story(1, 200)), damaged(2)] {
        index.decide(&first, NOON).await.unwrap();
    }
    let table = LANGUAGE.replace("en", "xx") + ":p";
    redis::cmd("SET").arg(&table).arg("no hash").query_async::<()>(&mut connection).await.unwrap();
    let mut queries: Vec<Query> = (10..40).map(|n| at(&format!("site{n}"), &story(n, 200))).collect();
    queries.insert(15, damaged(3));
    for (n, verdict) in all_at_once(&index, &queries).await.into_iter().enumerate() {
        match verdict {
            Err(IndexError::Broken(why)) => assert!(n == 15 && why.contains("WRONGTYPE"), "{n}: {why}"),
            verdict => assert!(n != 15 && verdict.unwrap().kind == VerdictKind::New, "{n}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_of_long_texts_is_made_room_for_bit_by_bit() {
    let (_server, index, mut connection) = alone(Thresholds::default()).await;
    index.decide(&at("first", &story(1, 200)), NOON).await.unwrap();
    let (before, (_, buckets)) = (calls(&mut connection).await, shape(&mut connection).await);
    let books: Vec<Query> = (0..32).map(|n| at(&format!("book{n}"), &story(100 + n, 20_000))).collect();
    for verdict in all_at_once(&index, &books).await {
        assert_eq!(verdict.unwrap().kind, VerdictKind::New);
    }
    let (entries, grown) = shape(&mut connection).await;
    let calls = calls(&mut connection).await - before;
    assert!(entries > 30_000, "{entries}");
    assert!(grown <= buckets + 512 * calls, "{buckets} to {grown} buckets in {calls} calls");
    let mut small = 0;
    loop {
        let (entries, buckets) = shape(&mut connection).await;
        if buckets == entries.div_ceil(16) {
            break;
        }
        small += 1;
        assert!(small < 20, "{buckets} buckets for {entries} entries");
        index.decide(&at(&format!("small{small}"), &story(1_000 + small, 200)), NOON).await.unwrap();
    }
    assert!(small > 0, "{calls} calls had room for all of it");
}
