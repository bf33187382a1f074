//! The queue's contract, once, on every backend: what becomes of a message, by its handler's outcome. What workers do
//! when something stops, dies or is away is in `contract_queue_workers`.

use crate::contract_queue_support::*;
use article::Timestamp;
use queue::{
    Belt, DeadReason, Done, DropReason, Envelope, Lane, MessageId, Outcome, Outgoing, QueueName, ReplayOutcome,
    RetryReason, Rung, Then,
};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

contract! {
    done_publishes_then_records_then_acks,
    a_drop_is_acked_and_told,
    a_failure_spends_an_attempt_and_a_wait_does_not,
    many_laps_lose_nothing,
    attempts_end_in_a_dead_letter_with_its_story,
    panics_and_time_outs_are_retried_and_then_dead,
    what_cannot_be_read_is_dead_with_its_bytes,
    a_replay_tells_the_registrar_how_it_ended,
    the_later_lane_keeps_its_messages,
    not_before_is_kept,
    what_is_too_large_to_publish_kills_its_cause,
    a_trace_goes_on,
}

async fn done_publishes_then_records_then_acks(on: On) {
    let (settings, _folder) = settings(on);
    let queue = open(&settings).await;
    let recorded = Arc::new(AtomicBool::new(false));
    let toy = Toy::new({
        let (queue, recorded) = (queue.clone(), recorded.clone());
        move |job, _| {
            let (queue, recorded) = (queue.clone(), recorded.clone());
            async move {
                let then = Then::new(move || async move {
                    // What was published is safe by now.
                    while ready(&queue, OUT).await < 3 {
                        tokio::task::yield_now().await;
                    }
                    recorded.store(true, Ordering::SeqCst);
                    Ok(())
                });
                let publish = (0..3).map(|i| product(job.number * 10 + i)).collect();
                Outcome::Done(Done { publish, then: Some(then), note: "made three".to_owned() })
            }
        }
    });
    queue.publish(jobs([1])).await.unwrap();
    let running = work(&queue, toy);
    until("it is settled", async || !running.diary.0.lock().unwrap().is_empty()).await;
    assert!(recorded.load(Ordering::SeqCst));
    let decision = running.diary.0.lock().unwrap()[0].clone();
    assert_eq!((decision.outcome, decision.detail.as_str(), decision.attempt), ("done", "made three", 1));
    assert_eq!(decision.url.as_deref(), Some("https://news.example/1"));
    running.stop().await;
    until("nothing is left", async || empty(&queue).await).await;
    let order: Vec<String> = take(&queue, OUT, 3).await.into_iter().map(|e| e.message_id.0).collect();
    assert_eq!(order, ["product-10", "product-11", "product-12"]);
}

async fn a_drop_is_acked_and_told(on: On) {
    let (settings, _folder) = settings(on);
    let queue = open(&settings).await;
    queue.publish(jobs([1])).await.unwrap();
    let running = work(&queue, Toy::new(|_, _| async { Outcome::drop(DropReason::Stale, "seen newer") }));
    until("it is settled", async || !running.diary.0.lock().unwrap().is_empty()).await;
    let decision = running.diary.0.lock().unwrap()[0].clone();
    assert_eq!((decision.outcome, decision.reason, decision.detail.as_str()), ("drop", "stale", "seen newer"));
    running.stop().await;
    until("nothing is left", async || empty(&queue).await).await;
    assert_eq!((ready(&queue, OUT).await, ready(&queue, DEAD).await), (0, 0));
}

