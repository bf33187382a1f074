//! Host slots: one contract over both backends, and what replicas do together. Time is an argument; nobody sleeps.

use crate::contract_index::cluster::cluster;
use article::Timestamp;
use queue::{QueueSettings, Rung};
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;
use std::time::Duration;
use web::{Ask, Away, HostSlots, MemorySlots, PolitenessSettings, RedisSlots, Slot, SlotSettings};

/// Two replicas on the run's Redis and on its Redis Cluster, and a process alone.
async fn backends() -> Vec<(&'static str, [Arc<dyn HostSlots>; 2])> {
    let prefix = harness::unique("slots");
    let single = SlotSettings { url: harness::redis().url(), prefix: prefix.clone(), ..SlotSettings::default() };
    let cluster = SlotSettings { url: cluster().await.url(), cluster: true, prefix, ..SlotSettings::default() };
    let replica = |settings| Arc::new(RedisSlots::open(settings).unwrap()) as Arc<dyn HostSlots>;
    let alone: Arc<dyn HostSlots> = Arc::new(MemorySlots::new(100_000));
    vec![
        ("redis", [replica(&single), replica(&single)]),
        ("redis cluster", [replica(&cluster), replica(&cluster)]),
        ("memory", [alone.clone(), alone]),
    ]
}

fn ask<'a>(message_id: &'a str, now: Timestamp) -> Ask<'a> {
    Ask {
        host: "www.news.example",
        domain: "news.example",
        message_id,
        now,
        earliest: now,
        interval: Duration::from_secs(1),
        domain_per_second: 4,
        horizon: Duration::from_secs(600),
    }
}

