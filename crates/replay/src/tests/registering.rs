//! From dead-letter queues to the ledger.

use super::{Desk, dead};
use queue::{Belt, Envelope, MessageId, QueueName, ReplayOutcome, Stage};
use store::{DeadFilter, LedgerState};

#[tokio::test(flavor = "multi_thread")]
async fn letters_go_to_the_ledger_once() {
    let desk = Desk::with_registrar().await;
    let letters: Vec<Envelope> = (0..100).map(|n| dead(n, 0)).collect();
    desk.queue.publish(letters.clone()).await.unwrap();
    desk.dead(100).await;
    // Redelivered: an ack was lost.
    desk.queue.publish(letters).await.unwrap();
    desk.queue.publish(vec![dead(100, 0)]).await.unwrap();
    let rows = desk.dead(101).await;
    let letter = &rows[0].letter;
    assert_eq!((letter.stage.as_str(), letter.reason.as_str(), letter.attempts), ("deduplicator", "charset", 8));
    assert_eq!((letter.detail.as_str(), letter.release.as_str()), ("first cause: second cause", "0.1.0"));
    assert_eq!((letter.host.as_deref(), letter.source.as_deref()), (Some("one.example"), Some("one-example")));
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_does_not_stop_it_and_a_death_by_the_broker_has_its_queues_stage() {
    let desk = Desk::with_registrar().await;
    let mut garbage = dead(1, 0);
    garbage.queue = QueueName::Dead(Belt::Pages);
    garbage.message_id = MessageId("no\u{0}body".to_owned());
    garbage.kind = "\u{0}".repeat(100_000);
    garbage.body = (0..=255).collect();
    garbage.traceparent = Some("x".repeat(100_000));
    garbage.death = None;
    let mut liar = dead(2, 0);
    if let Some(death) = &mut liar.death {
        death.stage = "'; DROP TABLE ledger".to_owned();
    }
    desk.queue.publish(vec![garbage, liar, dead(3, 0)]).await.unwrap();
    let rows = desk.dead(3).await;
    let of = |id: &str| rows.iter().find(|r| r.letter.message_id == id).unwrap();
    let broken = &of("nobody").letter;
    assert_eq!((broken.stage.as_str(), broken.reason.as_str()), ("retriever", "delivery_limit"));
    assert_eq!(broken.body, (0..=255).collect::<Vec<u8>>());
    assert!(rows.iter().filter(|r| r.letter.stage == "deduplicator").count() == 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn outcomes_go_to_their_rows() {
    let desk = Desk::with_registrar().await;
    desk.bury(4).await;
    let rows = desk.dead(4).await;
    let outcome = |n: usize, what: &str, reason: &str| {
        ReplayOutcome {
            row: rows[n].id,
            message_id: MessageId(rows[n].letter.message_id.clone()),
            stage: Stage::Deduplicator,
            outcome: what.to_owned(),
            reason: reason.to_owned(),
            detail: String::new(),
            at: article::Timestamp::now(),
        }
        .envelope()
    };
    let mut garbage = outcome(0, "done", "");
    garbage.body = b"{".to_vec();
    let mut strangers = outcome(3, "done", "");
    strangers.body =
        String::from_utf8(strangers.body).unwrap().replace(&rows[3].letter.message_id, "another").into_bytes();
    let all =
        vec![garbage, strangers, outcome(0, "done", ""), outcome(1, "drop", "stale"), outcome(2, "dead", "charset")];
    desk.queue.publish(all).await.unwrap();
    desk.rows(LedgerState::Passed, 1).await;
    assert_eq!(desk.rows(LedgerState::Dropped, 1).await[0].outcome.as_deref(), Some("stale"));
    desk.rows(LedgerState::DeadAgain, 1).await;
    assert_eq!(desk.dead(1).await[0].id, rows[3].id, "a row of the same number is not the same message");
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_wait_while_the_store_is_away() {
    let desk = Desk::new().await;
    let closed = desk.store.clone();
    closed.close().await;
    let registrar = crate::Registrar::new(closed, desk.queue.clone());
    let stop = desk.stop.child_token();
    let task = {
        let stop = stop.clone();
        tokio::spawn(async move { registrar.run(stop).await })
    };
    desk.queue.publish(vec![dead(1, 0)]).await.unwrap();
    // In hand and not acked: it is neither lost nor in anybody's ledger.
    for _ in 0..500 {
        let depths = desk.queue.depths().await.unwrap();
        let held = depths.iter().find(|d| d.queue == QueueName::Dead(Belt::Articles)).unwrap();
        if held.in_flight == Some(1) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    stop.cancel();
    task.await.unwrap().unwrap();
    let depths = desk.queue.depths().await.unwrap();
    let held = depths.iter().find(|d| d.queue == QueueName::Dead(Belt::Articles)).unwrap();
    assert_eq!(held.ready + held.in_flight.unwrap_or(0), 1);
    assert!(desk.store.dead_count(&DeadFilter::default()).await.is_err());
}
