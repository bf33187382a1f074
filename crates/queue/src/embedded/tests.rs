use super::*;
use crate::testing::{Ticket, eventually, ticket};
use crate::{Belt, Lane, Outgoing, Queue, Rung};
use sqlx::Connection;
use std::time::Duration;
use tempfile::TempDir;

const MAIN: QueueName = QueueName::Belt(Belt::Articles, Lane::Main);
const LONE: QueueName = QueueName::Belt(Belt::Articles, Lane::Lone);

fn settings(dir: &TempDir) -> QueueSettings {
    QueueSettings { url: format!("sqlite:{}", dir.path().join("queue.db").display()), ..QueueSettings::default() }
}

async fn open(settings: &QueueSettings) -> Queue {
    Queue::open(settings, Health::new()).await.unwrap()
}

/// Ends as a killed process does: the lock is let go, nothing is handed back.
async fn kill(queue: Queue) {
    queue.close().await;
}

fn tickets(n: u32) -> Vec<Outgoing> {
    (0..n).map(|i| Outgoing::new(&ticket(i))).collect()
}

async fn ready(queue: &Queue, name: QueueName) -> u64 {
    queue.shared.backend.depths(&[name]).await.unwrap()[0].ready
}

#[tokio::test]
async fn a_second_owner_is_refused_and_named_and_a_publisher_is_not() {
    let dir = TempDir::new().unwrap();
    let settings = settings(&dir);
    let owner = open(&settings).await;
    let refused = Queue::open(&settings, Health::new()).await.unwrap_err();
    assert!(matches!(&refused, QueueError::Owned { path } if path.ends_with("queue.db.lock")), "{refused}");

    let publisher = Queue::open_to_publish(&settings, Health::new()).await.unwrap();
    assert!(matches!(publisher.consume(MAIN, 1).await, Err(QueueError::NotOwner)));
    let mut consumer = owner.consume(MAIN, 1).await.unwrap();
    publisher.publish(tickets(1)).await.unwrap();
    let delivery = consumer.next().await.unwrap();
    assert_eq!(delivery.envelope.message_id, crate::Message::message_id(&ticket(0)));
    delivery.ack().await.unwrap();

    owner.close().await;
    open(&settings).await;
}

#[tokio::test]
async fn two_consumers_of_a_queue_take_turns() {
    let dir = TempDir::new().unwrap();
    let queue = open(&settings(&dir)).await;
    let (mut one, mut other) = (queue.consume(MAIN, 8).await.unwrap(), queue.consume(MAIN, 8).await.unwrap());
    let (mut ones, mut others) = (0, 0);
    for n in 0..20 {
        queue.publish(vec![Outgoing::new(&ticket(n))]).await.unwrap();
        let delivery = tokio::select! {
            delivery = one.next() => { ones += 1; delivery }
            delivery = other.next() => { others += 1; delivery }
        };
        delivery.unwrap().ack().await.unwrap();
    }
    assert_eq!((ones, others), (10, 10));
}

#[tokio::test]
async fn a_clock_that_was_set_back_holds_up_no_news_and_a_rung_is_still_waited_for() {
    let dir = TempDir::new().unwrap();
    let queue = open(&settings(&dir)).await;
    let rung = QueueName::Retry(Belt::Articles, Rung::of(Duration::from_secs(3600)));
    let waiting = Envelope { queue: rung, ..Outgoing::new(&ticket(1)).into() };
    queue.publish(vec![waiting]).await.unwrap();
    queue.publish(tickets(1)).await.unwrap();
    let mut other = database::open(&dir.path().join("queue.db")).await.unwrap();
    let ahead = "UPDATE message SET visible_at = visible_at + 7200000 WHERE rung IS NULL";
    sqlx::raw_sql(ahead).execute(&mut other).await.unwrap();

    let news = queue.shared.backend.get(MAIN).await.unwrap().expect("the news is given");
    assert_eq!(news.envelope.message_id, crate::Message::message_id(&ticket(0)));
    assert!(queue.shared.backend.get(MAIN).await.unwrap().is_none(), "the rung is not over");
    sqlx::raw_sql("UPDATE message SET visible_at = 0 WHERE rung IS NOT NULL").execute(&mut other).await.unwrap();
    assert!(queue.shared.backend.get(MAIN).await.unwrap().is_some());
}

