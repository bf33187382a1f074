//! Slots in memory: their bounds. The contract itself runs over both backends in the workspace's tests.

use super::*;

fn ask<'a>(host: &'a str, message_id: &'a str, now: Timestamp) -> Ask<'a> {
    Ask {
        host,
        domain: host,
        message_id,
        now,
        earliest: now,
        interval: Duration::from_secs(1),
        domain_per_second: 4,
        horizon: Duration::from_secs(600),
    }
}

#[tokio::test]
async fn memory_is_bounded_and_heals_with_time() {
    let slots = MemorySlots::new(100);
    let start = Timestamp::from_secs(1_000_000);
    let mut booked = 0;
    for n in 0..1_000 {
        let host = format!("h{n}.example");
        booked += usize::from(matches!(slots.reserve(&ask(&host, "m", start)).await.unwrap(), Slot::At(_)));
    }
    // Each takes a host and a reservation.
    assert_eq!(booked, 50);
    let later = start.plus(Duration::from_secs(60));
    assert_eq!(slots.reserve(&ask("new.example", "m", later)).await.unwrap(), Slot::At(later));
}

#[tokio::test]
async fn a_full_memory_keeps_what_it_promised() {
    let slots = MemorySlots::new(4);
    let start = Timestamp::from_secs(1_000_000);
    let first = slots.reserve(&ask("a.example", "1", start)).await.unwrap();
    let second = slots.reserve(&ask("a.example", "2", start)).await.unwrap();
    for n in 0..10 {
        let _ = slots.reserve(&ask("b.example", &n.to_string(), start)).await.unwrap();
    }
    assert_eq!(slots.reserve(&ask("a.example", "1", start)).await.unwrap(), first);
    assert_eq!(slots.reserve(&ask("a.example", "2", start)).await.unwrap(), second);
}

#[test]
fn settings_choose_where_and_say_what_is_wrong() {
    let politeness = PolitenessSettings::default();
    assert!(format!("{:?}", open_slots(&SlotSettings::default(), &politeness).unwrap()).contains("MemorySlots"));
    let bad = SlotSettings { url: "http://localhost".to_owned(), ..SlotSettings::default() };
    assert!(matches!(open_slots(&bad, &politeness), Err(SlotsError::Url { .. })));
    let ca = Some("/does/not/exist.pem".into());
    let missing = SlotSettings { url: "rediss://localhost".to_owned(), ca_file: ca, ..SlotSettings::default() };
    assert!(matches!(open_slots(&missing, &politeness), Err(SlotsError::CaFile { .. })));
}
