use crate::feed::PollHints;
use crate::poller::PollerSettings;
use crate::poller::rhythm::{backoff, interval, max_age, next_due, unchanged_interval};
use article::Timestamp;
use proptest::prelude::*;
use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;

fn now() -> Timestamp {
    // A Tuesday.
    Timestamp::parse_rfc3339("2026-11-24T09:30:00Z").unwrap()
}

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// The interval of a feed with entries these many seconds old.
fn rhythm(ages: &[u64]) -> u64 {
    let dates: Vec<Timestamp> = ages.iter().map(|a| now().minus(secs(*a))).collect();
    interval(&dates, true, secs(900), now(), &PollerSettings::default()).as_secs()
}

#[test]
fn the_interval_follows_the_feeds_own_rhythm() {
    assert_eq!(rhythm(&[0, 20 * MINUTE, 40 * MINUTE, HOUR]), 10 * MINUTE);
    // Bounds.
    assert_eq!(rhythm(&[0, 30, MINUTE]), 2 * MINUTE);
    assert_eq!(rhythm(&[0, 400 * DAY]), DAY);
    // It fell asleep two days ago.
    assert_eq!(rhythm(&[2 * DAY, 2 * DAY + 20 * MINUTE]), 4 * HOUR);
    // Dates in the future tell nothing.
    let dates = [now().plus(secs(DAY)), now().plus(secs(2 * DAY))];
    assert_eq!(interval(&dates, false, secs(900), now(), &PollerSettings::default()), secs(1200));
}

#[test]
fn without_dates_news_shortens_and_silence_lengthens() {
    let next = |found| interval(&[], found, secs(1200), now(), &PollerSettings::default()).as_secs();
    assert_eq!((next(true), next(false)), (900, 1600));
}

#[test]
fn a_304_keeps_the_interval_until_the_silence_outgrows_it() {
    let next = |last| unchanged_interval(secs(900), last, now(), &PollerSettings::default()).as_secs();
    assert_eq!(next(None), 900);
    assert_eq!(next(Some(now().minus(secs(HOUR)))), 900);
    assert_eq!(next(Some(now().minus(secs(12 * HOUR)))), HOUR);
}

#[test]
fn the_feeds_wishes_count_up_to_a_bound() {
    let settings = PollerSettings::default();
    let wait = |hints: PollHints, age: Option<u64>| {
        next_due(secs(300), &hints, age.map(secs), now(), 0, &settings).since(now()).as_secs()
    };
    assert_eq!(wait(PollHints::default(), None), 300);
    assert_eq!(wait(PollHints { ttl: Some(secs(1800)), ..PollHints::default() }, Some(60)), 1800);
    assert_eq!(wait(PollHints { update_every: Some(secs(900)), ..PollHints::default() }, Some(1200)), 1200);
    assert_eq!(wait(PollHints { ttl: Some(secs(DAY)), ..PollHints::default() }, None), HOUR);
    let spread = next_due(secs(300), &PollHints::default(), None, now(), 255, &settings);
    assert_eq!(spread.since(now()).as_secs(), 315);
}

#[test]
fn hours_and_days_without_news_are_skipped() {
    let due = |hints: PollHints| next_due(secs(300), &hints, None, now(), 0, &PollerSettings::default()).rfc3339();
    assert_eq!(due(PollHints { skip_hours: vec![9, 10], ..PollHints::default() }), "2026-11-24T11:00:00Z");
    assert_eq!(due(PollHints { skip_days: vec![1], ..PollHints::default() }), "2026-11-25T00:00:00Z");
    // A feed that leaves out everything is asked all the same.
    assert_eq!(due(PollHints { skip_days: (0..7).collect(), ..PollHints::default() }), "2026-11-24T09:35:00Z");
}

#[test]
fn failures_back_off_to_a_day_then_to_a_week_and_never_to_never() {
    let settings = PollerSettings::default();
    let wait =
        |failures, ok: Option<u64>| backoff(failures, ok.map(|s| now().minus(secs(s))), now(), &settings).as_secs();
    assert_eq!([1, 2, 3, 9, 10, 100].map(|n| wait(n, Some(DAY))), [300, 600, 1200, 76_800, DAY, DAY]);
    assert_eq!(wait(30, Some(15 * DAY)), 7 * DAY);
    assert_eq!((wait(14, None), wait(15, None)), (DAY, 7 * DAY));
}

#[test]
fn cache_control() {
    let age = |field, age| max_age(Some(field), age).map(|d| d.as_secs());
    assert_eq!(age("public, max-age=600", None), Some(600));
    assert_eq!(age("Max-Age=\"600\"", Some("100")), Some(500));
    assert_eq!(age("max-age=60", Some("100")), Some(0));
    assert_eq!(age("no-cache, max-age=600", None), None);
    assert_eq!(age("max-age=soon", None), None);
    assert_eq!(max_age(None, None), None);
}

proptest! {
    #[test]
    fn the_next_poll_is_never_sooner_nor_much_later_than_the_bounds(
        ages in proptest::collection::vec(0_u64..100_000_000, 0..30),
        ttl in proptest::option::of(0_u64..10_000_000),
        failures in 0_u32..200,
        spread: u8,
    ) {
        let settings = PollerSettings::default();
        let dates: Vec<Timestamp> = ages.iter().map(|a| now().minus(secs(*a))).collect();
        let every = interval(&dates, true, secs(900), now(), &settings);
        let hints = PollHints { ttl: ttl.map(secs), ..PollHints::default() };
        let wait = next_due(every, &hints, None, now(), spread, &settings).since(now());
        prop_assert!(wait >= secs(settings.min_interval_secs) && wait <= secs(settings.max_interval_secs) * 21 / 20);
        let wait = backoff(failures, None, now(), &settings);
        prop_assert!(wait >= secs(settings.backoff_first_secs) && wait <= secs(7 * DAY));
    }
}
