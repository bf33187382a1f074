//! What a policy of the broker's operator can change, and what it can't. AMQP does not show policies: these tests are
//! how we know which of them the start need not look for.

use crate::contract_queue_support::*;
use harness::RabbitMq;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Confirmation, Connection, ConnectionProperties};
use queue::{DeadReason, Outcome, Queue, QueueName, QueueSettings, RetryReason};
use std::collections::BTreeSet;
use std::time::Duration;
use telemetry::Health;

/// What would turn at-least-once into losing, if it were heard.
const LOSING: &str =
    r#""dead-letter-strategy":"at-most-once","dead-letter-exchange":"","dead-letter-routing-key":"no""#;

fn on(url: &str) -> QueueSettings {
    let (settings, _folder) = settings(On::Embedded);
    QueueSettings { url: url.to_owned(), ..settings }
}

/// Sets a policy on the queues of a URL's vhost. Of several that match the one of the highest priority applies.
fn set(broker: &RabbitMq, url: &str, name: &str, pattern: &str, definition: &str, priority: &str) {
    let vhost = url.rsplit('/').next().unwrap();
    let definition = format!("{{{definition}}}");
    let asked = ["set_policy", "-p", vhost, name, pattern, &definition, "--priority", priority, "--apply-to", "queues"];
    broker.ctl(&asked).unwrap();
}

/// How many of 40 messages a queue that declares only its type takes in, and how many it still has.
async fn bystander(url: &str) -> (usize, u32) {
    let connection = Connection::connect(url, ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
    let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    let mut quorum = FieldTable::default();
    quorum.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
    channel.queue_declare("bystander".into(), durable, quorum).await.unwrap();
    let mut taken = 0;
    for _ in 0..40 {
        let (options, properties) = (BasicPublishOptions::default(), BasicProperties::default());
        let sent = channel.basic_publish("".into(), "bystander".into(), options, b"", properties).await.unwrap();
        taken += usize::from(matches!(sent.await.unwrap(), Confirmation::Ack(_)));
    }
    let passive = QueueDeclareOptions { passive: true, ..durable };
    let queue = channel.queue_declare("bystander".into(), passive, FieldTable::default()).await.unwrap();
    connection.close(200, "done".into()).await.unwrap();
    (taken, queue.message_count())
}

/// The messages in a queue by name, once there were `n`: one may come twice.
async fn names(queue: &Queue, from: QueueName, n: usize) -> BTreeSet<String> {
    let mut consumer = queue.consume(from, 100).await.unwrap();
    let mut names = BTreeSet::new();
    while names.len() < n {
        let next = tokio::time::timeout(Duration::from_secs(30), consumer.next()).await;
        let delivery = next.unwrap_or_else(|_| panic!("{} of {n} came", names.len())).unwrap();
        names.insert(delivery.envelope.message_id.0.clone());
        let _ = delivery.ack().await;
    }
    names
}

/// What readiness says of letters, once it says something.
async fn of_letters(health: &Health) -> String {
    let said = || health.report().get("queue.letters").cloned();
    until("letters were looked at", async || said().is_some()).await;
    said().unwrap()
}

/// Of a policy's and an argument's word about strategy and route the argument's counts; of two lengths the lower. So
/// rungs return to their belt, letters are kept, and a queue that a policy makes full refuses.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_queues_declare_no_policy_takes_away() {
    let broker = harness::rabbitmq();
    let url = broker.vhost();
    set(broker, &url, "losing", ".*", LOSING, "0");
    set(broker, &url, "narrow", "^(stories|bystander)$", &format!("{LOSING},\"max-length\":5"), "1");
    assert_eq!(bystander(&url).await, (40, 5), "who declares nothing drops what it took in");
    let health = Health::new();
    let queue = Queue::open(&on(&url), health.clone()).await.unwrap();
    assert_eq!(of_letters(&health).await, "ok");
    queue.publish(jobs(0..60)).await.unwrap();
    let down_the_ladder_once = Toy::new(|job, delivery| async move {
        match delivery.attempt {
            1 => Outcome::retry(RetryReason::Unreachable, "once"),
            _ => Outcome::publish(vec![product(job.number)]),
        }
    });
    let running = work(&queue, down_the_ladder_once);
    until("the products' queue is full", async || ready(&queue, OUT).await >= 5).await;
    assert_eq!(names(&queue, OUT, 60).await, (0..60).map(|n| format!("product-{n}")).collect());
    until("nothing is left", async || empty(&queue).await).await;
    running.stop().await;
    assert_eq!(ready(&queue, DEAD).await, 0);
}

/// About overflow the policy has the last word.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_that_makes_queues_drop_is_seen_at_start() {
    let broker = harness::rabbitmq();
    let url = broker.vhost();
    set(broker, &url, "drops", ".*", r#""overflow":"drop-head""#, "0");
    let health = Health::new();
    let queue = Queue::open(&on(&url), health.clone()).await.unwrap();
    let said = of_letters(&health).await;
    assert!(said.contains("loses letters") && said.contains("No policy may set `overflow`"), "{said}");
    queue.close().await;
}

/// A length for every queue is what a careful operator sets. Full, the dead letters' queue refuses; with nothing said
/// about overflow it would drop the oldest.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn letters_outlive_a_policy_that_bounds_every_queue() {
    let broker = harness::rabbitmq();
    let url = broker.vhost();
    set(broker, &url, "bounded", ".*", r#""max-length":5"#, "0");
    let queue = open(&on(&url)).await;
    let running = work(&queue, Toy::new(|_, _| async move { Outcome::dead(DeadReason::Charset, "unreadable") }));
    for first in (0..20).step_by(4) {
        queue.publish(jobs(first..first + 4)).await.unwrap();
    }
    until("their queue is full", async || ready(&queue, DEAD).await >= 5).await;
    assert_eq!(names(&queue, DEAD, 20).await, (0..20).map(|n| format!("job-{n}")).collect());
    running.stop().await;
}
