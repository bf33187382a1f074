//! Redis away, slow, full, forgetful; and over TLS. Each test has a Redis of its own.

use super::cluster::until;
use super::texts::{NOON, at, edited, story};
use article::VerdictKind;
use deduplicator::{Index, IndexError, IndexSettings, Replica};
use std::time::Duration;

fn settings(url: String) -> IndexSettings {
    IndexSettings { url, response_timeout_ms: 500, connect_timeout_ms: 500, ..IndexSettings::default() }
}

async fn command(url: &str, words: &[&str]) {
    let client = redis::Client::open(url).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut command = redis::cmd(words[0]);
    for word in &words[1..] {
        command.arg(*word);
    }
    command.query_async::<redis::Value>(&mut connection).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_redis_is_away_and_a_restarted_one_remembers() {
    let server = harness::Redis::start().unwrap();
    let index = Replica::open(&settings(server.url())).await.unwrap();
    let original = at("first", &story(1, 300));
    let verdict = index.decide(&original, NOON).await.unwrap();
    server.kill();
    let copy = at("second", &edited(&story(1, 300), 25, 2));
    assert!(matches!(index.decide(&copy, NOON).await, Err(IndexError::Away(_))));
    assert!(matches!(index.ping().await, Err(IndexError::Away(_))));
    server.restart().unwrap();
    until(|| async { index.ping().await.is_ok() }).await;
    assert_eq!(index.decide(&original, NOON).await.unwrap(), verdict);
    let copied = index.decide(&copy, NOON).await.unwrap();
    assert_eq!((copied.kind, copied.story), (VerdictKind::NearCopy, verdict.story));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_does_not_answer_is_away() {
    let server = harness::Redis::start().unwrap();
    let index = Replica::open(&settings(server.url())).await.unwrap();
    let query = at("first", &story(1, 300));
    server.freeze();
    assert!(matches!(index.decide(&query, NOON).await, Err(IndexError::Away(_))));
    server.thaw();
    until(|| async { index.ping().await.is_ok() }).await;
    // It may have decided after all: a redelivery is new either way.
    assert_eq!(index.decide(&query, NOON).await.unwrap().kind, VerdictKind::New);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_redis_is_away_and_loses_nothing() {
    let server = harness::Redis::start().unwrap();
    let index = Replica::open(&settings(server.url())).await.unwrap();
    let verdict = index.decide(&at("first", &story(1, 300)), NOON).await.unwrap();
    command(&server.url(), &["CONFIG", "SET", "maxmemory", "1"]).await;
    let failure = index.decide(&at("second", &story(2, 300)), NOON).await.unwrap_err();
    assert!(matches!(&failure, IndexError::Away(why) if why.contains("OOM")), "{failure}");
    assert!(matches!(index.ping().await, Err(IndexError::Away(_))));
    command(&server.url(), &["CONFIG", "SET", "maxmemory", "0"]).await;
    assert_eq!(index.decide(&at("second", &story(2, 300)), NOON).await.unwrap().kind, VerdictKind::New);
    assert_eq!(index.decide(&at("first", &story(1, 300)), NOON).await.unwrap(), verdict);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_forgets_scripts_is_sent_them_again() {
    let server = harness::Redis::start().unwrap();
    let index = Replica::open(&settings(server.url())).await.unwrap();
    index.decide(&at("first", &story(1, 300)), NOON).await.unwrap();
    command(&server.url(), &["SCRIPT", "FLUSH"]).await;
    assert_eq!(index.decide(&at("second", &story(2, 300)), NOON).await.unwrap().kind, VerdictKind::New);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_may_forget_is_found_out() {
    let server = harness::Redis::start().unwrap();
    let index = Replica::open(&settings(server.url())).await.unwrap();
    assert_eq!(index.faults().await.unwrap(), Vec::<String>::new());
    command(&server.url(), &["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]).await;
    command(&server.url(), &["CONFIG", "SET", "appendonly", "no"]).await;
    let faults = index.faults().await.unwrap();
    assert!(faults[0].contains("set maxmemory-policy noeviction"), "{faults:?}");
    assert!(faults[1].contains("appendonly no"), "{faults:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_of_an_earlier_release_is_found_out() {
    let server = harness::Redis::start().unwrap();
    let index = Replica::open(&settings(server.url())).await.unwrap();
    command(&server.url(), &["SADD", "wireroom:2:languages", "en"]).await;
    let faults = index.faults().await.unwrap();
    assert!(faults.len() == 1 && faults[0].contains("run `wireroom index rebuild`"), "{faults:?}");
    // Rebuilt, it has one of its own.
    index.decide(&at("first", &story(1, 300)), NOON).await.unwrap();
    assert_eq!(index.faults().await.unwrap(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_tls_only_the_named_authority_is_trusted() {
    let server = harness::Redis::start().unwrap();
    let trusting = IndexSettings { ca_file: Some(server.ca_file().to_owned()), ..settings(server.tls_url()) };
    let index = Replica::open(&trusting).await.unwrap();
    assert_eq!(index.decide(&at("first", &story(1, 300)), NOON).await.unwrap().kind, VerdictKind::New);
    let stranger = Replica::open(&settings(server.tls_url())).await.unwrap();
    assert!(stranger.ping().await.is_err());
    let missing = IndexSettings { ca_file: Some("/nowhere/ca.pem".into()), ..settings(server.tls_url()) };
    let failure = Replica::open(&missing).await.unwrap_err().to_string();
    assert!(failure.contains("ca_file /nowhere/ca.pem"), "{failure}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_left_the_window_takes_no_space_for_long() {
    let server = harness::Redis::start().unwrap();
    let index = Replica::open(&settings(server.url())).await.unwrap();
    for n in 0..20 {
        index.decide(&at(&format!("site{n}"), &story(n, 250)), NOON).await.unwrap();
    }
    let full = index.stats().await.unwrap();
    assert_eq!((full.articles, full.stories), (20, 20));
    let later = NOON.plus(Duration::from_secs(86_400 * 40));
    // A part of each table a round, of 256.
    for _ in 0..256 {
        index.tidy(later).await.unwrap();
    }
    let swept = index.stats().await.unwrap();
    assert_eq!((swept.articles, swept.hashes, swept.stories, swept.shingles), (0, 0, 0, 0));
    assert!(swept.memory < full.memory, "{full:?} {swept:?}");
    // Nor in the log, and whoever comes later finds its end.
    let late = Replica::open(&settings(server.url())).await.unwrap();
    assert_eq!(late.stats().await.unwrap().articles, 0);
    for replica in [&late, &index] {
        let verdict = replica.decide(&at("again", &story(3, 250)), later).await.unwrap();
        assert_eq!(verdict.kind, VerdictKind::New);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_memory_that_is_full_waits_and_says_so_until_it_is_given_more() {
    let server = harness::Redis::start().unwrap();
    let small = IndexSettings { memory_mb: 1, ..settings(server.url()) };
    let index = Replica::open(&small).await.unwrap();
    let mut n = 0;
    let failure = loop {
        match index.decide(&at(&format!("site{n}"), &story(n, 400)), NOON).await {
            Ok(verdict) => assert_eq!(verdict.kind, VerdictKind::New),
            Err(why) => break why,
        }
        n += 1;
        assert!(n < 5_000, "{:?}", index.stats().await);
        if n % 100 == 0 {
            index.tidy(NOON).await.unwrap();
        }
    };
    let said = failure.to_string();
    assert!(matches!(failure, IndexError::Away(_)) && said.contains("index.memory_mb is 1: raise it"), "{said}");
    // Who reads as much of the log stops before it has all of it.
    let reader = Replica::open(&small).await.unwrap();
    assert!(matches!(reader.stats().await, Err(IndexError::Away(_))));
    let larger = Replica::open(&settings(server.url())).await.unwrap();
    let copy = at("copy", &edited(&story(7, 400), 25, 2));
    assert_eq!(larger.decide(&copy, NOON).await.unwrap().kind, VerdictKind::NearCopy);
    // What has left the window makes room.
    let later = NOON.plus(Duration::from_secs(86_400 * 40));
    for _ in 0..256 {
        index.tidy(later).await.unwrap();
    }
    assert_eq!(index.decide(&at("later", &story(9_000, 400)), later).await.unwrap().kind, VerdictKind::New);
}