async fn a_failure_spends_an_attempt_and_a_wait_does_not(on: On) {
    let (settings, _folder) = settings(on);
    let queue = open(&settings).await;
    let toy = Toy::new(|_, delivery| async move {
        match delivery.attempt + delivery.waits {
            1 => Outcome::retry(RetryReason::Unreachable, "no route"),
            2 => Outcome::retry(RetryReason::HostBusy, "its slot is later"),
            3 => Outcome::retry(RetryReason::CutOff, "half a page"),
            _ => Outcome::passed(),
        }
    });
    queue.publish(jobs([1])).await.unwrap();
    let running = work(&queue, toy.clone());
    until("four deliveries", async || toy.seen().len() == 4).await;
    running.stop().await;
    let counts: Vec<(u32, u32)> = toy.seen().iter().map(|(_, d)| (d.attempt, d.waits)).collect();
    assert_eq!(counts, [(1, 0), (2, 0), (2, 1), (3, 1)]);
    let first_seen: BTreeSet<Timestamp> = toy.seen().iter().map(|(_, d)| d.first_seen).collect();
    assert_eq!(first_seen.len(), 1, "the age is counted from the first publish");
}

/// Brokers before 4.0 drop what they take for a cycle, silently, if laps keep the broker's own headers.
async fn many_laps_lose_nothing(on: On) {
    let (settings, _folder) = settings(on);
    let queue = open(&settings).await;
    let toy = Toy::new(|_, delivery| async move {
        if delivery.attempt < 5 { Outcome::retry(RetryReason::Conflict, "again") } else { Outcome::passed() }
    });
    queue.publish(jobs(0..20)).await.unwrap();
    let running = work(&queue, toy.clone());
    until("five deliveries each", async || toy.seen().len() == 100).await;
    running.stop().await;
    until("nothing is left", async || empty(&queue).await).await;
    assert_eq!(ready(&queue, DEAD).await, 0);
}

async fn attempts_end_in_a_dead_letter_with_its_story(on: On) {
    let (mut settings, _folder) = settings(on);
    settings.attempts = 3;
    let queue = open(&settings).await;
    let toy = Toy::new(|_, _| async { Outcome::retry(RetryReason::Conflict, "tcp: refused\ncaused by: ü") });
    queue.publish(jobs([7])).await.unwrap();
    let running = work(&queue, toy.clone());
    let letter = take(&queue, DEAD, 1).await.remove(0);
    running.stop().await;
    assert_eq!(toy.seen().len(), 3);
    let death = letter.death.clone().unwrap();
    assert_eq!((death.reason.as_str(), death.stage.as_str()), ("attempts_spent", "deduplicator"));
    assert_eq!(death.detail, "conflict: tcp: refused\ncaused by: ü");
    assert_eq!((death.origin.as_str(), death.release.as_str()), ("articles", env!("CARGO_PKG_VERSION")));
    assert_eq!((letter.attempt, letter.host.as_deref()), (3, Some("news.example")));
    assert_eq!(letter.message_id, MessageId("job-7".to_owned()));
    assert_eq!(letter.traceparent.as_deref().map(str::len), Some(55));
    assert_eq!(serde_json::from_slice::<Job>(&letter.body).unwrap(), Job { number: 7 });
    assert_eq!(letter.first_seen, toy.seen()[0].1.first_seen);
}

async fn panics_and_time_outs_are_retried_and_then_dead(on: On) {
    let (mut settings, _folder) = settings(on);
    settings.attempts = 2;
    settings.handler_timeout_secs = 1;
    let queue = open(&settings).await;
    let toy = Toy::new(|job, _| async move {
        assert!(job.number != 1, "one is too few");
        std::future::pending().await
    });
    queue.publish(jobs([1, 2])).await.unwrap();
    let running = work(&queue, toy.clone());
    let letters = take(&queue, DEAD, 2).await;
    let reasons: BTreeSet<&'static str> = running.diary.0.lock().unwrap().iter().map(|d| d.reason).collect();
    running.stop().await;
    assert_eq!(reasons, BTreeSet::from(["panicked", "handler_timeout", "attempts_spent"]));
    let details: BTreeSet<String> = letters.into_iter().map(|l| l.death.unwrap().detail).collect();
    assert!(details.iter().any(|d| d.contains("one is too few")), "{details:?}");
    assert!(details.iter().any(|d| d.contains("no outcome in 1s")), "{details:?}");
}

