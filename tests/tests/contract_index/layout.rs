//! How the index lies in Redis: what no verdict of a small stream would show.

use super::backends::Backend;
use super::texts::{self, NOON, at, edited, story};
use article::{Mark, Sketch, Timestamp, VerdictKind};
use deduplicator::{Index, IndexSettings, Query, Redis, Thresholds};
use redis::aio::MultiplexedConnection;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The root of these texts' language.
pub(super) const LANGUAGE: &str = "wireroom:5:{en}";

fn day(days: u64) -> Timestamp {
    NOON.plus(Duration::from_secs(days * 86_400))
}

/// A Redis of its own, an index in it and a connection to look at it.
pub(super) async fn alone(thresholds: Thresholds) -> (harness::Redis, Redis, MultiplexedConnection) {
    let server = harness::Redis::start().unwrap();
    let settings = IndexSettings { url: server.url(), thresholds, ..IndexSettings::default() };
    let index = Redis::open(&settings).await.unwrap();
    let client = redis::Client::open(server.url()).unwrap();
    let connection = client.get_multiplexed_async_connection().await.unwrap();
    (server, index, connection)
}

fn marks(query: &Query) -> Vec<Mark> {
    query.sketch.iter().flat_map(Sketch::marks).copied().collect()
}

/// The buckets of the postings' table, by number.
async fn buckets(connection: &mut MultiplexedConnection) -> BTreeMap<u32, Vec<u8>> {
    let all: Vec<(Vec<u8>, Vec<u8>)> =
        redis::cmd("HGETALL").arg(format!("{LANGUAGE}:p")).query_async(connection).await.unwrap();
    let number = |field: Vec<u8>| field.iter().fold(0, |n, byte| n * 256 + u32::from(*byte));
    all.into_iter().map(|(field, bucket)| (number(field), bucket)).collect()
}

/// The tags in a bucket, with how many records have each.
fn tags(bucket: &[u8]) -> BTreeMap<[u8; 3], usize> {
    assert_eq!(bucket.len() % 8, 0, "{bucket:?}");
    bucket.chunks(8).fold(BTreeMap::new(), |mut tags, record| {
        *tags.entry([record[0], record[1], record[2]]).or_default() += 1;
        tags
    })
}

/// Far more than the table begins with: each is found in the bucket that the number of buckets gives it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postings_are_found_again_when_their_buckets_were_split() {
    let (_server, index, mut connection) = alone(Thresholds::default()).await;
    let mut expected: BTreeSet<u32> = BTreeSet::new();
    for n in 0..500 {
        let query = at(&format!("site{n}"), &story(10_000 + n, 300));
        expected.extend(marks(&query).iter().map(|mark| mark.hash as u32));
        assert_eq!(index.decide(&query, NOON).await.unwrap().kind, VerdictKind::New, "{n}");
    }
    let shingles = index.stats().await.unwrap().shingles;
    assert_eq!(shingles, expected.len() as u64);
    let count = u32::try_from(shingles.div_ceil(16)).unwrap();
    assert!(count > 600, "{count} buckets: the first 256 were split twice");
    let below = count.ilog2();
    let mut found = BTreeSet::new();
    for (number, bucket) in buckets(&mut connection).await {
        for tag in tags(&bucket).into_keys() {
            let [a, b, c] = tag;
            let hash = u32::from_be_bytes([a, b, c, number.to_be_bytes()[3]]);
            let (long, short) = (hash % (2 << below), hash % (1 << below));
            assert_eq!(number, if long < count { long } else { short }, "of {count} buckets for {hash:x}");
            found.insert(hash);
        }
    }
    assert_eq!(found, expected);
    for n in (0..500).step_by(25) {
        let copy = at(&format!("copy{n}"), &edited(&story(10_000 + n, 300), 25, n));
        assert_eq!(index.decide(&copy, NOON).await.unwrap().kind, VerdictKind::NearCopy, "{n}");
    }
}

