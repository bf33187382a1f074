//! One run through the letters that match: a batch is decided about, sent and marked together.
//!
//! What if the process dies here? Rows are marked only after their messages are confirmed, all of one belt's share of a
//! batch. Dead between the two, or with a part confirmed, the rows are still dead, and the next run sends the same
//! messages under the same ids: everything behind them is idempotent. So a replay may be interrupted anywhere and run
//! twice.

use crate::ReplayError;
use crate::account::{Account, Stopped};
use crate::gate::{self, Decision};
use crate::letter::revived;
use crate::pace::{Pace, Steps};
use crate::pages::Pages;
use crate::run::{LOOK, Options, Progress, Replay};
use article::Timestamp;
use queue::{DropReason, Envelope, QueueError, Stage};
use std::collections::HashSet;
use std::time::Duration;
use store::{DeadFilter, LedgerRow, LedgerState};
use telemetry::events::replay::MessageReplayed;
use tokio_util::sync::CancellationToken;

/// One run.
pub(crate) struct Run<'a> {
    replay: &'a Replay,
    options: &'a Options,
    stop: &'a CancellationToken,
    pace: Pace,
    steps: Steps,
    pub(crate) account: Account,
    progress: Progress,
    /// Messages of this run. One that dies again meanwhile is a new row behind the others; it is the next
    /// run's, or this one would chase it to its last return.
    taken_up: HashSet<String>,
}

/// What of a batch goes to one belt: a full belt must not have the others' messages published again and again.
struct Parcel<'r> {
    stage: Stage,
    letters: Vec<(&'r LedgerRow, Envelope)>,
}

impl<'a> Run<'a> {
    /// One through `total` rows that has yet to begin.
    pub(crate) fn new(replay: &'a Replay, options: &'a Options, stop: &'a CancellationToken, total: u64) -> Self {
        Self {
            replay,
            options,
            stop,
            pace: Pace::new(options.rate.unwrap_or(replay.settings.rate_per_sec)),
            steps: Steps::new(options.canary, total, &replay.settings),
            account: Account::default(),
            progress: Progress { total, looked_at: 0, sent: 0 },
            taken_up: HashSet::new(),
        }
    }

    /// To the end, or to where it is stopped.
    pub(crate) async fn all(
        &mut self,
        filter: &DeadFilter,
        progress: &mut (impl FnMut(Progress) + Send),
    ) -> Result<Option<Stopped>, ReplayError> {
        let mut pages = Pages::new(filter);
        while let Some(page) = pages.next(&self.replay.store).await? {
            let mut rows = page.into_iter().peekable();
            while rows.peek().is_some() {
                if self.stop.is_cancelled() {
                    return Ok(Some(Stopped::Interrupted));
                }
                // Those that were there when it began, which are the oldest; else new deaths never let it end.
                if self.progress.looked_at >= self.progress.total {
                    return Ok(None);
                }
                let batch = self.batch(&mut rows);
                if self.take_up(&batch, progress).await?.is_none() {
                    return Ok(Some(Stopped::Interrupted));
                }
                if self.steps.ends(self.progress.sent)
                    && let Some(stopped) = self.judge_canary().await?
                {
                    return Ok(Some(stopped));
                }
            }
        }
        Ok(None)
    }

    /// The next rows to be taken up together: no more than the rate lets go at once, and none from behind the canary's
    /// next look.
    fn batch(&mut self, rows: &mut impl Iterator<Item = LedgerRow>) -> Vec<LedgerRow> {
        let Progress { total, looked_at, sent } = self.progress;
        let most = self
            .pace
            .burst()
            .min(u64::from(self.replay.settings.batch_messages.max(1)))
            .min(self.steps.left(sent).unwrap_or(u64::MAX))
            .min(total - looked_at);
        let new = rows.filter(|row| self.taken_up.insert(row.letter.message_id.clone()));
        new.take(usize::try_from(most).unwrap_or(usize::MAX)).collect()
    }

