//! Three RabbitMQ nodes: the leader of every queue is killed under load, another is frozen or its cable pulled, and what
//! was confirmed is still there.

use crate::contract_queue_support::{OUT, On, Running, Toy, jobs, product, settings, within, work};
use harness::{HarnessError, Network, RabbitMq};
use queue::{Outcome, Queue, QueueSettings};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use telemetry::Health;
use tokio::sync::Notify;

const JOBS: u32 = 1500;

/// Long enough for a cluster that heals; a test that passes never waits for it.
const PATIENCE: Duration = Duration::from_secs(180);

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

/// Two workers on two members, a publisher, and how far the products are.
struct Flow {
    arriving: tokio::task::JoinHandle<()>,
    publishing: tokio::task::JoinHandle<()>,
    /// The second half of the jobs is published when this says so.
    second_half: Arc<Notify>,
    names: Arc<Mutex<BTreeSet<String>>>,
    workers: [Running; 2],
    vhost: String,
}

impl Flow {
    /// Whoever declares a queue leads it: all leaders are on the first node, and nobody works through it.
    async fn start([first, second, third]: [&RabbitMq; 3]) -> Self {
        let vhost = first.vhost();
        open_on(first, &vhost).await.close().await;
        let (on_second, on_third) = (open_on(second, &vhost).await, open_on(third, &vhost).await);
        let passing = || Toy::new(|job, _| async move { Outcome::publish(vec![product(job.number)]) });
        let workers = [work(&on_second, passing()), work(&on_third, passing())];
        let names = Arc::new(Mutex::new(BTreeSet::new()));
        let arriving = tokio::spawn(arrive(on_second.clone(), names.clone()));
        let second_half = Arc::new(Notify::new());
        let go = second_half.clone();
        let publishing = tokio::spawn(async move {
            for start in (0..JOBS).step_by(10) {
                if start == JOBS / 2 {
                    go.notified().await;
                }
                on_second.publish(jobs(start..start + 10)).await.unwrap();
            }
        });
        Self { arriving, publishing, second_half, names, workers, vhost }
    }

    fn arrived(&self) -> u32 {
        self.names.lock().unwrap().len() as u32
    }

