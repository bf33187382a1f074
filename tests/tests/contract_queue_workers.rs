//! The queue's contract, once, on every backend: what becomes of messages when a worker stops, dies, is older than they
//! are, or has company, and when what it needs is away.

use crate::contract_queue_support::*;
use queue::{Belt, Done, Envelope, MessageId, Outcome, RetryReason, Then, ThenError};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

contract! {
    a_newer_schema_waits_for_a_newer_worker,
    what_is_away_stops_the_stage_and_spends_nothing,
    a_record_that_fails_is_made_later,
    a_worker_that_stops_hands_on_what_it_holds,
    many_publishers_and_workers_lose_and_double_nothing,
    a_poison_message_dies_alone,
}

/// A worker of the previous schema and a newer one side by side: the older hands on what it can't read.
async fn a_newer_schema_waits_for_a_newer_worker(on: On) {
    let (settings, _folder) = settings(on);
    let queue = open(&settings).await;
    let newer = |number: u32| {
        let plain: Envelope = jobs([number]).remove(0).into();
        Envelope { schema: 3, ..plain }
    };
    queue.publish((0..10).map(newer).collect()).await.unwrap();
    let older = Toy::new(|_, _| async { Outcome::passed() });
    let running = work(&queue, older.clone());
    until("each was refused once", async || running.diary.0.lock().unwrap().len() >= 10).await;
    assert!(running.diary.0.lock().unwrap().iter().all(|d| d.reason == "newer_schema" && d.attempt == 1));
    assert!(older.seen().is_empty());
    // The update arrives while the older worker still runs.
    let newer_worker = work(&queue, NewerToy(Arc::default()));
    until("the newer worker has them all", async || ready(&queue, OUT).await == 10).await;
    running.stop().await;
    newer_worker.stop().await;
    assert!(older.seen().is_empty());
    assert_eq!((ready(&queue, OUT).await, ready(&queue, DEAD).await), (10, 0));
}

async fn what_is_away_stops_the_stage_and_spends_nothing(on: On) {
    let (settings, _folder) = settings(on);
    let health = telemetry::Health::new();
    let queue = queue::Queue::open(&settings, health.clone()).await.unwrap();
    let away = Arc::new(AtomicBool::new(true));
    let toy = Toy::new({
        let away = away.clone();
        move |_, _| {
            let away = away.load(Ordering::SeqCst);
            async move {
                match away {
                    true => Outcome::retry(RetryReason::DependencyAway, "redis: connection refused"),
                    false => Outcome::passed(),
                }
            }
        }
    });
    *toy.probe.lock().unwrap() = Err("redis: connection refused".to_owned());
    queue.publish(jobs(0..30)).await.unwrap();
    let running = work(&queue, toy.clone());
    until("readiness says what is away", async || {
        health.report().get("deduplicator").is_some_and(|why| why.contains("redis"))
    })
    .await;
    until("the handler is left alone", async || {
        let before = toy.seen().len();
        tokio::time::sleep(Duration::from_millis(700)).await;
        toy.seen().len() == before
    })
    .await;
    away.store(false, Ordering::SeqCst);
    *toy.probe.lock().unwrap() = Ok(());
    until("all have passed", async || empty(&queue).await && health.is_ready()).await;
    running.stop().await;
    let decisions = toy.seen();
    assert!(decisions.iter().all(|(_, d)| d.attempt == 1), "no attempt was spent");
    assert_eq!(ready(&queue, DEAD).await, 0);
}

async fn a_record_that_fails_is_made_later(on: On) {
    let (settings, _folder) = settings(on);
    let queue = open(&settings).await;
    let tries = Arc::new(AtomicU32::new(0));
    let toy = Toy::new({
        let tries = tries.clone();
        move |_, _| {
            let tries = tries.clone();
            async move {
                let then = Then::new(move || async move {
                    match tries.fetch_add(1, Ordering::SeqCst) {
                        0 => Err(ThenError("store: gone".to_owned())),
                        _ => Ok(()),
                    }
                });
                Outcome::Done(Done { publish: vec![product(1)], then: Some(then), note: String::new() })
            }
        }
    });
    queue.publish(jobs([1])).await.unwrap();
    let running = work(&queue, toy.clone());
    until("it was made", async || tries.load(Ordering::SeqCst) == 2 && empty(&queue).await).await;
    running.stop().await;
    assert_eq!(toy.seen().iter().map(|(_, d)| d.attempt).collect::<Vec<_>>(), [1, 1]);
    // Published at each delivery under one name: harmless twice, lost never.
    let made = take(&queue, OUT, 2).await;
    assert!(made.iter().all(|m| m.message_id.0 == "product-1"));
}