fn start() -> Timestamp {
    // Whole seconds, so that a domain's seconds and ours begin together. Near the real clock, by which keys expire.
    Timestamp::from_secs(Timestamp::now().secs() + 10)
}

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slots_are_an_interval_apart_and_belong_to_their_messages() {
    for (name, [a, b]) in backends().await {
        let t = start();
        for n in 0..20 {
            let message_id = n.to_string();
            let replica = if n % 2 == 0 { &a } else { &b };
            assert_eq!(replica.reserve(&ask(&message_id, t)).await, Ok(Slot::At(t.plus(secs(n)))), "{name}");
        }
        // Asked again, by another replica and later, they keep their places; the host's other visitors get the end.
        for n in [19, 7, 12, 5] {
            let message_id = n.to_string();
            assert_eq!(b.reserve(&ask(&message_id, t.plus(secs(4)))).await, Ok(Slot::At(t.plus(secs(n)))), "{name}");
        }
        assert_eq!(a.reserve(&ask("new", t.plus(secs(4)))).await, Ok(Slot::At(t.plus(secs(20)))), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missed_slot_is_exchanged_and_never_stacked() {
    for (name, [a, b]) in backends().await {
        let t = start();
        for message_id in ["0", "1", "2"] {
            a.reserve(&ask(message_id, t)).await.unwrap();
        }
        // Late by no more than the interval is in time.
        assert_eq!(b.reserve(&ask("1", t.plus(secs(2)))).await, Ok(Slot::At(t.plus(secs(1)))), "{name}");
        let late = t.plus(Duration::from_millis(2_001));
        assert_eq!(b.reserve(&ask("1", late)).await, Ok(Slot::At(t.plus(secs(3)))), "{name}");
        assert_eq!(a.reserve(&ask("0", late)).await, Ok(Slot::At(t.plus(secs(4)))), "{name}");
        // After a quiet hour all three come back at once: there is no credit for the quiet.
        let hour = t.plus(secs(3_600));
        for (n, message_id) in ["0", "1", "2"].into_iter().enumerate() {
            assert_eq!(a.reserve(&ask(message_id, hour)).await, Ok(Slot::At(hour.plus(secs(n as u64)))), "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_booked_beyond_the_horizon() {
    for (name, [a, b]) in backends().await {
        let t = start();
        for n in 0..=600 {
            let slot = a.reserve(&ask(&n.to_string(), t)).await.unwrap();
            assert_eq!(slot, Slot::At(t.plus(secs(n))), "{name}");
        }
        for _ in 0..3 {
            assert_eq!(b.reserve(&ask("more", t)).await, Ok(Slot::Later(t.plus(secs(601)))), "{name}");
        }
        assert_eq!(b.reserve(&ask("more", t.plus(secs(1)))).await, Ok(Slot::At(t.plus(secs(601)))), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_domain_has_room_for_its_rate_and_a_full_host_takes_nothing_from_its_neighbours() {
    for (name, [a, b]) in backends().await {
        let t = start();
        let mut taken: BTreeMap<Timestamp, u32> = BTreeMap::new();
        for n in 0..100 {
            let (host, message_id) = (format!("h{}.news.example", n % 20), n.to_string());
            let replica = if n % 3 == 0 { &a } else { &b };
            let Slot::At(slot) = replica.reserve(&Ask { host: &host, ..ask(&message_id, t) }).await.unwrap() else {
                panic!("{name}: nothing booked")
            };
            *taken.entry(Timestamp::from_secs(slot.secs())).or_default() += 1;
        }
        assert!(taken.values().all(|n| *n <= 4), "{name}: {taken:?}");
        assert_eq!(taken.len(), 25, "{name}: no second is wasted: {taken:?}");

        let t = t.plus(secs(10_000));
        for n in 0..300 {
            a.reserve(&Ask { host: "full.news.example", ..ask(&format!("full {n}"), t) }).await.unwrap();
        }
        let neighbour = Ask { host: "quiet.news.example", ..ask("quiet", t) };
        assert_eq!(b.reserve(&neighbour).await, Ok(Slot::At(t)), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slowed_host_is_left_alone_by_all() {
    for (name, [a, b]) in backends().await {
        let t = start();
        let held = a.reserve(&ask("held", t)).await.unwrap();
        assert_eq!(held, Slot::At(t), "{name}");
        let until = t.plus(secs(120));
        a.slow_down("www.news.example", "news.example", until, t).await.unwrap();
        // A shorter wish doesn't shorten a longer one.
        b.slow_down("www.news.example", "news.example", t.plus(secs(5)), t).await.unwrap();
        assert_eq!(b.reserve(&ask("held", t)).await, Ok(Slot::At(until)), "{name}: slots before it are void");
        assert_eq!(b.reserve(&ask("next", t)).await, Ok(Slot::At(until.plus(secs(1)))), "{name}");
        let other = Ask { host: "other.news.example", ..ask("other", t) };
        assert_eq!(b.reserve(&other).await, Ok(Slot::At(t)), "{name}");
        b.slow_down("www.news.example", "news.example", t.plus(secs(3_600)), t).await.unwrap();
        assert!(matches!(a.reserve(&ask("held", t)).await, Ok(Slot::Later(_))), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_can_use_only_a_later_slot_gets_one() {
    for (name, [a, _]) in backends().await {
        let t = start();
        let parked = Ask { earliest: t.plus(secs(6)), ..ask("parked", t) };
        assert_eq!(a.reserve(&parked).await, Ok(Slot::At(t.plus(secs(6)))), "{name}");
        assert_eq!(a.reserve(&ask("parked", t.plus(secs(5)))).await, Ok(Slot::At(t.plus(secs(6)))), "{name}");
    }
}

/// Deterministic and plain: the runs must be the same on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// The longest rung of the default ladder that returns in time, as the worker chooses it.
fn rung_in_time(wait: Duration) -> Duration {
    let rungs = QueueSettings::default().ladder.into_iter().map(Rung::wait);
    rungs.rev().find(|rung| *rung <= wait).unwrap_or(Rung::S5.wait())
}

/// 2,000 pages of one host, two replicas, a ladder, and a queue that is up to 0.8 s late: the host's rate is
/// never exceeded and hardly any of it is wasted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_replicas_together_keep_a_hosts_rate_and_use_it() {
    const PAGES: u64 = 2_000;
    for (name, replicas) in backends().await {
        let t = start();
        let horizon = secs(PolitenessSettings::default().horizon_secs);
        let mut dice = Dice(7);
        let mut returns: BinaryHeap<std::cmp::Reverse<(Timestamp, u64)>> =
            (0..PAGES).map(|page| std::cmp::Reverse((t.plus(Duration::from_millis(page)), page))).collect();
        let mut requests: Vec<Timestamp> = Vec::new();
        let mut laps: BTreeMap<u64, u32> = BTreeMap::new();
        while let Some(std::cmp::Reverse((now, page))) = returns.pop() {
            let replica = &replicas[usize::try_from(dice.below(2)).unwrap()];
            let page_id = page.to_string();
            let ask = Ask { horizon, ..ask(&page_id, now) };
            let back = match replica.reserve(&ask).await.unwrap() {
                Slot::At(slot) if slot.since(now) <= secs(5) => {
                    requests.push(slot.max(now));
                    continue;
                }
                Slot::At(slot) => now.plus(rung_in_time(slot.minus(secs(2)).since(now))),
                Slot::Later(_) => panic!("{name}: the horizon does not hold these pages"),
            };
            *laps.entry(page).or_default() += 1;
            returns.push(std::cmp::Reverse((back.plus(Duration::from_millis(dice.below(800))), page)));
        }
        requests.sort();
        assert_eq!(requests.len() as u64, PAGES);
        for (n, first) in requests.iter().enumerate() {
            // A slot may be used up to an interval late, so a minute holds at most one request too many.
            let within = requests[n..].iter().take_while(|r| r.since(*first) < secs(60)).count();
            assert!(within <= 61, "{name}: {within} requests in the minute after {first}");
        }
        let took = requests[requests.len() - 1].since(t).as_secs_f64();
        let used = PAGES as f64 / took;
        let (most, all) = (laps.values().max().copied().unwrap_or(0), laps.values().sum::<u32>());
        eprintln!("{name}: {PAGES} pages in {took:.0} s, {used:.3} of the rate, {most} laps at most, {all} in all");
        assert!(used >= 0.9, "{name}: {used}");
        assert!(most <= 10, "{name}: a page was republished {most} times");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slots_over_tls_with_an_authority_of_our_own() {
    let redis = harness::redis();
    let settings = SlotSettings {
        url: redis.tls_url(),
        ca_file: Some(redis.ca_file().into()),
        prefix: harness::unique("slots"),
        ..SlotSettings::default()
    };
    // As the binary does at start.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let slots = RedisSlots::open(&settings).unwrap();
    slots.probe().await.unwrap();
    let t = start();
    assert_eq!(slots.reserve(&ask("1", t)).await, Ok(Slot::At(t)));
    let distrusting = RedisSlots::open(&SlotSettings { ca_file: None, ..settings }).unwrap();
    assert!(matches!(distrusting.probe().await, Err(Away { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_dies_is_away_and_comes_back() {
    let redis = harness::Redis::start().unwrap();
    let settings = SlotSettings { url: redis.url(), response_ms: 500, connect_ms: 500, ..SlotSettings::default() };
    let slots = RedisSlots::open(&settings).unwrap();
    let t = start();
    assert_eq!(slots.reserve(&ask("1", t)).await, Ok(Slot::At(t)));
    redis.freeze();
    assert!(slots.reserve(&ask("2", t)).await.is_err(), "silence is absence");
    redis.thaw();
    redis.kill();
    assert!(slots.reserve(&ask("2", t)).await.is_err());
    redis.restart().unwrap();
    // The script is gone with the old server and is sent again; the first question may still meet the dead connection.
    let mut answer = Err(Away { why: String::new() });
    for _ in 0..50 {
        answer = slots.reserve(&ask("3", t)).await;
        if answer.is_ok() {
            break;
        }
    }
    assert!(answer.is_ok(), "{answer:?}");
}