    /// Waits until so many have arrived. A cluster takes its time: who is down is noticed by tick time, and what was
    /// asked of a queue's lost leader is given up only then.
    async fn reaches(&self, member: &RabbitMq, what: &str, share: u32) {
        let reached = async {
            while self.arrived() <= share {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, reached).await.is_err() {
            panic!("never: {what}: {}", self.seen_by(member));
        }
    }

    /// What a cut-off worker held comes back when its node does.
    async fn ends(mut self, member: &RabbitMq) {
        match tokio::time::timeout(PATIENCE, &mut self.arriving).await {
            Ok(arrived) => arrived.unwrap(),
            Err(_) => panic!("{}", self.seen_by(member)),
        }
        within("all is published", self.publishing).await.unwrap();
        for worker in self.workers {
            worker.stop().await;
        }
    }

    /// Waits until each member's replica of the belt takes part again: a node is online some time before its queues are, and
    /// whoever is cut off meanwhile takes the majority along.
    async fn is_followed_by_all(&self, member: &RabbitMq) {
        let vhost = self.vhost.rsplit('/').next().unwrap();
        let states = format!(
            r#"[proplists:get_value(<<"Raft State">>, M) || M <- rabbit_quorum_queue:status(<<"{vhost}">>, <<"articles">>)]."#
        );
        let end = tokio::time::Instant::now() + PATIENCE;
        loop {
            let found = member.ctl(&["eval", &states]).unwrap_or_else(|e| e.to_string());
            if found.matches("follower").count() == 2 && found.contains("leader") {
                return;
            }
            assert!(tokio::time::Instant::now() < end, "never: all replicas take part: {found}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// What a member knows of the flow, for a failed test's message.
    fn seen_by(&self, member: &RabbitMq) -> String {
        let known = |about: &[&str]| member.ctl(about).unwrap_or_else(|e| e.to_string());
        let columns = ["name", "messages_ready", "messages_unacknowledged", "consumers", "leader", "online"];
        let vhost = self.vhost.rsplit('/').next().unwrap();
        let queues = known(&[&["list_queues", "-p", vhost], &columns[..]].concat());
        let consumers = known(&["list_consumers", "-p", vhost]);
        let channels =
            known(&["list_channels", "pid", "connection", "messages_unacknowledged", "messages_unconfirmed"]);
        format!("{} of {JOBS} arrived\n{queues}\n{consumers}\n{channels}", self.arrived())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_that_loses_its_leaders_and_then_a_member_loses_nothing() {
    let nodes = tokio::task::spawn_blocking(|| {
        let first = RabbitMq::start()?;
        let [second, third] = std::thread::scope(|both| {
            [both.spawn(|| first.join()), both.spawn(|| first.join())].map(|node| node.join().unwrap())
        });
        Ok::<_, HarnessError>([first, second?, third?])
    });
    let [first, second, third] = nodes.await.unwrap().unwrap_or_else(|e| panic!("{e}"));
    let flow = Flow::start([&first, &second, &third]).await;
    flow.second_half.notify_one();
    flow.reaches(&second, "messages are under way", JOBS / 10).await;
    assert!(flow.arrived() < JOBS, "under way when the leaders die");
    first.kill();
    flow.reaches(&second, "the others lead and go on", JOBS / 3).await;
    first.restart().unwrap();
    flow.reaches(&second, "messages are still under way", JOBS / 2).await;
    // Cut off with its connections open; two of three are a majority.
    third.freeze();
    flow.reaches(&second, "the majority goes on", JOBS * 2 / 3).await;
    third.thaw();
    flow.ends(&second).await;
}

/// A partition as networks have them: no connection is closed, no packet arrives, the member lives and knows nothing.
/// First it is the one that leads every queue, then one that a worker works through.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_whose_members_are_cut_off_loses_nothing() {
    let network = match Network::new() {
        Ok(network) => network,
        Err(why) => return harness::skip("a_cluster_whose_members_are_cut_off_loses_nothing", &why.to_string()),
    };
    let hosts = [(); 3].map(|()| network.host().unwrap());
    let nodes = tokio::task::spawn_blocking({
        let hosts = hosts.clone();
        move || {
            let first = RabbitMq::start_on(&hosts[0])?;
            let second = first.join_on(&hosts[1])?;
            let third = first.join_on(&hosts[2])?;
            Ok::<_, HarnessError>([first, second, third])
        }
    });
    let [first, second, third] = nodes.await.unwrap().unwrap_or_else(|e| panic!("{e}"));
    let flow = Flow::start([&first, &second, &third]).await;
    flow.reaches(&second, "messages are under way", JOBS / 10).await;
    assert!(flow.arrived() < JOBS / 2, "under way when the leaders are cut off");
    hosts[0].cut().unwrap();
    flow.reaches(&second, "the others lead and go on", JOBS / 3).await;
    hosts[0].mend().unwrap();
    // Two of three are a majority only once all three are there.
    let second = Arc::new(second);
    let asked = second.clone();
    tokio::task::spawn_blocking(move || asked.ctl(&["await_online_nodes", "3"])).await.unwrap().unwrap();
    flow.is_followed_by_all(&second).await;
    flow.second_half.notify_one();
    flow.reaches(&second, "messages are under way again", JOBS * 2 / 3).await;
    assert!(flow.arrived() < JOBS, "under way when a member is cut off");
    hosts[2].cut().unwrap();
    flow.reaches(&second, "the majority goes on", JOBS * 5 / 6).await;
    hosts[2].mend().unwrap();
    flow.ends(&second).await;
}
