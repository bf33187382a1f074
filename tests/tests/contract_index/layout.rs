//! The log in Redis: what no verdict of a small stream would show.

use super::backends::Backend;
use super::cluster::cluster;
use super::texts::{self, NOON, at, edited, story};
use article::{Sketch, Timestamp, VerdictKind};
use deduplicator::{Index, IndexError, IndexSettings, Replica, Thresholds};
use redis::aio::MultiplexedConnection;
use std::time::Duration;

/// The log's key.
pub(super) const LOG: &str = "wireroom:6:{*}";
/// The key of the id of its last entry.
pub(super) const LAST: &str = "wireroom:6:{*}:last";

fn day(days: u64) -> Timestamp {
    NOON.plus(Duration::from_secs(days * 86_400))
}

/// A Redis of its own, a replica of the index in it and a connection to look at it.
pub(super) async fn alone(thresholds: Thresholds) -> (harness::Redis, Replica, MultiplexedConnection) {
    let server = harness::Redis::start().unwrap();
    let index = replica(&server, thresholds).await;
    let client = redis::Client::open(server.url()).unwrap();
    let connection = client.get_multiplexed_async_connection().await.unwrap();
    (server, index, connection)
}

pub(super) async fn replica(server: &harness::Redis, thresholds: Thresholds) -> Replica {
    let settings = IndexSettings { url: server.url(), thresholds, ..IndexSettings::default() };
    Replica::open(&settings).await.unwrap()
}

pub(super) async fn run<T: redis::FromRedisValue>(connection: &mut MultiplexedConnection, words: &[&str]) -> T {
    let mut command = redis::cmd(words[0]);
    for word in &words[1..] {
        command.arg(*word);
    }
    command.query_async(connection).await.unwrap()
}

/// Several stories hold a mark, stories end and are swept, the common are seen again: whoever has lived through it and
/// whoever reads it in the log say the same, and so does the log in a file.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_reads_the_log_decides_as_those_that_wrote_it() {
    let by = Thresholds { common_after: 4, ..Thresholds::default() };
    let (server, first, _) = alone(by).await;
    let embedded = Backend::embedded_with(by).await.index;
    let mut replicas = vec![first];
    let mut copies = 0;
    for (n, row) in (0..).zip(press::texts(11, 600)) {
        let query = texts::query(row.url.as_str(), &row.text, "en");
        let now = NOON.plus(Duration::from_secs(n * 9_000));
        if n % 100 == 50 {
            replicas.push(replica(&server, by).await);
        }
        // In turn, so that each has to read what the others wrote.
        let turn = &replicas[n as usize % replicas.len()];
        let verdict = turn.decide(&query, now).await.unwrap();
        copies += u32::from(verdict.kind == VerdictKind::NearCopy);
        assert_eq!(verdict, embedded.decide(&query, now).await.unwrap(), "{}", row.url);
        if n % 4 == 0 {
            replicas[0].tidy(now).await.unwrap();
        }
    }
    assert!(copies > 100, "{copies} copies");
    let mut held = Vec::new();
    for replica in &replicas {
        let stats = replica.stats().await.unwrap();
        held.push((stats.articles, stats.hashes));
    }
    assert!(held.iter().all(|h| h.0 >= 280), "{held:?}");
}

/// A book has as many marks as a sketch may: one batch has them all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_longest_text_is_kept_and_found() {
    let (server, index, _) = alone(Thresholds::default()).await;
    let book = story(90, 40_000);
    let query = at("first", &book);
    let marks = query.sketch.as_ref().map_or(0, |sketch: &Sketch| sketch.marks().len());
    assert!(marks > 500, "{marks} marks");
    assert_eq!(index.decide(&query, NOON).await.unwrap().kind, VerdictKind::New);
    assert_eq!(index.stats().await.unwrap().shingles, marks as u64);
    let other = replica(&server, Thresholds::default()).await;
    let copy = other.decide(&at("copy", &edited(&book, 25, 7)), NOON).await.unwrap();
    assert_eq!(copy.kind, VerdictKind::NearCopy);
}

