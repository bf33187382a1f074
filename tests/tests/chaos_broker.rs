//! What a broker does to clients that ask too much of it: it times out a consumer that holds a delivery too long, and
//! it takes no more connections in a flood.

use crate::contract_queue_support::{OUT, On, Toy, jobs, product, settings, until, work};
use harness::RabbitMq;
use lapin::{Connection, ConnectionProperties};
use queue::{Outcome, Queue, QueueSettings};
use std::collections::BTreeSet;
use std::time::Duration;
use telemetry::Health;
use tokio::task::JoinSet;

async fn start_broker() -> RabbitMq {
    tokio::task::spawn_blocking(|| RabbitMq::start().unwrap_or_else(|e| panic!("{e}"))).await.unwrap()
}

fn on(url: String) -> QueueSettings {
    let (settings, _folder) = settings(On::Embedded);
    QueueSettings { url, handler_timeout_secs: 60, ..settings }
}

/// Takes products until each of `n` has come at least once.
async fn all_products(queue: &Queue, n: usize) {
    let mut consumer = queue.consume(OUT, 100).await.unwrap();
    let mut names = BTreeSet::new();
    while names.len() < n {
        let next = tokio::time::timeout(Duration::from_secs(60), consumer.next()).await;
        let delivery = next.unwrap_or_else(|_| panic!("{} of {n} arrived", names.len())).unwrap();
        names.insert(delivery.envelope.message_id.clone());
        let _ = delivery.ack().await;
    }
}

/// The broker closes the channel of whoever holds a delivery for longer than its consumer time-out, and everything on
/// that channel comes again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_that_the_broker_times_out_consumes_again() {
    let broker = start_broker().await;
    let hasty = "application:set_env(rabbit, consumer_timeout, 1500), \
                 application:set_env(rabbit, channel_tick_interval, 500).";
    broker.ctl(&["eval", hasty]).unwrap();
    let queue = Queue::open(&on(broker.vhost()), Health::new()).await.unwrap();
    let toy = Toy::new(|job, delivery| async move {
        if job.number == 3 && !delivery.redelivered {
            return std::future::pending().await;
        }
        Outcome::publish(vec![product(job.number)])
    });
    let running = work(&queue, toy.clone());
    queue.publish(jobs(0..10)).await.unwrap();
    until("all but one are handled", async || toy.seen().len() >= 10).await;
    // That it was held too long is seen by its coming again.
    until("it came again", async || toy.seen().iter().any(|(n, d)| *n == 3 && d.redelivered)).await;
    queue.publish(jobs(10..20)).await.unwrap();
    all_products(&queue, 20).await;
    running.stop().await;
}

/// A client that connects again and again, and never lets go.
async fn besiege(url: String) {
    loop {
        if let Ok(connection) = Connection::connect(&url, ConnectionProperties::default()).await {
            while connection.status().connected() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }
}

/// With no connection left for us the news waits, readiness says so, and it goes on when the flood is over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_connections_is_waited_out() {
    let broker = start_broker().await;
    let url = broker.vhost();
    let vhost = url.rsplit('/').next().unwrap().to_owned();
    let health = Health::new();
    let queue = Queue::open(&on(url.clone()), health.clone()).await.unwrap();
    let running = work(&queue, Toy::new(|job, _| async move { Outcome::publish(vec![product(job.number)]) }));
    queue.publish(jobs(0..20)).await.unwrap();
    broker.ctl(&["set_vhost_limits", "-p", &vhost, r#"{"max-connections": 20}"#]).unwrap();
    let mut flood = JoinSet::new();
    (0..40).for_each(|_| drop(flood.spawn(besiege(url.clone()))));
    broker.close_connections(&url).unwrap();
    let publishing = tokio::spawn({
        let queue = queue.clone();
        async move { queue.publish(jobs(20..40)).await.unwrap() }
    });
    let refused = |why: &String| why.contains("waiting for the broker");
    until("no connection is left for us", async || health.report().values().any(refused)).await;
    flood.shutdown().await;
    publishing.await.unwrap();
    all_products(&queue, 40).await;
    until("it is ready", async || health.is_ready()).await;
    running.stop().await;
}

/// What readiness says of letters, once it says something.
async fn of_letters(broker: &RabbitMq) -> String {
    let health = Health::new();
    let queue = Queue::open(&on(broker.vhost()), health.clone()).await.unwrap();
    let said = || health.report().get("queue.letters").cloned();
    until("letters were looked at", async || said().is_some()).await;
    queue.close().await;
    said().unwrap()
}

/// Before 4.0 a broker whose feature flag is off takes every declaration as asked, and loses letters all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whether_the_broker_keeps_its_letters_is_seen_at_start() {
    assert_eq!(of_letters(harness::rabbitmq()).await, "ok");
    let version = harness::rabbitmq().ctl(&["version"]).unwrap();
    if !version.starts_with("3.") {
        harness::skip("a broker that loses its letters", &format!("RabbitMQ {version} has no such flag"));
        return;
    }
    let start = || RabbitMq::start_with_feature_flags("quorum_queue,virtual_host_metadata,implicit_default_bindings");
    let old = tokio::task::spawn_blocking(move || start().unwrap_or_else(|e| panic!("{e}"))).await.unwrap();
    let said = of_letters(&old).await;
    assert!(said.contains("loses letters") && said.contains("enable_feature_flag stream_queue"), "{said}");
}
