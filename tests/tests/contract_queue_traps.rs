//! What brokers do to messages, each seen on a real one: killed, frozen, blocked, full, changed by hand.
//! Each of the five ways in which a well-known pipeline loses messages has its test here or in the contract.

use crate::contract_queue_support::*;
use article::Timestamp;
use harness::RabbitMq;
use lapin::options::{QueueDeclareOptions, QueueDeleteOptions};
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties};
use queue::{Belt, Envelope, Lane, Outcome, Queue, QueueError, QueueName, QueueSettings, RetryReason};
use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::time::Duration;
use telemetry::Health;
use tokio::sync::{Mutex, MutexGuard};

/// A broker to be ill-treated, by one test after another.
async fn rough() -> MutexGuard<'static, RabbitMq> {
    static BROKER: OnceLock<Mutex<RabbitMq>> = OnceLock::new();
    let start = || Mutex::new(RabbitMq::start().unwrap_or_else(|e| panic!("{e}")));
    let broker = tokio::task::spawn_blocking(move || BROKER.get_or_init(start)).await.unwrap();
    broker.lock().await
}

fn on(url: String) -> QueueSettings {
    let (settings, _folder) = settings(On::Embedded);
    QueueSettings { url, heartbeat_secs: 1, confirm_timeout_secs: 3, ..settings }
}

async fn by_hand(url: &str) -> Connection {
    Connection::connect(url, ConnectionProperties::default()).await.unwrap()
}

async fn delete(url: &str, queue: &str) {
    let connection = by_hand(url).await;
    let channel = connection.create_channel().await.unwrap();
    channel.queue_delete(queue.into(), QueueDeleteOptions::default()).await.unwrap();
    connection.close(200, "done".into()).await.unwrap();
}

/// Passes every job on as a product.
fn passing() -> Toy {
    Toy::new(|job, _| async move { Outcome::publish(vec![product(job.number)]) })
}

/// Takes products until each of `n` has come at least once; more than once is a redelivery, under one name.
async fn all_products(queue: &Queue, n: u32) -> usize {
    let mut consumer = queue.consume(OUT, 100).await.unwrap();
    let (mut names, mut count) = (BTreeSet::new(), 0);
    while names.len() < n as usize {
        let next = tokio::time::timeout(Duration::from_secs(60), consumer.next()).await;
        let Ok(next) = next else { panic!("{} of {n} arrived; {:?}", names.len(), queue.depths().await) };
        let delivery = next.unwrap();
        names.insert(delivery.envelope.message_id.clone());
        count += 1;
        // An ack that is lost with its connection brings the message again: it is in the set already.
        let _ = delivery.ack().await;
    }
    count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_is_away_at_start_is_waited_for_and_named() {
    let broker = rough().await;
    let url = broker.vhost();
    broker.kill();
    let health = Health::new();
    let queue = Queue::open(&on(url.clone()), health.clone()).await.unwrap();
    let why = health.report()["queue"].clone();
    assert!(why.contains("waiting for the broker") && !why.contains("guest:guest"), "{why}");
    let publishing = tokio::spawn({
        let queue = queue.clone();
        async move { queue.publish(jobs(0..10)).await }
    });
    let running = work(&queue, passing());
    broker.restart().unwrap();
    within("all is published", publishing).await.unwrap().unwrap();
    all_products(&queue, 10).await;
    until("it is ready", async || health.is_ready()).await;
    running.stop().await;
}

/// The second loss: a consumer whose stream ends must come back, and no confirm may be taken for granted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_killed_twice_under_load_loses_nothing() {
    let broker = rough().await;
    let queue = open(&on(broker.vhost())).await;
    let handled = passing();
    let workers = [work(&queue, handled.clone()), work(&queue, handled.clone())];
    let publishing = tokio::spawn({
        let queue = queue.clone();
        async move {
            for first in (0..2000).step_by(20) {
                queue.publish(jobs(first..first + 20)).await.unwrap();
            }
        }
    });
    let arriving = tokio::spawn({
        let queue = queue.clone();
        async move { all_products(&queue, 2000).await }
    });
    for share in [300, 1000] {
        until("messages are under way", async || handled.seen().len() > share).await;
        broker.kill();
        broker.restart().unwrap();
    }
    within("all is published", publishing).await.unwrap();
    within("all arrives", arriving).await.unwrap();
    for worker in workers {
        worker.stop().await;
    }
}

/// A half-open connection: nothing is closed, nothing answers. Only heartbeats tell.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_broker_is_noticed_and_survived() {
    let broker = rough().await;
    let health = Health::new();
    let queue = Queue::open(&on(broker.vhost()), health.clone()).await.unwrap();
    let running = work(&queue, passing());
    queue.publish(jobs(0..10)).await.unwrap();
    broker.freeze();
    until("readiness says so", async || health.report()["queue"] != "ok").await;
    broker.thaw();
    queue.publish(jobs(10..20)).await.unwrap();
    all_products(&queue, 20).await;
    until("it is ready", async || health.is_ready()).await;
    running.stop().await;
}