#[tokio::test]
async fn what_was_in_hand_when_the_process_died_is_retried_alone_and_the_rest_is_not() {
    let dir = TempDir::new().unwrap();
    let settings = settings(&dir);
    let queue = open(&settings).await;
    queue.publish(tickets(5)).await.unwrap();
    let mut consumer = queue.consume(MAIN, 2).await.unwrap();
    let held = [consumer.next().await.unwrap(), consumer.next().await.unwrap()];
    kill(queue).await;
    drop(held);

    let queue = open(&settings).await;
    assert_eq!((ready(&queue, LONE).await, ready(&queue, MAIN).await), (2, 3));
}

#[tokio::test]
async fn a_message_that_kills_its_process_alone_is_dead_after_its_limit_with_stage_and_reason() {
    let dir = TempDir::new().unwrap();
    let settings = settings(&dir);
    let queue = open(&settings).await;
    queue.publish(tickets(1)).await.unwrap();
    let mut consumer = queue.consume(MAIN, 1).await.unwrap();
    let held = consumer.next().await.unwrap();
    kill(queue).await;
    drop(held);
    for crash in 0..3 {
        let queue = open(&settings).await;
        let taken = queue.shared.backend.get(LONE).await.unwrap();
        assert!(taken.is_some(), "crash {crash}");
        kill(queue).await;
    }
    let queue = open(&settings).await;
    assert_eq!(ready(&queue, LONE).await, 0);
    let mut dead = queue.consume(QueueName::Dead(Belt::Articles), 1).await.unwrap();
    let letter = dead.next().await.unwrap();
    let death = letter.envelope.death.clone().unwrap();
    assert_eq!((death.reason.as_str(), death.stage.as_str()), ("delivery_limit", "deduplicator"));
    assert_eq!(serde_json::from_slice::<Ticket>(&letter.envelope.body).unwrap(), ticket(0));
}

#[tokio::test]
async fn a_full_belt_refuses_news_but_not_what_returns() {
    let dir = TempDir::new().unwrap();
    let settings = QueueSettings { belt_max_messages: 10, ..settings(&dir) };
    let queue = open(&settings).await;
    assert!(queue.has_room(Belt::Articles).await);
    queue.publish(tickets(10)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1100)).await; // a look holds for a second
    assert!(!queue.has_room(Belt::Articles).await);
    let more: Vec<Envelope> = vec![Outgoing::new(&ticket(11)).into()];
    assert_eq!(queue.shared.backend.publish(&more).await, Err(PublishError::Full(MAIN)));
    let rung = QueueName::Retry(Belt::Articles, Rung::of(Duration::from_millis(1)));
    let returning: Vec<Envelope> = more.into_iter().map(|e| Envelope { queue: rung, ..e }).collect();
    assert_eq!(queue.shared.backend.publish(&returning).await, Ok(()));

    // Room comes with an ack, and the waiting publisher gets it.
    let waiting = tokio::spawn({
        let queue = queue.clone();
        async move { queue.publish(tickets(1)).await }
    });
    let mut consumer = queue.consume(MAIN, 4).await.unwrap();
    for _ in 0..4 {
        consumer.next().await.unwrap().ack().await.unwrap();
    }
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_refused_settling_keeps_its_hand_and_can_be_tried_again() {
    let dir = TempDir::new().unwrap();
    let settings = QueueSettings { belt_max_messages: 3, ..settings(&dir) };
    let queue = open(&settings).await;
    queue.publish(tickets(3)).await.unwrap();
    let mut claims = queue.shared.backend.consume(MAIN, 1).await.unwrap();
    let mut taken = claims.next().await.unwrap();
    let outputs: Vec<Envelope> = vec![Outgoing::new(&ticket(9)).into()];
    for _ in 0..5 {
        assert_eq!(taken.settle.forward(&outputs).await, Err(PublishError::Full(MAIN)));
    }
    let second = tokio::time::timeout(Duration::from_millis(300), claims.next()).await;
    assert!(second.is_err(), "its one hand is not free");
    taken.settle.ack().await.unwrap();
    assert!(claims.next().await.is_some());
}

