//! From the ledger back to life.

use super::{Desk, LATER, dead, drain, fate, options, seen, story};
use crate::batch::Run;
use crate::{Options, ReplayError, ReplaySettings, Stopped, letter};
use article::Timestamp;
use queue::{Belt, Envelope, Lane, Outgoing, QueueError, QueueName};
use std::time::Duration;
use store::{DeadFilter, LedgerState};
use tokio_util::sync::CancellationToken;

async fn run(desk: &Desk, options: &Options) -> crate::Account {
    desk.replay().run(&DeadFilter::default(), options, &CancellationToken::new(), |_| {}).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_is_complete() {
    let desk = Desk::with_registrar().await;
    desk.start_stage(fate(&[("a3", "dead"), ("a4", "drop"), ("a5", "dead")]));
    desk.bury(10).await;
    let mut last = None;
    let account = desk
        .replay()
        .run(&DeadFilter::default(), &options(), &CancellationToken::new(), |p| last = Some(p))
        .await
        .unwrap();
    let t = account.tally;
    assert_eq!((account.replayed, t.passed, t.under_way, t.dead_again, t.dropped), (10, 7, 0, 2, 1), "{account}");
    assert_eq!((account.missing(), account.stopped), (0, None));
    assert_eq!(last.map(|p| (p.total, p.looked_at, p.sent)), Some((10, 10, 10)));

    // What died again is a new row with one more death, and is what the next replay takes.
    let rows = desk.dead(2).await;
    assert!(rows.iter().all(|r| r.letter.deaths == 1 && r.letter.reason == "charset"));
    let log = desk.store.audit_log(10).await.unwrap();
    assert_eq!(log.iter().map(|e| e.action.as_str()).collect::<Vec<_>>(), ["dead.replayed", "dead.replay"]);
    assert!(log[0].detail.contains("10 replayed = 7 passed"), "{}", log[0].detail);
}

#[tokio::test(flavor = "multi_thread")]
async fn replays_travel_behind_the_news_under_the_same_id() {
    let desk = Desk::new().await;
    desk.bury(1).await;
    let row = desk.dead(1).await.remove(0);
    let account = run(&desk, &Options { wait: Duration::ZERO, ..options() }).await;
    assert_eq!((account.replayed, account.tally.under_way), (1, 1));
    let sent = drain(&desk.queue, LATER, 1).await.remove(0);
    assert_eq!((sent.message_id.0, sent.body), (row.letter.message_id, row.letter.body));
    assert_eq!((sent.replay, sent.replays, sent.attempt, sent.death), (Some(row.id), 1, 1, None));
    desk.rows(LedgerState::Replaying, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_sends_nothing() {
    let desk = Desk::new().await;
    desk.bury(3).await;
    let before = desk.dead(3).await;
    let plan = desk.replay().plan(&DeadFilter::default(), false).await.unwrap();
    assert_eq!(plan.send, before.iter().map(|r| r.id).collect::<Vec<_>>());
    assert_eq!(desk.dead(3).await, before);
    assert_eq!(desk.queue.depths().await.unwrap().iter().map(|d| d.ready).sum::<u64>(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_replay_goes_on_and_runs_twice_without_harm() {
    let desk = Desk::with_registrar().await;
    desk.bury(6).await;
    let stop = CancellationToken::new();
    // Two in a tenth of a second: as many go together.
    let paired = Options { rate: Some(20.0), ..options() };
    let first = desk
        .replay()
        .run(&DeadFilter::default(), &paired, &stop, |p| {
            if p.sent == 2 {
                stop.cancel();
            }
        })
        .await
        .unwrap();
    assert_eq!((first.replayed, first.stopped), (2, Some(Stopped::Interrupted)));
    desk.dead(4).await;

    // A process that died between a confirm and its mark: the row is dead, the message is on its way.
    let unmarked = desk.dead(4).await.remove(0);
    desk.queue.publish(vec![letter::revived(&unmarked, Timestamp::now()).unwrap()]).await.unwrap();
    let second = run(&desk, &Options { wait: Duration::ZERO, ..options() }).await;
    assert_eq!((second.replayed, second.stopped), (4, None));
    assert_eq!(run(&desk, &options()).await.replayed, 0, "a third finds nothing");

    desk.start_stage(fate(&[]));
    desk.rows(LedgerState::Passed, 6).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_down_or_is_old_news_is_dropped() {
    let desk = Desk::new().await;
    let gone = story(1);
    desk.store.execute_takedown(gone.url.as_str(), "cli:op", Timestamp::now()).await.unwrap();
    let old = Timestamp::now().minus(Duration::from_secs(8 * 24 * 3600));
    let mut stale = dead(2, 0);
    stale.first_seen = old;
    // Its first journey counts, not the replay's.
    let mut again = dead(3, 1);
    again.first_seen = Timestamp::now();
    let mut before = dead(3, 0);
    before.first_seen = old;
    let withdrawn = store::contract::withdrawn(&story(4), Timestamp::now());
    let mut withdrawal = dead(4, 0);
    withdrawal.body = Outgoing::new(&withdrawn).body;
    withdrawal.message_id = Outgoing::new(&withdrawn).message_id;
    withdrawal.first_seen = old;
    let letters: Vec<_> = [dead(1, 0), stale, before, again, withdrawal, dead(5, 0)]
        .iter()
        .map(|e| letter::buried(Belt::Articles, e, b"{}", Timestamp::now()))
        .collect();
    desk.store.bury(&letters).await.unwrap();

    let plan = desk.replay().plan(&DeadFilter::default(), true).await.unwrap();
    assert_eq!((plan.send.len(), plan.too_old.len(), plan.taken_down.len()), (2, 2, 1));
    let account = run(&desk, &Options { wait: Duration::ZERO, force: true, ..options() }).await;
    assert_eq!((account.replayed, account.too_old, account.taken_down, account.tally.dropped), (5, 2, 1, 3));
    assert_eq!((account.tally.under_way, account.missing()), (2, 0));
    let reasons: Vec<_> = desk.rows(LedgerState::Dropped, 3).await.into_iter().filter_map(|r| r.outcome).collect();
    assert_eq!(reasons.iter().filter(|r| *r == "too_old").count(), 2);
    let sent = drain(&desk.queue, LATER, 2).await;
    assert!(sent.iter().any(|e| e.message_id == Outgoing::new(&withdrawn).message_id), "withdrawals are never too old");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_erased_is_not_sent_even_when_its_takedown_is_lifted() {
    let desk = Desk::new().await;
    desk.bury(2).await;
    let gone = story(1);
    desk.store.execute_takedown(gone.url.as_str(), "cli:op", Timestamp::now()).await.unwrap();
    desk.store.lift_takedown(gone.url.as_str(), "cli:op", Timestamp::now()).await.unwrap();
    let account = run(&desk, &Options { wait: Duration::ZERO, force: true, ..options() }).await;
    assert_eq!((account.taken_down, account.tally.under_way), (1, 1));
    let row = desk.rows(LedgerState::Dropped, 1).await.remove(0);
    assert_eq!((row.letter.article, row.outcome.as_deref()), (Some(gone.id), Some("taken_down")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_coming_back_is_held_unless_forced() {
    let desk = Desk::new().await;
    let letters: Vec<_> =
        [dead(1, 2), dead(2, 3)].iter().map(|e| letter::buried(Belt::Articles, e, b"{}", Timestamp::now())).collect();
    desk.store.bury(&letters).await.unwrap();
    let account = run(&desk, &Options { wait: Duration::ZERO, ..options() }).await;
    assert_eq!((account.replayed, account.held), (1, 1));
    desk.dead(1).await;
    let account = run(&desk, &Options { wait: Duration::ZERO, force: true, ..options() }).await;
    assert_eq!((account.replayed, account.held), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_stops_where_too_many_die_again() {
    let desk = Desk::with_registrar().await;
    desk.bury(30).await;
    let settings = ReplaySettings { canary_wait_secs: 10, ..ReplaySettings::default() };
    let canary = Options { canary: true, ..options() };
    // The first passes; of the first tenth too many die.
    desk.start_stage(fate(&[("a1", "dead"), ("a2", "dead")]));
    let account = desk
        .replay_with(settings.clone())
        .run(&DeadFilter::default(), &canary, &CancellationToken::new(), |_| {})
        .await
        .unwrap();
    assert_eq!((account.replayed, account.stopped), (3, Some(Stopped::CanaryDied)), "{account}");
    assert_eq!((account.tally.passed, account.tally.dead_again), (1, 2));
    let rest = DeadFilter { older_than: Some(Timestamp::now().plus(Duration::from_secs(60))), ..DeadFilter::default() };
    // Mended: the same command goes on to the end.
    let filter = DeadFilter { limit: Some(27), ..rest };
    let account = desk.replay_with(settings).run(&filter, &canary, &CancellationToken::new(), |_| {}).await.unwrap();
    assert_eq!((account.replayed, account.tally.passed, account.stopped), (27, 27, None), "{account}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_without_a_stage_sends_no_more() {
    let desk = Desk::with_registrar().await;
    desk.bury(5).await;
    let settings = ReplaySettings { canary_wait_secs: 0, ..ReplaySettings::default() };
    let canary = Options { canary: true, wait: Duration::ZERO, ..options() };
    let replay = desk.replay_with(settings);
    let account = replay.run(&DeadFilter::default(), &canary, &CancellationToken::new(), |_| {}).await.unwrap();
    assert_eq!((account.replayed, account.stopped), (1, Some(Stopped::CanarySilent)));
    desk.dead(4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_cannot_be_read_goes_to_its_stage() {
    let desk = Desk::with_registrar().await;
    desk.start_stage(fate(&[]));
    let mut broken = dead(1, 0);
    broken.body = b"\xff not JSON".to_vec();
    let letter = letter::buried(Belt::Articles, &broken, b"{}", Timestamp::now());
    desk.store.bury(&[letter]).await.unwrap();
    let account = run(&desk, &options()).await;
    assert_eq!((account.replayed, account.tally.dead_again), (1, 1), "only its stage can say: {account}");
    assert_eq!(desk.dead(1).await[0].letter.reason, "undecodable");
    let _ = seen(story(1));
}

/// Article `n`'s letter, had it died at the publisher.
fn of_the_publisher(n: u32) -> Envelope {
    let mut envelope = dead(n, 0);
    envelope.queue = QueueName::Dead(Belt::Stories);
    envelope.death.as_mut().unwrap().stage = "publisher".to_owned();
    envelope
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_together_goes_each_to_its_stage_and_waits_for_its_own_belt() {
    let desk = Desk::with_belts_of(10).await;
    let now = Timestamp::now();
    desk.queue.publish((100..108).map(|n| of_the_publisher(n).revived(n.into(), now)).collect()).await.unwrap();
    assert!(!desk.queue.has_room(Belt::Stories).await);
    let letters = [(Belt::Articles, dead(1, 0)), (Belt::Stories, of_the_publisher(2)), (Belt::Articles, dead(3, 0))]
        .map(|(belt, envelope)| letter::buried(belt, &envelope, b"{}", now));
    desk.store.bury(&letters).await.unwrap();
    let (replay, options) = (desk.replay(), Options { wait: Duration::ZERO, ..options() });
    let running = tokio::spawn(async move {
        replay.run(&DeadFilter::default(), &options, &CancellationToken::new(), |_| {}).await.unwrap()
    });
    let sent = desk.rows(LedgerState::Replaying, 2).await;
    assert!(sent.iter().all(|r| r.letter.stage == "deduplicator"), "the publisher's belt is full");
    let later = QueueName::Belt(Belt::Stories, Lane::Later);
    drain(&desk.queue, later, 8).await;
    let account = running.await.unwrap();
    assert_eq!((account.replayed, account.tally.under_way, account.missing()), (3, 3, 0), "{account}");
    let ids =
        async |queue, n| drain(&desk.queue, queue, n).await.into_iter().map(|e| e.message_id.0).collect::<Vec<_>>();
    assert_eq!(ids(LATER, 2).await, [letters[0].message_id.clone(), letters[2].message_id.clone()]);
    assert_eq!(ids(later, 1).await, [letters[1].message_id.clone()]);
    let held: u64 = desk.queue.depths().await.unwrap().iter().map(|d| d.ready).sum();
    assert_eq!(held, 0, "each once");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_cannot_be_sent_holds_up_what_is_behind_it_only() {
    let desk = Desk::new().await;
    // In the order of their deaths.
    let mut letters = [dead(1, 0), dead(2, 0), dead(3, 0)];
    letters[1].body = vec![b' '; desk.queue.settings().message_max_bytes + 1];
    let letters = letters.map(|e| letter::buried(Belt::Articles, &e, b"{}", Timestamp::now()));
    desk.store.bury(&letters).await.unwrap();
    let refused = desk.replay().run(&DeadFilter::default(), &options(), &CancellationToken::new(), |_| {}).await;
    assert!(matches!(refused, Err(ReplayError::Queue(QueueError::Unsendable(_)))), "{refused:?}");
    let sent = desk.rows(LedgerState::Replaying, 1).await.remove(0);
    assert_eq!(sent.letter.message_id, letters[0].message_id);
    assert_eq!(desk.dead(2).await.len(), 2, "what was not confirmed is not marked");
}

/// A run that knows of `total` letters, of three. The first dies again.
async fn of_three(total: u64) -> crate::Account {
    let desk = Desk::with_registrar().await;
    desk.start_stage(fate(&[("a0", "dead")]));
    desk.bury(3).await;
    let replay = desk.replay_with(ReplaySettings { canary_stop_percent: 100, ..ReplaySettings::default() });
    // Having looked at the first, it goes on when that one's new row is in the ledger.
    let (options, stop) = (Options { canary: true, ..options() }, CancellationToken::new());
    let mut run = Run::new(&replay, &options, &stop, total);
    assert_eq!(run.all(&DeadFilter::default(), &mut |_| {}).await.unwrap(), None);
    run.account
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_chases_neither_what_died_meanwhile_nor_what_died_again() {
    assert_eq!(of_three(2).await.replayed, 2, "the third died after it began");
    // Two of those it counted were removed meanwhile.
    assert_eq!(of_three(5).await.replayed, 3, "the first is the next run's");
}

/// Killed while it waits for room on the belt; then the belt is free and the same command runs again.
/// Returns what the second run took up.
async fn killed_before_a_confirm(wrong: bool) -> u64 {
    let desk = Desk::with_belts_of(10).await;
    desk.queue.publish((100..108).map(|n| dead(n, 0).revived(n.into(), Timestamp::now())).collect()).await.unwrap();
    desk.bury(3).await;
    let replay = if wrong { desk.replay().marking_too_early() } else { desk.replay() };
    let (filter, stop) = (DeadFilter::default(), CancellationToken::new());
    assert!(!desk.queue.has_room(Belt::Articles).await);
    let running = tokio::spawn(async move { replay.run(&filter, &options(), &stop, |_| {}).await });
    // It has begun once its act is in the audit log, and can't end.
    while desk.store.audit_log(1).await.unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    if wrong {
        desk.rows(LedgerState::Replaying, 3).await;
    }
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    drain(&desk.queue, LATER, 8).await;
    run(&desk, &Options { wait: Duration::ZERO, ..options() }).await.replayed
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_killed_before_a_confirm_loses_nothing() {
    assert_eq!(killed_before_a_confirm(false).await, 3);
    assert_eq!(killed_before_a_confirm(true).await, 0, "the planted defect is seen: its letters are lost");
}