/// Several stories hold a mark, stories end and are swept, the common are seen again: both backends say the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn backends_agree_on_postings_of_several_stories_through_a_window() {
    let by = Thresholds { common_after: 4, ..Thresholds::default() };
    let (_server, theirs, mut connection) = alone(by).await;
    let ours = Backend::embedded_with(by).await.index;
    let (mut several, mut common) = (0, 0);
    for (n, row) in (0..).zip(press::texts(11, 600)) {
        let query = texts::query(row.url.as_str(), &row.text, "en");
        let now = NOON.plus(Duration::from_secs(n * 9_000));
        assert_eq!(ours.decide(&query, now).await.unwrap(), theirs.decide(&query, now).await.unwrap(), "{}", row.url);
        if n % 4 == 0 {
            theirs.tidy(now).await.unwrap();
        }
        if n % 100 == 99 {
            let records: Vec<Vec<u8>> = buckets(&mut connection).await.into_values().collect();
            several += records.iter().flat_map(|b| tags(b).into_values()).filter(|count| *count > 1).count();
            common += records.iter().flat_map(|b| b.chunks(8)).filter(|record| record[3] % 4 == 3).count();
        }
    }
    assert!(several > 100 && common > 100, "{several} with several stories, {common} common");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sweep_leaves_what_is_still_within_the_window() {
    let (_server, index, mut connection) = alone(Thresholds::default()).await;
    let frame = story(50, 60);
    let column = |n: u64| at(&format!("site{n}"), &format!("{frame} {}", story(60 + n, 240)));
    for n in 0..3 {
        assert_eq!(index.decide(&column(n), NOON).await.unwrap().kind, VerdictKind::New);
    }
    // Seen again: common from this day on.
    assert_eq!(index.decide(&column(3), day(20)).await.unwrap().kind, VerdictKind::New);
    for _ in 0..32 {
        index.tidy(day(40)).await.unwrap();
    }
    let last = marks(&column(3));
    let held: BTreeSet<u32> = buckets(&mut connection)
        .await
        .into_iter()
        .flat_map(|(number, bucket)| tags(&bucket).into_keys().map(move |[a, b, c]| (a, b, c, number)))
        .map(|(a, b, c, number)| u32::from_be_bytes([a, b, c, number.to_be_bytes()[3]]))
        .collect();
    assert_eq!(held, last.iter().map(|mark| mark.hash as u32).collect());
    let stats = index.stats().await.unwrap();
    assert_eq!((stats.stories, stats.shingles), (1, held.len() as u64));
    // And what was emptied can be filled again.
    let again = index.decide(&column(0), day(40)).await.unwrap();
    assert_eq!(again.kind, VerdictKind::New);
    let copy = at("copy", &edited(&format!("{frame} {}", story(60, 240)), 25, 7));
    assert_eq!(index.decide(&copy, day(40)).await.unwrap().story, again.story);
}

/// A book has as many marks as a sketch may: one command reads and one writes them all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_longest_text_is_kept_and_found() {
    let (_server, index, _) = alone(Thresholds::default()).await;
    let book = story(90, 40_000);
    let query = at("first", &book);
    assert!(marks(&query).len() > 500, "{} marks", marks(&query).len());
    assert_eq!(index.decide(&query, NOON).await.unwrap().kind, VerdictKind::New);
    assert_eq!(index.stats().await.unwrap().shingles, marks(&query).len() as u64);
    let copy = index.decide(&at("copy", &edited(&book, 25, 7)), NOON).await.unwrap();
    assert_eq!(copy.kind, VerdictKind::NearCopy);
}

/// Three bytes that stand across two records, or within one, are no tag.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tag_stands_at_the_beginning_of_a_record_only() {
    let (_server, index, mut connection) = alone(Thresholds::default()).await;
    let query = at("first", &story(70, 300));
    let mut strangers: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
    for mark in marks(&query) {
        let [a, b, c, d] = (mark.hash as u32).to_be_bytes();
        // Of a story that nobody knows: its name is no reason to keep them either.
        let bucket = strangers.entry(d.into()).or_default();
        bucket.extend([!a, a, b, c, !a, !b, !c, 0]);
        bucket.extend([!a, !b, !c, 4, 4, 4, a, b]);
        bucket.extend([c, !b, !c, 8, 8, 8, 8, 8]);
    }
    for (number, bucket) in &strangers {
        let mut command = redis::cmd("HSET");
        command.arg(format!("{LANGUAGE}:p")).arg(&number.to_be_bytes()[1..]).arg(bucket);
        command.query_async::<()>(&mut connection).await.unwrap();
    }
    index.decide(&query, NOON).await.unwrap();
    let buckets = buckets(&mut connection).await;
    for (number, stranger) in strangers {
        assert!(buckets[&number].starts_with(&stranger), "{stranger:?} in {:?}", buckets[&number]);
    }
    let records: usize = buckets.values().map(|bucket| bucket.len() / 8).sum();
    assert_eq!(records, 4 * marks(&query).len());
}

/// An index that nobody writes to or tidies any more goes away by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_key_of_an_index_has_its_time_to_live() {
    let (_server, index, mut connection) = alone(Thresholds::default()).await;
    for n in 0..60 {
        index.decide(&at(&format!("site{n}"), &story(80 + n, 200)), NOON).await.unwrap();
    }
    let keys: Vec<String> = redis::cmd("KEYS").arg("wireroom:5:{*").query_async(&mut connection).await.unwrap();
    assert!(keys.contains(&LANGUAGE.to_owned()) && keys.contains(&format!("{LANGUAGE}:p")), "{keys:?}");
    for key in &keys {
        let left: i64 = redis::cmd("TTL").arg(key).query_async(&mut connection).await.unwrap();
        assert!((1..=31 * 86_400).contains(&left), "{key}: {left} s");
    }
    // It begins anew on the next day that something is written, and with each sweep.
    let table = format!("{LANGUAGE}:p");
    redis::cmd("PERSIST").arg(&table).query_async::<()>(&mut connection).await.unwrap();
    index.decide(&at("later", &story(500, 200)), day(1)).await.unwrap();
    let renewed: i64 = redis::cmd("TTL").arg(&table).query_async(&mut connection).await.unwrap();
    assert!(renewed > 30 * 86_400, "{renewed} s");
    index.tidy(day(1)).await.unwrap();
    for key in [table.as_str(), LANGUAGE] {
        let swept: i64 = redis::cmd("TTL").arg(key).query_async(&mut connection).await.unwrap();
        assert!(swept > 89 * 86_400, "{key}: {swept} s");
    }
}