async fn what_cannot_be_read_is_dead_with_its_bytes(on: On) {
    let (settings, _folder) = settings(on);
    let queue = open(&settings).await;
    let whole: Envelope = jobs([1]).remove(0).into();
    let garbled = Envelope { body: vec![0, 0xFF, b'{'], ..whole.clone() };
    let foreign = Envelope { kind: "poem".to_owned(), ..whole };
    queue.publish(vec![garbled.clone(), foreign.clone()]).await.unwrap();
    let toy = Toy::new(|_, _| async { Outcome::passed() });
    let running = work(&queue, toy.clone());
    let letters = take(&queue, DEAD, 2).await;
    running.stop().await;
    assert!(toy.seen().is_empty());
    let bodies: BTreeSet<&[u8]> = letters.iter().map(|l| l.body.as_slice()).collect();
    assert_eq!(bodies, BTreeSet::from([garbled.body.as_slice(), foreign.body.as_slice()]));
    assert!(letters.iter().all(|l| l.death.as_ref().unwrap().reason == "undecodable"));
}

async fn a_replay_tells_the_registrar_how_it_ended(on: On) {
    let (settings, _folder) = settings(on);
    let queue = open(&settings).await;
    let toy = Toy::new(|job, delivery| async move {
        match (job.number, delivery.attempt) {
            (1, _) => Outcome::publish(vec![product(1)]),
            (2, _) => Outcome::drop(DropReason::TakenDown, "by its owner"),
            (3, _) => Outcome::dead(DeadReason::Charset, "mojibake"),
            (4, 1) => Outcome::retry(RetryReason::Conflict, "again"),
            _ => Outcome::passed(),
        }
    });
    let now = Timestamp::now();
    let letters = jobs([1, 2, 3, 4]).into_iter().map(Envelope::from);
    let revived = letters.zip(101..).map(|(e, row)| e.revived(row, now)).collect();
    queue.publish::<Envelope>(revived).await.unwrap();
    let running = work(&queue, toy.clone());
    let told = take(&queue, QueueName::Outcomes, 4).await;
    running.stop().await;
    let mut told: Vec<_> = told
        .iter()
        .map(|e| ReplayOutcome::from_envelope(e).unwrap())
        .map(|o| (o.row, o.outcome, o.reason, o.stage.as_str()))
        .collect();
    told.sort();
    let expected = [
        (101, "done", "", "deduplicator"),
        (102, "drop", "taken_down", "deduplicator"),
        (103, "dead", "charset", "deduplicator"),
        (104, "done", "", "deduplicator"),
    ];
    assert_eq!(told, expected.map(|(row, o, r, s)| (row, o.to_owned(), r.to_owned(), s)));
    let again = take(&queue, DEAD, 1).await.remove(0);
    assert_eq!((again.replay, again.replays), (Some(103), 1));
    let product = take(&queue, OUT, 1).await.remove(0);
    assert_eq!((product.replay, product.replays), (None, 0), "the account is about the stage of the death");
    assert!(toy.seen().iter().all(|(_, d)| d.lane == Lane::Later), "replays stay behind the news");
}

async fn the_later_lane_keeps_its_messages(on: On) {
    let (settings, _folder) = settings(on);
    let queue = open(&settings).await;
    let toy = Toy::new(|_, delivery| async move {
        if delivery.attempt < 3 { Outcome::retry(RetryReason::Conflict, "again") } else { Outcome::passed() }
    });
    queue.publish(vec![Outgoing::on(Lane::Later, &Job { number: 1 })]).await.unwrap();
    queue.publish(jobs([2])).await.unwrap();
    let running = work(&queue, toy.clone());
    until("three deliveries each", async || toy.seen().len() == 6).await;
    running.stop().await;
    for (number, delivery) in toy.seen() {
        assert_eq!(delivery.lane, if number == 1 { Lane::Later } else { Lane::Main }, "{number}");
    }
}

