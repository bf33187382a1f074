//! Three RabbitMQ nodes: the leader of every queue is killed under load, another is cut off, and what was
//! confirmed is still there.

use crate::contract_queue_support::{OUT, On, Toy, jobs, product, settings, until, within, work};
use harness::RabbitMq;
use queue::{Outcome, Queue, QueueSettings};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use telemetry::Health;

const JOBS: u32 = 1500;

fn node_settings(url: String) -> QueueSettings {
    let (settings, _folder) = settings(On::Embedded);
    QueueSettings { url, heartbeat_secs: 2, confirm_timeout_secs: 10, ..settings }
}

async fn open_on(node: &RabbitMq, vhost: &str) -> Queue {
    Queue::open(&node_settings(node.on_this_node(vhost)), Health::new()).await.unwrap()
}

/// Takes products until each job's has come; the number of names so far is for all to see.
async fn arrive(queue: Queue, names: Arc<Mutex<BTreeSet<String>>>) {
    let mut consumer = queue.consume(OUT, 100).await.unwrap();
    while names.lock().unwrap().len() < JOBS as usize {
        let Some(delivery) = consumer.next().await else { return };
        names.lock().unwrap().insert(delivery.envelope.message_id.0.clone());
        let _ = delivery.ack().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_that_loses_its_leaders_and_then_a_member_loses_nothing() {
    let nodes = tokio::task::spawn_blocking(|| {
        let first = RabbitMq::start()?;
        let [second, third] = std::thread::scope(|both| {
            [both.spawn(|| first.join()), both.spawn(|| first.join())].map(|node| node.join().unwrap())
        });
        Ok::<_, harness::HarnessError>([first, second?, third?])
    });
    let [first, second, third] = nodes.await.unwrap().unwrap_or_else(|e| panic!("{e}"));
    let vhost = first.vhost();
    // Whoever declares a queue leads it: all leaders are on the first node, and nobody works through it.
    open_on(&first, &vhost).await.close().await;
    let (on_second, on_third) = (open_on(&second, &vhost).await, open_on(&third, &vhost).await);
    let passing = || Toy::new(|job, _| async move { Outcome::publish(vec![product(job.number)]) });
    let workers = [work(&on_second, passing()), work(&on_third, passing())];
    let names = Arc::new(Mutex::new(BTreeSet::new()));
    let arriving = tokio::spawn(arrive(on_second.clone(), names.clone()));
    let publishing = tokio::spawn({
        let queue = on_second.clone();
        async move {
            for start in (0..JOBS).step_by(10) {
                queue.publish(jobs(start..start + 10)).await.unwrap();
            }
        }
    });
    let arrived = || names.lock().unwrap().len() as u32;
    until("messages are under way", async || arrived() > JOBS / 10).await;
    assert!(arrived() < JOBS, "under way when the leaders die");
    first.kill();
    until("the others lead and go on", async || arrived() > JOBS / 3).await;
    first.restart().unwrap();
    until("messages are still under way", async || arrived() > JOBS / 2).await;
    // Cut off with its connections open; two of three are a majority.
    third.freeze();
    within("all is published", publishing).await.unwrap();
    until("the majority goes on", async || arrived() > JOBS * 2 / 3).await;
    third.thaw();
    // What the cut-off worker held comes back when its node does.
    tokio::time::timeout(std::time::Duration::from_secs(90), arriving)
        .await
        .unwrap_or_else(|_| panic!("{} of {JOBS} arrived", arrived()))
        .unwrap();
    for worker in workers {
        worker.stop().await;
    }
}