async fn a_worker_that_stops_hands_on_what_it_holds(on: On) {
    let (mut settings, _folder) = settings(on);
    settings.prefetch_articles = 64;
    let queue = open(&settings).await;
    queue.publish(jobs(0..100)).await.unwrap();
    let stuck = Toy::new(|_, _| async { std::future::pending().await });
    let mut patient = settings.worker(queue::Stage::Deduplicator);
    patient.handler_timeout = Duration::from_secs(60);
    let running = work_with(&queue, stuck.clone(), patient);
    until("its hands are full", async || stuck.seen().len() == 64).await;
    running.stop().await;
    let toy = Toy::new(|_, _| async { Outcome::passed() });
    let running = work(&queue, toy.clone());
    let passed = || toy.numbers().into_iter().collect::<BTreeSet<_>>().len();
    until("all have passed", async || passed() == 100).await;
    running.stop().await;
    let again: Vec<_> = toy.seen().into_iter().filter(|(_, d)| d.attempt != 1 || d.redelivered).collect();
    assert!(again.is_empty(), "given back by nack or close: {again:#?}");
    assert_eq!(toy.seen().iter().filter(|(_, d)| d.waits == 1).count(), 64);
}

async fn many_publishers_and_workers_lose_and_double_nothing(on: On) {
    let (settings, _folder) = settings(on);
    let queue = open(&settings).await;
    let toy = Toy::new(|job, delivery| async move {
        match (job.number % 10, delivery.attempt) {
            (3, 1) => Outcome::retry(RetryReason::CutOff, "again"),
            _ => Outcome::publish(vec![product(job.number)]),
        }
    });
    let workers = [work(&queue, toy.clone()), work(&queue, toy.clone())];
    let publishing = (0..8).map(|p| {
        let queue = queue.clone();
        tokio::spawn(async move {
            for i in 0..10 {
                let first = p * 100 + i * 10;
                queue.publish(jobs(first..first + 10)).await.unwrap();
            }
        })
    });
    for publishing in publishing.collect::<Vec<_>>() {
        within("all is published", publishing).await.unwrap();
    }
    let made = take(&queue, OUT, 800).await;
    for worker in workers {
        worker.stop().await;
    }
    let distinct: BTreeSet<MessageId> = made.iter().map(|m| m.message_id.clone()).collect();
    assert_eq!((made.len(), distinct.len()), (800, 800));
    assert!(empty(&queue).await);
}

/// A process dies with a message in hand, whichever it is; the crash counts against all that were in hand.
async fn a_poison_message_dies_alone(on: On) {
    let (mut settings, _folder) = settings(on);
    settings.delivery_limit = 1;
    settings.lone_delivery_limit = 1;
    let setup = open(&settings).await;
    setup.publish(jobs(0..30)).await.unwrap();
    setup.close().await;
    let mut crashes = 0;
    let passed = Arc::new(std::sync::Mutex::new(BTreeSet::new()));
    loop {
        let queue = open(&settings).await;
        let crash = Arc::new(tokio::sync::Notify::new());
        let toy = Toy::new({
            let (crash, passed) = (crash.clone(), passed.clone());
            move |job, _| {
                let (crash, passed) = (crash.clone(), passed.clone());
                async move {
                    if job.number == 13 {
                        crash.notify_one();
                        return std::future::pending().await;
                    }
                    // Innocents are in hand when the process dies.
                    tokio::time::sleep(Duration::from_millis(30)).await;
                    passed.lock().unwrap().insert(job.number);
                    Outcome::passed()
                }
            }
        });
        let running = work(&queue, toy);
        let dead = async || ready(&queue, DEAD).await == 1 && empty(&queue).await;
        tokio::select! {
            () = crash.notified() => {
                crashes += 1;
                // The connection ends first, as with a killed process; only then may the rest go.
                queue.close().await;
                running.abort().await;
            }
            () = until("the poison is dead and the rest has passed", dead) => {
                let letter = take(&queue, DEAD, 1).await.remove(0);
                assert_eq!(letter.message_id.0, "job-13");
                let death = letter.death.unwrap();
                assert_eq!((death.reason.as_str(), death.stage.as_str()), ("delivery_limit", "deduplicator"));
                running.stop().await;
                break;
            }
        }
        assert!(crashes < 10, "the limits end it");
    }
    assert!(crashes >= 2, "{crashes}");
    let expected: BTreeSet<u32> = (0..30).filter(|n| *n != 13).collect();
    assert_eq!(*passed.lock().unwrap(), expected);
}

/// The same stage, one release later.
#[derive(Clone)]
struct NewerToy(Arc<AtomicU32>);

#[derive(serde::Serialize, serde::Deserialize)]
struct NewerJob {
    number: u32,
}

impl queue::Message for NewerJob {
    const BELT: Belt = Belt::Articles;
    const KIND: &'static str = "job";
    const SCHEMA: u16 = 3;

    fn message_id(&self) -> MessageId {
        MessageId(format!("job-{}", self.number))
    }
}

impl queue::Handler for NewerToy {
    const STAGE: queue::Stage = queue::Stage::Deduplicator;
    type Message = NewerJob;

    async fn handle(&self, message: &NewerJob, _: &queue::Delivery) -> Outcome {
        self.0.fetch_add(1, Ordering::SeqCst);
        Outcome::publish(vec![product(message.number)])
    }
}