async fn not_before_is_kept(on: On) {
    let (settings, _folder) = settings(on);
    let queue = open(&settings).await;
    let asked = Arc::new(std::sync::Mutex::new(Timestamp::default()));
    let toy = Toy::new({
        let asked = asked.clone();
        move |_, delivery| {
            let asked = asked.clone();
            async move {
                if delivery.waits > 0 {
                    return Outcome::passed();
                }
                // Longer than any one rung: a lap on each, and the rest in hand.
                let at = Timestamp::now().plus(Duration::from_millis(900));
                *asked.lock().unwrap() = at;
                Outcome::retry_at(RetryReason::HostBusy, at, "its slot")
            }
        }
    });
    queue.publish(jobs([1])).await.unwrap();
    let running = work(&queue, toy.clone());
    until("it came back", async || toy.seen().len() == 2).await;
    running.stop().await;
    let seen = toy.seen();
    assert!(seen[1].1.received_at >= *asked.lock().unwrap());
    assert_eq!((seen[1].1.attempt, seen[1].1.waits), (1, 1), "laps that the time takes are not counted");
}

async fn what_is_too_large_to_publish_kills_its_cause(on: On) {
    let (mut settings, _folder) = settings(on);
    settings.message_max_bytes = 10_000;
    let queue = open(&settings).await;
    let toy = Toy::new(|_, _| async {
        let filling = "x".repeat(10_000);
        Outcome::publish(vec![product(1), Outgoing::new(&Product { number: 2, filling })])
    });
    queue.publish(jobs([1])).await.unwrap();
    let running = work(&queue, toy);
    let letter = take(&queue, DEAD, 1).await.remove(0);
    running.stop().await;
    let death = letter.death.unwrap();
    assert_eq!(death.reason, "unpublishable");
    assert!(death.detail.contains("10000 are allowed"), "{}", death.detail);
    assert_eq!(ready(&queue, OUT).await, 0, "all or nothing");
    let refused = queue.publish(vec![Outgoing::new(&Product { number: 3, filling: "x".repeat(10_000) })]).await;
    assert!(matches!(refused, Err(queue::QueueError::Unsendable(queue::Unsendable::TooLarge { .. }))));
}

async fn a_trace_goes_on(on: On) {
    let (settings, _folder) = settings(on);
    let queue = open(&settings).await;
    let traced: Envelope = jobs([1]).remove(0).into();
    let given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    queue.publish(vec![Envelope { traceparent: Some(given.to_owned()), ..traced }]).await.unwrap();
    let toy = Toy::new(|_, _| async { Outcome::publish(vec![product(1)]) });
    let running = work(&queue, toy.clone());
    let made = take(&queue, OUT, 1).await.remove(0).traceparent.unwrap();
    running.stop().await;
    let handled = toy.seen()[0].1.traceparent.clone().unwrap();
    let trace = |t: &str| t[3..35].to_owned();
    assert_eq!((trace(&made), trace(&handled)), (trace(given), trace(given)));
    assert_ne!(handled, given, "handling is a span of its own");
    assert_eq!(made, handled, "and the parent of what it caused");
}

#[test]
fn a_rungs_name_carries_its_time_and_reads_back() {
    for (millis, name) in [(200, "200ms"), (5_000, "5s"), (90_000, "90s"), (300_000, "5m"), (3_600_000, "1h")] {
        let rung = Rung::of(Duration::from_millis(millis));
        assert_eq!(rung.to_string(), name);
        let queue = QueueName::Retry(Belt::Pages, rung);
        assert_eq!(QueueName::from_name(&format!("pages.retry.{name}")), Some(queue));
    }
    assert_eq!(QueueName::from_name("pages.retry.0s"), None);
    assert_eq!(QueueName::from_name("pages."), None);
}