    /// Deals with these rows. `None` if told to stop before all of them were sent.
    async fn take_up(
        &mut self,
        batch: &[LedgerRow],
        progress: &mut (impl FnMut(Progress) + Send),
    ) -> Result<Option<()>, ReplayError> {
        let Replay { store, settings, .. } = self.replay;
        let now = Timestamp::now();
        let decided = gate::decide(store, batch, settings, self.options.force, now).await?;
        self.progress.looked_at += batch.len() as u64;
        let mut parcels = Vec::new();
        for (row, decision) in batch.iter().zip(decided) {
            match decision {
                Decision::Send(stage) => put(&mut parcels, stage, row, now),
                Decision::Drop(reason) => self.leave_out(row, reason).await?,
                Decision::Hold => self.account.held += 1,
                Decision::Homeless => self.account.homeless += 1,
            }
        }
        let stop = self.stop;
        for parcel in &parcels {
            let Some(sent) = stop.run_until_cancelled(self.send(parcel)).await else { return Ok(None) };
            sent?;
        }
        progress(self.progress);
        Ok(Some(()))
    }

    async fn leave_out(&mut self, row: &LedgerRow, reason: DropReason) -> Result<(), ReplayError> {
        let now = Timestamp::now();
        self.replay.store.set_ledger_state(row.id, LedgerState::Dropped, Some(reason.as_str()), now).await?;
        self.account.replayed += 1;
        self.account.rows.push(row.id);
        match reason {
            DropReason::TakenDown => self.account.taken_down += 1,
            _ => self.account.too_old += 1,
        }
        Ok(())
    }

    /// At its time, and when there is room: the live belt goes first.
    async fn send(&mut self, parcel: &Parcel<'_>) -> Result<(), ReplayError> {
        #[cfg(any(test, feature = "planted-defects"))]
        if self.replay.marks_too_early {
            let ids: Vec<i64> = parcel.letters.iter().map(|(row, _)| row.id).collect();
            self.replay.store.mark_replaying(&ids, Timestamp::now()).await?;
        }
        self.pace.wait(parcel.letters.len()).await;
        let belt = parcel.stage.belt();
        while !self.replay.queue.has_room(belt).await {
            tokio::time::sleep(LOOK).await;
        }
        match self.confirm(parcel.stage, &parcel.letters).await {
            // One that can't be sent at all holds up what is behind it, not what is beside it.
            Err(ReplayError::Queue(QueueError::Unsendable(_))) => {
                for letter in parcel.letters.chunks(1) {
                    self.confirm(parcel.stage, letter).await?;
                }
                Ok(())
            }
            confirmed => confirmed,
        }
    }

    /// Publish, confirm, mark: in this order. Where not all are confirmed none is marked.
    async fn confirm(&mut self, stage: Stage, letters: &[(&LedgerRow, Envelope)]) -> Result<(), ReplayError> {
        let Replay { store, queue, .. } = self.replay;
        queue.publish(letters.iter().map(|(_, envelope)| envelope.clone()).collect()).await?;
        let ids: Vec<i64> = letters.iter().map(|(row, _)| row.id).collect();
        store.mark_replaying(&ids, Timestamp::now()).await?;
        for (row, _) in letters {
            MessageReplayed { stage: stage.as_str(), row: row.id, message_id: &row.letter.message_id }.emit();
        }
        self.account.replayed += ids.len() as u64;
        self.progress.sent += ids.len() as u64;
        self.account.rows.extend(ids);
        Ok(())
    }

    /// Waits for the outcomes of what was sent so far and decides whether to go on.
    async fn judge_canary(&mut self) -> Result<Option<Stopped>, ReplayError> {
        let Replay { store, settings, .. } = self.replay;
        let wait = Duration::from_secs(settings.canary_wait_secs);
        self.replay.wait_for(&self.account.rows, wait, self.stop).await?;
        if self.stop.is_cancelled() {
            return Ok(Some(Stopped::Interrupted));
        }
        let tally = store.replay_tally(&self.account.rows).await?;
        let dropped_before = self.account.too_old + self.account.taken_down;
        let known = tally.passed + tally.dead_again + tally.dropped.saturating_sub(dropped_before);
        Ok(if known == 0 {
            Some(Stopped::CanarySilent)
        } else if tally.dead_again * 100 > known * u64::from(settings.canary_stop_percent) {
            Some(Stopped::CanaryDied)
        } else {
            None
        })
    }
}

/// Puts a letter to the others of its stage.
fn put<'r>(parcels: &mut Vec<Parcel<'r>>, stage: Stage, row: &'r LedgerRow, now: Timestamp) {
    // The gate lets only letters of a stage through, and those revive.
    let Some(envelope) = revived(row, now) else { return };
    match parcels.iter_mut().find(|p| p.stage == stage) {
        Some(parcel) => parcel.letters.push((row, envelope)),
        None => parcels.push(Parcel { stage, letters: vec![(row, envelope)] }),
    }
}