/// Memory and disk alarms block publishers: waited for, said, nothing sent twice for impatience.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blocked_publisher_waits_longer_than_for_a_confirm() {
    let broker = rough().await;
    let health = Health::new();
    // A machine that is busy for seconds is no broker that is gone: then what is not confirmed is sent again.
    let settings = QueueSettings { heartbeat_secs: 20, confirm_timeout_secs: 8, ..on(broker.vhost()) };
    let queue = Queue::open(&settings, health.clone()).await.unwrap();
    broker.raise_alarm().unwrap();
    let publishing = tokio::spawn({
        let queue = queue.clone();
        async move {
            queue.publish(jobs(0..5)).await.unwrap();
            queue.publish(jobs(5..10)).await.unwrap();
        }
    });
    until("readiness names the alarm", async || health.report()["queue"].contains("alarm")).await;
    tokio::time::sleep(Duration::from_secs(10)).await; // longer than the confirm time-out
    assert!(!publishing.is_finished());
    broker.end_alarm().unwrap();
    within("all is published", publishing).await.unwrap();
    until("it is ready", async || health.is_ready()).await;
    assert_eq!(ready(&queue, QueueName::Belt(Belt::Articles, Lane::Main)).await, 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_closed_by_an_operator_are_rebuilt() {
    let broker = rough().await;
    let url = broker.vhost();
    let queue = open(&on(url.clone())).await;
    let running = work(&queue, passing());
    queue.publish(jobs(0..50)).await.unwrap();
    broker.close_connections(&url).unwrap();
    queue.publish(jobs(50..100)).await.unwrap();
    all_products(&queue, 100).await;
    running.stop().await;
}

/// Overflow `reject-publish`: a nack is back-pressure, not loss.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_presses_back_and_loses_nothing() {
    let url = harness::rabbitmq().vhost();
    let vhost = url.rsplit('/').next().unwrap();
    let queue = open(&on(url.clone())).await;
    let policy = ["set_policy", "-p", vhost, "narrow", "^stories$", r#"{"max-length":5}"#, "--apply-to", "queues"];
    harness::rabbitmq().ctl(&policy).unwrap();
    queue.publish(jobs(0..60)).await.unwrap();
    let running = work(&queue, passing());
    let full = async || ready(&queue, OUT).await >= 5;
    until("the products' queue is full", full).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    all_products(&queue, 60).await;
    until("nothing is left", async || empty(&queue).await).await;
    running.stop().await;
    assert_eq!(ready(&queue, DEAD).await, 0);
}

/// A rung that can't return because its belt is full keeps its messages until it can.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rung_waits_for_room_on_its_belt() {
    let url = harness::rabbitmq().vhost();
    let vhost = url.rsplit('/').next().unwrap();
    let settings = on(url.clone());
    let queue = open(&settings).await;
    let policy = ["set_policy", "-p", vhost, "narrow", "^articles$", r#"{"max-length":3}"#, "--apply-to", "queues"];
    harness::rabbitmq().ctl(&policy).unwrap();
    queue.publish(jobs(0..4)).await.unwrap();
    let rung = QueueName::Retry(Belt::Articles, settings.ladder[0]);
    let parked = jobs(100..110).into_iter().map(|j| Envelope { queue: rung, ..j.into() });
    queue.publish::<Envelope>(parked.collect()).await.unwrap();
    until("its time is over", async || ready(&queue, rung).await == 0).await;
    let running = work(&queue, passing());
    all_products(&queue, 14).await;
    running.stop().await;
}

#[tokio::test]
async fn a_queue_with_other_arguments_is_a_clear_error() {
    let url = harness::rabbitmq().vhost();
    let connection = by_hand(&url).await;
    let channel = connection.create_channel().await.unwrap();
    let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    channel.queue_declare("pages".into(), durable, FieldTable::default()).await.unwrap();
    let refused = Queue::open(&on(url), Health::new()).await.unwrap_err();
    let text = refused.to_string();
    assert!(matches!(refused, QueueError::Topology(_)), "{text}");
    assert!(text.contains("queue pages exists with other arguments") && text.contains("queue.prefix"), "{text}");
}

/// The fifth loss: an unroutable message counts as sent where `mandatory` is not set.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_returned_message_brings_the_topology_back_and_arrives() {
    let url = harness::rabbitmq().vhost();
    let queue = open(&on(url.clone())).await;
    let running = work(&queue, passing());
    delete(&url, "stories").await;
    // Among many that are routable, each return must find its own message.
    let publishing = (0..4).map(|n| {
        let queue = queue.clone();
        tokio::spawn(async move { queue.publish(jobs(n * 50..n * 50 + 50)).await.unwrap() })
    });
    for publishing in publishing.collect::<Vec<_>>() {
        within("all is published", publishing).await.unwrap();
    }
    all_products(&queue, 200).await;
    running.stop().await;
    assert_eq!(ready(&queue, DEAD).await, 0);
}