/// What has left the window is gone from the log, and a sweep leaves what is still within it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sweep_leaves_what_is_still_within_the_window() {
    let (server, index, mut connection) = alone(Thresholds::default()).await;
    let frame = story(50, 60);
    let column = |n: u64| at(&format!("site{n}"), &format!("{frame} {}", story(60 + n, 240)));
    for n in 0..3 {
        assert_eq!(index.decide(&column(n), NOON).await.unwrap().kind, VerdictKind::New);
    }
    // Seen again: common from this day on.
    assert_eq!(index.decide(&column(3), day(20)).await.unwrap().kind, VerdictKind::New);
    let entries: u64 = run(&mut connection, &["XLEN", LOG]).await;
    for _ in 0..256 {
        index.tidy(day(40)).await.unwrap();
    }
    let left: u64 = run(&mut connection, &["XLEN", LOG]).await;
    assert_eq!((entries, left), (4, 1));
    let stats = index.stats().await.unwrap();
    let marks = column(3).sketch.map_or(0, |sketch| sketch.marks().len() as u64);
    assert_eq!((stats.articles, stats.stories, stats.shingles), (1, 1, marks));
    for replica in [index, replica(&server, Thresholds::default()).await] {
        let copy = at("copy", &edited(&format!("{frame} {}", story(63, 240)), 25, 7));
        assert_eq!(replica.decide(&copy, day(40)).await.unwrap().kind, VerdictKind::NearCopy);
    }
}

/// An index that nobody writes to any more goes away by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_key_of_an_index_has_its_time_to_live() {
    let (_server, index, mut connection) = alone(Thresholds::default()).await;
    index.decide(&at("first", &story(80, 200)), NOON).await.unwrap();
    for _ in 0..2 {
        let keys: Vec<String> = run(&mut connection, &["KEYS", "wireroom:6:{*"]).await;
        assert_eq!(keys.len(), 2, "{keys:?}");
        for key in [LOG, LAST] {
            let left: i64 = run(&mut connection, &["TTL", key]).await;
            assert!(left > 89 * 86_400, "{key}: {left} s");
            run::<()>(&mut connection, &["PERSIST", key]).await;
        }
        // It begins anew with whatever is written.
        index.decide(&at("later", &story(500, 200)), day(1)).await.unwrap();
    }
}

/// A log that has lost its end with a server, as a failover may lose it, is not taken for the one that was read, though it
/// has gone on since.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_lost_its_end_is_read_anew() {
    let (server, index, mut connection) = alone(Thresholds::default()).await;
    let kept = index.decide(&at("kept", &story(1, 300)), NOON).await.unwrap();
    let before: String = run(&mut connection, &["GET", LAST]).await;
    index.decide(&at("lost", &story(2, 300)), NOON).await.unwrap();
    let lost: String = run(&mut connection, &["GET", LAST]).await;
    run::<()>(&mut connection, &["XDEL", LOG, &lost]).await;
    run::<()>(&mut connection, &["SET", LAST, &before]).await;
    // A stream remembers the largest id that it had; a server that lost it does not.
    run::<()>(&mut connection, &["XSETID", LOG, &before]).await;
    let other = replica(&server, Thresholds::default()).await;
    let opened = other.decide(&at("other", &edited(&story(2, 300), 25, 3)), NOON).await.unwrap();
    assert_eq!(opened.kind, VerdictKind::New, "nobody has what was lost");
    // Who had it joins the story that there is now.
    let again = index.decide(&at("lost", &story(2, 300)), NOON).await.unwrap();
    assert_eq!((again.kind, again.story), (VerdictKind::NearCopy, opened.story));
    assert_eq!(index.decide(&at("kept", &story(1, 300)), NOON).await.unwrap(), kept);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emptied_log_is_forgotten_by_those_who_read_it() {
    let (server, index, mut connection) = alone(Thresholds::default()).await;
    for n in 0..3 {
        index.decide(&at(&format!("site{n}"), &story(n, 300)), NOON).await.unwrap();
    }
    run::<()>(&mut connection, &["FLUSHALL"]).await;
    let copy = index.decide(&at("copy", &story(1, 300)), NOON).await.unwrap();
    assert_eq!(copy.kind, VerdictKind::New);
    assert_eq!(index.stats().await.unwrap().articles, 1);
    // Others find what was written since, and can remove it.
    let other = replica(&server, Thresholds::default()).await;
    assert_eq!(other.stats().await.unwrap().articles, 1);
    other.clear().await.unwrap();
    assert_eq!(index.stats().await.unwrap().articles, 0);
}