#[tokio::test]
async fn a_full_disk_acks_nothing_says_so_and_recovers() {
    let dir = TempDir::new().unwrap();
    let settings = settings(&dir);
    let path = dir.path().join("queue.db");
    let health = Health::new();
    let mut connection = database::open(&path).await.unwrap();
    let (ops, waiting) = mpsc::channel(WAITING_OPS);
    let large = |letter: u8| {
        let mut envelope: Envelope = Outgoing::new(&ticket(1)).into();
        envelope.body = vec![letter; 64 * 1024];
        Row::new(&envelope)
    };
    let mut other = database::open(&path).await.unwrap();
    let sql = rows::insert_sql(1);
    large(b'a').bind(sqlx::query(sqlx::AssertSqlSafe(sql))).execute(&mut other).await.unwrap();
    // The disk ends where the file ends.
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut connection).await.unwrap();
    let end = format!("PRAGMA max_page_count = {pages}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(end)).execute(&mut connection).await.unwrap();
    tokio::spawn(Writer::new(connection, waiting, ops.downgrade(), &settings, health.clone()).run());

    let (done, mut answer) = oneshot::channel();
    ops.send(Op::Publish { rows: vec![large(b'b')], done }).await.unwrap();
    eventually("readiness says why", || health.report().get("queue").is_some_and(|w| w.contains("disk is full"))).await;
    assert!(answer.try_recv().is_err(), "nothing is confirmed");
    sqlx::raw_sql("DELETE FROM message").execute(&mut other).await.unwrap();
    assert_eq!(answer.await.unwrap(), Ok(()));
    assert!(health.is_ready());
    let bodies: Vec<Vec<u8>> = sqlx::query_scalar("SELECT body FROM message").fetch_all(&mut other).await.unwrap();
    assert_eq!(bodies, [vec![b'b'; 64 * 1024]]);
}

#[tokio::test]
async fn a_lock_held_by_another_process_is_waited_out() {
    let dir = TempDir::new().unwrap();
    let settings = settings(&dir);
    let queue = open(&settings).await;
    let mut other = database::open(&dir.path().join("queue.db")).await.unwrap();
    let tx = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let publishing = tokio::spawn({
        let queue = queue.clone();
        async move { queue.publish(tickets(1)).await }
    });
    tokio::task::yield_now().await;
    tx.rollback().await.unwrap();
    publishing.await.unwrap().unwrap();
}

#[tokio::test]
async fn closing_does_not_wait_for_a_file_that_cannot_be_written() {
    let dir = TempDir::new().unwrap();
    let settings = settings(&dir);
    let queue = open(&settings).await;
    let mut other = database::open(&dir.path().join("queue.db")).await.unwrap();
    let lock = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let publishing = tokio::spawn({
        let queue = queue.clone();
        async move { queue.publish(tickets(1)).await }
    });
    tokio::task::yield_now().await;
    tokio::time::timeout(Duration::from_secs(20), queue.close()).await.expect("closing ends");
    assert!(publishing.await.unwrap().is_err(), "what was not written is not confirmed");
    lock.rollback().await.unwrap();
    drop(queue);
    open(&settings).await;
}

#[tokio::test]
async fn a_row_that_nobody_can_read_becomes_a_message_of_no_kind() {
    let dir = TempDir::new().unwrap();
    let settings = settings(&dir);
    let queue = open(&settings).await;
    let mut other = database::open(&dir.path().join("queue.db")).await.unwrap();
    sqlx::raw_sql("INSERT INTO message (queue, visible_at, facts, body) VALUES ('articles', 0, x'FF', x'00FF')")
        .execute(&mut other)
        .await
        .unwrap();
    let mut consumer = queue.consume(MAIN, 1).await.unwrap();
    let delivery = consumer.next().await.unwrap();
    assert_eq!((delivery.envelope.kind.as_str(), delivery.envelope.body.as_slice()), ("", &[0, 0xFF][..]));
}

#[tokio::test]
async fn a_file_of_a_newer_release_is_refused() {
    let dir = TempDir::new().unwrap();
    let settings = settings(&dir);
    open(&settings).await.close().await;
    let mut other = database::open(&dir.path().join("queue.db")).await.unwrap();
    sqlx::raw_sql("PRAGMA user_version = 2").execute(&mut other).await.unwrap();
    other.close().await.unwrap();
    let refused = Queue::open(&settings, Health::new()).await.unwrap_err();
    assert!(matches!(refused, QueueError::NewerSchema { found: 2, known: 1, .. }), "{refused}");
}

#[tokio::test]
async fn stopping_a_consumer_still_gives_what_was_claimed_and_then_ends() {
    let dir = TempDir::new().unwrap();
    let queue = open(&settings(&dir)).await;
    queue.publish(tickets(8)).await.unwrap();
    let mut claims = queue.shared.backend.consume(MAIN, 4).await.unwrap();
    let first = claims.next().await.unwrap();
    claims.stop().await;
    let mut rest = Vec::new();
    while let Some(taken) = claims.next().await {
        rest.push(taken);
    }
    assert_eq!(rest.len(), 3);
    assert_eq!(ready(&queue, MAIN).await, 4);
    drop((first, rest));
    let mut again = queue.shared.backend.consume(MAIN, 8).await.unwrap();
    for _ in 0..8 {
        assert!(again.next().await.is_some(), "dropped unsettled, it comes again");
    }
}
