//! What a replay would come to, before it is run.

use super::{Desk, Judge, dead, fate, options, story};
use crate::{Outlook, letter};
use article::Timestamp;
use queue::{Belt, Seer, Trying};
use store::DeadFilter;
use tokio_util::sync::CancellationToken;

async fn foresee(desk: &Desk, seers: &[Box<dyn Seer>]) -> crate::TrialReport {
    let stop = CancellationToken::new();
    desk.replay().foresee(&DeadFilter::default(), false, seers, &stop, |_| {}).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_says_is_what_happens_and_nothing_happens_before() {
    let desk = Desk::with_registrar().await;
    desk.bury(9).await;
    let mut broken = dead(20, 0);
    broken.body = b"\xff not JSON".to_vec();
    let returned = dead(21, 3);
    let letters = [broken, returned].map(|e| letter::buried(Belt::Articles, &e, b"{}", Timestamp::now()));
    desk.store.bury(&letters).await.unwrap();
    let gone = story(8);
    desk.store.execute_takedown(gone.url.as_str(), "cli:op", Timestamp::now()).await.unwrap();
    let fate = fate(&[("a3", "dead"), ("a4", "drop"), ("a5", "dead")]);

    let before = desk.dead(11).await;
    let judge = Trying::new(Judge(fate.clone()), desk.queue.settings());
    let report = foresee(&desk, &[Box::new(judge)]).await;
    assert_eq!(
        report.to_string(),
        "5 would pass, 2 would be dead again: charset, 1 would be dead again: undecodable, 1 would be dropped: \
         taken_down, 1 would be dropped: unchanged, 1 would be held: it came back too often (--force sends it)"
    );
    assert_eq!(report.groups.iter().map(|g| g.count).sum::<u64>(), report.letters);
    let charset = report.groups.iter().find(|g| g.reason == "charset").unwrap();
    let named: Vec<i64> = [3, 5].map(|n: usize| before[n].id).into();
    assert_eq!((charset.ids.clone(), charset.example.as_str()), (named, "still broken"));
    assert_eq!(desk.dead(11).await, before);
    assert_eq!(desk.queue.depths().await.unwrap().iter().map(|d| d.ready).sum::<u64>(), 0);

    desk.start_stage(fate);
    let stop = CancellationToken::new();
    let account = desk.replay().run(&DeadFilter::default(), &options(), &stop, |_| {}).await.unwrap();
    let t = account.tally;
    assert_eq!((t.passed, t.dead_again, t.dropped, account.held), (5, 3, 2, 1), "{account}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_tried_is_said() {
    let desk = Desk::new().await;
    desk.bury(10).await;
    let judge = Trying::new(Judge(fate(&[])), desk.queue.settings());
    let report = foresee(&desk, &[Box::new(judge)]).await;
    assert_eq!(report.to_string(), "9 would pass, 1 can't be tried: only the doing can tell");
    let report = foresee(&desk, &[]).await;
    assert_eq!(report.to_string(), "10 can't be tried: its stage can't be tried");
    assert_eq!(report.groups[0].outlook, Outlook::Untried);
}