/// Languages of a Cluster's logs.
const LANGUAGES: [&str; 5] = ["de", "en", "es", "fr", "it"];

/// An index on the Cluster with an article in each of [`LANGUAGES`].
async fn of_all_languages() -> Backend {
    let backend = Backend::cluster().await;
    for (n, language) in (0..).zip(LANGUAGES) {
        let query = texts::query(&format!("https://{language}.example/1"), &story(n, 300), language);
        backend.index.decide(&query, NOON).await.unwrap();
    }
    backend
}

async fn remove(backend: &Backend, keys: &[String]) {
    let client = redis::cluster::ClusterClient::new([cluster().await.url()]).unwrap();
    let mut connection = client.get_async_connection().await.unwrap();
    for key in keys {
        let key = format!("{}:6:{key}", backend.prefix());
        assert_eq!(redis::cmd("DEL").arg(&key).query_async::<u32>(&mut connection).await.unwrap(), 1, "{key}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_languages_log_is_lost_and_the_others_are_not() {
    for language in LANGUAGES {
        let backend = of_all_languages().await;
        remove(&backend, &[format!("{{{language}}}"), format!("{{{language}}}:last")]).await;
        assert_eq!(backend.index.stats().await.unwrap().articles, 4, "without {language}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emptied_cluster_lists_its_logs_again() {
    let backend = of_all_languages().await;
    let logs = LANGUAGES.iter().flat_map(|language| [format!("{{{language}}}"), format!("{{{language}}}:last")]);
    remove(&backend, &logs.chain(["logs".to_owned()]).collect::<Vec<_>>()).await;
    assert_eq!(backend.index.decide(&at("copy", &story(1, 300)), NOON).await.unwrap().kind, VerdictKind::New);
    let other = backend.replica().await;
    assert_eq!(other.stats().await.unwrap().articles, 1);
    other.clear().await.unwrap();
    assert_eq!(backend.index.stats().await.unwrap().articles, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_log_stops_everything_until_it_was_rebuilt() {
    for damage in [
        &["XADD", LOG, "99999-0", "b", "no batch"][..],
        &["XADD", LOG, "99999-0", "other", "field"],
        &["SET", LOG, "no stream"],
    ] {
        let (server, index, mut connection) = alone(Thresholds::default()).await;
        index.decide(&at("first", &story(1, 300)), NOON).await.unwrap();
        run::<redis::Value>(&mut connection, damage).await;
        run::<()>(&mut connection, &["SET", LAST, "99999-0"]).await;
        for index in [index, replica(&server, Thresholds::default()).await] {
            for failure in [index.decide(&at("second", &story(2, 300)), NOON).await.err(), index.stats().await.err()] {
                let said = failure.map(|why| (why.to_string(), matches!(why, IndexError::Damaged(_))));
                let (said, is_damaged) = said.unwrap();
                assert!(is_damaged && said.contains("run `wireroom index rebuild`"), "{damage:?}: {said}");
            }
        }
        // As a rebuild begins.
        let mending = replica(&server, Thresholds::default()).await;
        mending.clear().await.unwrap();
        assert_eq!(mending.decide(&at("second", &story(2, 300)), NOON).await.unwrap().kind, VerdictKind::New);
    }
}

/// Reading is no trying: whoever begins with a decision has all of a long log before him.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_log_is_read_to_its_end_before_the_first_decision() {
    let (server, index, mut connection) = alone(Thresholds::default()).await;
    index.decide(&at("first", &story(1, 300)), NOON).await.unwrap();
    // The same batch some thirteen thousand times, and then one that only the log's end has.
    let again = "local b = redis.call('XRANGE', KEYS[1], '-', '+')[1][2][2]
                 for i = 1, 13000 do redis.call('XADD', KEYS[1], '40000-' .. i, 'b', b) end
                 redis.call('SET', KEYS[2], '40000-13000')";
    run::<()>(&mut connection, &["EVAL", again, "2", LOG, LAST]).await;
    let opened = replica(&server, Thresholds::default()).await.decide(&at("last", &story(2, 300)), NOON).await.unwrap();
    let copy = at("copy", &edited(&story(2, 300), 25, 3));
    let late = replica(&server, Thresholds::default()).await;
    assert_eq!(late.decide(&copy, NOON).await.unwrap().story, opened.story);
}