/// The broker cancels the consumers of a queue that is deleted, a quorum queue's in its own time: ten seconds to
/// more than a minute. A heartbeat of ten minutes keeps the look at quiet queues out of it: only the cancel tells.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_that_was_cancelled_brings_its_queue_back() {
    let url = harness::rabbitmq().vhost();
    let queue = open(&QueueSettings { heartbeat_secs: 600, ..on(url.clone()) }).await;
    let running = work(&queue, passing());
    queue.publish(jobs(0..5)).await.unwrap();
    all_products(&queue, 5).await;
    delete(&url, "articles").await;
    let there = || harness::rabbitmq().messages(&url).unwrap().contains_key("articles");
    until_at_length("its queue is there again", async || there()).await;
    queue.publish(jobs(5..10)).await.unwrap();
    all_products(&queue, 5).await;
    running.stop().await;
}

/// Declared anew within a moment, a queue forgets its consumers and cancels none (3.10).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_whose_queue_was_deleted_consumes_again() {
    let url = harness::rabbitmq().vhost();
    let queue = open(&on(url.clone())).await;
    let running = work(&queue, passing());
    queue.publish(jobs(0..5)).await.unwrap();
    all_products(&queue, 5).await;
    delete(&url, "articles").await;
    queue.publish(jobs(5..10)).await.unwrap();
    all_products(&queue, 5).await;
    running.stop().await;
}

/// Killed by the delivery limit, replayed with everything the broker wrote on it, retried once: on brokers
/// before 4.0 it is gone, silently, unless the broker's own headers end with the death.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_death_by_the_delivery_limit_replayed_and_retried_arrives() {
    let mut settings = on(harness::rabbitmq().vhost());
    settings.delivery_limit = 0;
    settings.lone_delivery_limit = 0;
    let queue = open(&settings).await;
    queue.publish(jobs([1])).await.unwrap();
    for name in [QueueName::Belt(Belt::Articles, Lane::Main), QueueName::Belt(Belt::Articles, Lane::Lone)] {
        // A connection lost with the message in hand.
        let lost = open(&settings).await;
        let mut consumer = lost.consume(name, 1).await.unwrap();
        consumer.next().await.unwrap();
        lost.close().await;
    }
    let mut dead = queue.consume(DEAD, 1).await.unwrap();
    let letter = dead.next().await.unwrap();
    let headers: serde_json::Value = serde_json::from_slice(&letter.headers).unwrap();
    assert_eq!(headers["x-death"][0]["reason"], "delivery_limit", "as the broker wrote it: {headers}");
    let death = letter.envelope.death.clone().unwrap();
    assert_eq!((death.reason.as_str(), death.stage.as_str()), ("delivery_limit", "deduplicator"));
    assert_eq!(death.origin, "articles.lone");
    queue.publish(vec![letter.envelope.clone().revived(7, Timestamp::now())]).await.unwrap();
    letter.ack().await.unwrap();

    let toy = Toy::new(|_, delivery| async move {
        if delivery.attempt < 4 { Outcome::retry(RetryReason::Conflict, "again") } else { Outcome::passed() }
    });
    let running = work(&queue, toy.clone());
    until("it came back from its rung, three times", async || toy.seen().len() == 4).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn amqps_trusts_its_own_authority_and_no_other() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let broker = harness::rabbitmq();
    let trusted = QueueSettings { ca_file: Some(broker.ca_file().to_owned()), ..on(broker.tls_vhost()) };
    let queue = open(&trusted).await;
    queue.publish(jobs([1])).await.unwrap();
    assert_eq!(ready(&queue, QueueName::Belt(Belt::Articles, Lane::Main)).await, 1);

    let health = Health::new();
    let queue = Queue::open(&QueueSettings { ca_file: None, ..trusted.clone() }, health.clone()).await.unwrap();
    assert!(health.report()["queue"].contains("certificate"), "{:?}", health.report());
    queue.close().await;
    let missing = QueueSettings { ca_file: Some("/nowhere/ca.pem".into()), ..trusted };
    let refused = Queue::open(&missing, Health::new()).await.unwrap_err();
    assert!(refused.to_string().contains("/nowhere/ca.pem"), "{refused}");
}

/// What the broker holds is what is declared: type, strategy, overflow and limits, as arguments.
#[tokio::test]
async fn the_broker_holds_the_topology_as_arguments() {
    let url = harness::rabbitmq().vhost();
    let settings = on(url.clone());
    let _queue = open(&settings).await;
    let vhost = url.rsplit('/').next().unwrap();
    let listed = harness::rabbitmq()
        .ctl(&["list_queues", "-p", vhost, "name", "arguments", "--formatter", "json", "--silent"])
        .unwrap();
    let mut listed: Vec<serde_json::Value> = serde_json::from_str(&listed).unwrap();
    // The check at start has one for a moment.
    listed.retain(|l| !l["name"].as_str().unwrap().starts_with("probe."));
    let declared = queue::topology(&settings);
    assert_eq!(listed.len(), declared.len());
    for queue in declared {
        let held = listed.iter().find(|l| l["name"] == queue.name).unwrap();
        for (key, value) in &queue.arguments {
            let said = held["arguments"].to_string();
            assert!(said.contains(key), "{}: {key} in {said}", queue.name);
            let value = value.to_string();
            assert!(said.contains(&value), "{}: {key}={value} in {said}", queue.name);
        }
    }
}
