//! Waiting is on tokio's paused clock: nothing here takes real time.

use super::*;
use crate::slots::MemorySlots;

const START: Timestamp = Timestamp(1_800_000_000_000);

fn politeness(settings: PolitenessSettings) -> Arc<Politeness> {
    Arc::new(Politeness::new(Arc::new(MemorySlots::new(10_000)), settings).unwrap())
}

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn later(secs: u64) -> Timestamp {
    START.plus(Duration::from_secs(secs))
}

/// Books past the waiting, as another replica does.
async fn book(politeness: &Politeness, message_id: &str, now: Timestamp) -> Timestamp {
    let ask = Ask {
        host: "news.example",
        domain: "news.example",
        message_id,
        now,
        earliest: now,
        interval: Duration::from_secs(1),
        domain_per_second: 4,
        horizon: Duration::from_secs(600),
    };
    match politeness.slots.reserve(&ask).await.unwrap() {
        Slot::At(slot) => slot,
        Slot::Later(slot) => panic!("nothing booked before {slot}"),
    }
}

#[track_caller]
fn free_at(refused: Result<SlotGuard, SlotRefusal>) -> Timestamp {
    match refused {
        Err(SlotRefusal::Busy { free_at }) => free_at,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_near_slot_is_waited_for_and_a_far_one_parked_for() {
    let politeness = politeness(PolitenessSettings::default());
    let page = url("https://news.example/a");
    let began = tokio::time::Instant::now();
    drop(politeness.reserve(&page, "0", None, START).await.unwrap());
    assert_eq!(began.elapsed(), Duration::ZERO);
    for n in 1..=5 {
        drop(politeness.reserve(&page, &n.to_string(), None, later(n - 1)).await.unwrap());
        assert_eq!(began.elapsed(), Duration::from_secs(n));
    }
    // Ten ask at once: the slots are one second apart, and those beyond five seconds come back for theirs.
    let mut refused = 0;
    for n in 10..20 {
        let slot = book(&politeness, &n.to_string(), later(5)).await;
        assert_eq!(slot, later(n - 4));
        if slot.since(later(5)) > Duration::from_secs(5) {
            let free_at = free_at(politeness.reserve(&page, &n.to_string(), None, later(5)).await);
            assert_eq!(free_at, slot.minus(Duration::from_secs(2)), "a little before its own slot");
            refused += 1;
        }
    }
    assert_eq!(refused, 5);
}

#[tokio::test(start_paused = true)]
async fn the_slowest_wish_is_granted_up_to_the_cap_and_the_operator_has_the_last_word() {
    let settings = PolitenessSettings {
        hosts: [
            ("agreed.example".to_owned(), HostOverride { per_second: Some(10.0), ..HostOverride::default() }),
            ("*.press.example".to_owned(), HostOverride { per_second: Some(0.2), ..HostOverride::default() }),
        ]
        .into(),
        ..PolitenessSettings::default()
    };
    let politeness = politeness(settings);
    let interval = |host: &str, delay: Option<u64>| {
        politeness.interval(host, delay.map(Duration::from_secs), &politeness.door(host))
    };
    assert_eq!(interval("a.example", None), Duration::from_secs(1));
    assert_eq!(interval("a.example", Some(10)), Duration::from_secs(10));
    assert_eq!(interval("a.example", Some(3_600)), Duration::from_secs(30));
    assert_eq!(interval("agreed.example", Some(10)), Duration::from_millis(100));
    assert_eq!(interval("daily.press.example", None), Duration::from_secs(5));
    assert!(politeness.is_too_slow(&url("https://a.example/"), Some(Duration::from_secs(31))));
    assert!(!politeness.is_too_slow(&url("https://a.example/"), Some(Duration::from_secs(30))));
    assert!(!politeness.is_too_slow(&url("https://agreed.example/"), Some(Duration::from_secs(3_600))));
}

#[tokio::test(start_paused = true)]
async fn a_connection_in_use_is_waited_for_and_not_shared() {
    let politeness = politeness(PolitenessSettings::default());
    let page = url("https://news.example/a");
    let held = politeness.reserve(&page, "0", None, START).await.unwrap();
    let began = tokio::time::Instant::now();
    let _ = free_at(politeness.reserve(&page, "1", None, START).await);
    assert_eq!(began.elapsed(), Duration::from_secs(5), "slot and connection together");
    // Another host's connection is another.
    drop(politeness.reserve(&url("https://other.example/"), "2", None, later(5)).await.unwrap());
    let waiter = tokio::spawn({
        let (politeness, page) = (politeness.clone(), page.clone());
        async move { politeness.reserve(&page, "3", None, later(10)).await.map(drop) }
    });
    tokio::task::yield_now().await;
    drop(held);
    assert!(waiter.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn only_a_few_handlers_wait_for_one_host() {
    let politeness = politeness(PolitenessSettings { waiting_per_host: 2, ..PolitenessSettings::default() });
    let page = url("https://news.example/a");
    let mut waiters = tokio::task::JoinSet::new();
    for n in 0..8 {
        let (politeness, page) = (politeness.clone(), page.clone());
        waiters.spawn(async move { politeness.reserve(&page, &n.to_string(), None, START).await.map(drop) });
    }
    let mut far: Vec<Timestamp> = Vec::new();
    let mut taken = 0;
    while let Some(done) = waiters.join_next().await {
        match done.unwrap() {
            Ok(()) => taken += 1,
            Err(SlotRefusal::Busy { free_at }) => far.push(free_at),
            Err(other) => panic!("{other}"),
        }
    }
    far.sort();
    // The first needn't wait, two do, five are parked for slots of their own, none of which they'd miss.
    assert_eq!((taken, far.len()), (3, 5));
    assert_eq!(far, [4, 5, 6, 7, 8].map(later));
}

#[tokio::test(start_paused = true)]
async fn a_slow_hosts_slots_come_at_its_pace() {
    let politeness = politeness(PolitenessSettings::default());
    let door = politeness.door("slow.example");
    door.pace.store(8_000_000, Relaxed);
    assert_eq!(politeness.interval("slow.example", None, &door), Duration::from_secs(8));
    door.pace.store(u64::MAX, Relaxed);
    assert_eq!(politeness.interval("slow.example", None, &door), Duration::from_secs(30), "and no slower than the cap");
    let guard = politeness.reserve(&url("https://fast.example/"), "1", None, START).await.unwrap();
    drop(guard);
    assert_eq!(politeness.interval("fast.example", None, &politeness.door("fast.example")), Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_host_that_asks_to_be_left_alone_is() {
    let politeness = politeness(PolitenessSettings { slow_down_cap_secs: 3_600, ..PolitenessSettings::default() });
    let page = url("https://news.example/a");
    assert_eq!(politeness.slow_down(&page, Some(later(100)), START).await.unwrap(), later(100));
    assert_eq!(free_at(politeness.reserve(&page, "1", None, START).await), later(98));
    drop(politeness.reserve(&page, "1", None, later(98)).await.unwrap());
    let other = url("https://other.example/");
    assert_eq!(politeness.slow_down(&other, None, START).await.unwrap(), later(60));
    assert_eq!(politeness.slow_down(&other, Some(later(999_999)), START).await.unwrap(), later(3_600));
    assert_eq!(politeness.slow_down(&other, Some(Timestamp(0)), START).await.unwrap(), START, "the past is now");
}

#[tokio::test(start_paused = true)]
async fn spare_slots_are_taken_only_where_nobody_waits() {
    let politeness = politeness(PolitenessSettings::default());
    let page = url("https://news.example/a");
    drop(politeness.reserve_spare(&page, "visit", None, START).await.unwrap());
    for n in 0..8 {
        book(&politeness, &format!("news {n}"), later(1)).await;
    }
    let lap = free_at(politeness.reserve_spare(&page, "another visit", None, later(1)).await);
    // Half the horizon on, with jitter.
    assert!((later(1_201)..=later(1_206)).contains(&lap), "{lap}");
}

#[test]
fn rates_of_nothing_are_refused_by_name() {
    let refused = |settings| match Politeness::new(Arc::new(MemorySlots::new(1)), settings) {
        Err(WebError::Rate { key }) => key,
        other => panic!("{other:?}"),
    };
    let settings = PolitenessSettings { host_per_second: 0.0, ..PolitenessSettings::default() };
    assert_eq!(refused(settings), "web.politeness.host_per_second");
    let hosts = [("a.example".to_owned(), HostOverride { per_second: Some(f64::NAN), ..HostOverride::default() })];
    let settings = PolitenessSettings { hosts: hosts.into(), ..PolitenessSettings::default() };
    assert_eq!(refused(settings), "web.politeness.hosts.\"a.example\".per_second");
}
