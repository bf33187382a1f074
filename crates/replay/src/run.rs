//! Sending letters again.
//!
//! What if the process dies here? A row is marked only after its message is confirmed. Dead between the
//! two, the row is still dead, and the next run sends the same message under the same id: everything
//! behind it is idempotent. So a replay may be interrupted anywhere and run twice.

use crate::account::{Account, Stopped};
use crate::gate::{self, Decision};
use crate::letter::revived;
use crate::pace::{Pace, Steps};
use crate::pages::Pages;
use crate::{ReplayError, ReplaySettings};
use article::Timestamp;
use queue::{DropReason, Queue, Stage};
use serde::Serialize;
use std::collections::HashSet;
use std::time::Duration;
use store::{AuditEntry, DeadFilter, LedgerRow, LedgerState, Store};
use telemetry::events::replay::{MessageReplayed, ReplayEnded};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Time between looks at outcomes or at a full belt.
const LOOK: Duration = Duration::from_millis(100);

/// How a replay is to run.
#[derive(Clone, PartialEq, Debug)]
pub struct Options {
    /// One, then a tenth, then all.
    pub canary: bool,
    /// Messages a second; the settings' where `None`.
    pub rate: Option<f64>,
    /// Also what has come back too often.
    pub force: bool,
    /// How long to wait for outcomes before the account is given.
    pub wait: Duration,
    /// Who runs it, for the audit log: an operator's name, or `cli:user`.
    pub actor: String,
}

impl Default for Options {
    fn default() -> Self {
        Self { canary: false, rate: None, force: false, wait: Duration::from_secs(30), actor: "cli".to_owned() }
    }
}

/// What a replay would do; nothing of it was done.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Plan {
    /// Rows that would be sent.
    pub send: Vec<i64>,
    /// Rows that would be dropped as too old.
    pub too_old: Vec<i64>,
    /// Rows that would be dropped as taken down.
    pub taken_down: Vec<i64>,
    /// Rows that would be held.
    pub held: Vec<i64>,
    /// Rows of no stage of this release.
    pub homeless: Vec<i64>,
}

/// How far a replay is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Rows that matched when it began.
    pub total: u64,
    /// Rows looked at.
    pub looked_at: u64,
    /// Messages sent and confirmed.
    pub sent: u64,
}

/// Sends dead letters again.
#[derive(Clone, Debug)]
pub struct Replay {
    pub(crate) store: Store,
    queue: Queue,
    pub(crate) settings: ReplaySettings,
    #[cfg(any(test, feature = "planted-defects"))]
    marks_too_early: bool,
}

impl Replay {
    /// Over a store and a queue that is open at least to publish.
    pub fn new(store: Store, queue: Queue, settings: ReplaySettings) -> Self {
        Self {
            store,
            queue,
            settings,
            #[cfg(any(test, feature = "planted-defects"))]
            marks_too_early: false,
        }
    }

    /// One that makes a mistake on purpose: rows are marked before their messages are confirmed.
    #[cfg(any(test, feature = "planted-defects"))]
    #[must_use]
    pub fn marking_too_early(self) -> Self {
        Self { marks_too_early: true, ..self }
    }

    /// What [`Replay::run`] would do now.
    pub async fn plan(&self, filter: &DeadFilter, force: bool) -> Result<Plan, ReplayError> {
        plan(&self.store, &self.settings, filter, force).await
    }

    /// Sends what matches, oldest death first, behind the news: on the later lane, at the given rate, and not
    /// while the belt is full. Returns the account; `progress` is told after every confirm.
    pub async fn run(
        &self,
        filter: &DeadFilter,
        options: &Options,
        stop: &CancellationToken,
        mut progress: impl FnMut(Progress) + Send,
    ) -> Result<Account, ReplayError> {
        self.audit(options, "dead.replay", filter, String::new()).await?;
        let total = self.store.dead_count(filter).await?;
        let mut run = Run {
            replay: self,
            options,
            stop,
            pace: Pace::new(options.rate.unwrap_or(self.settings.rate_per_sec)),
            account: Account::default(),
            progress: Progress { total, looked_at: 0, sent: 0 },
            taken_up: HashSet::new(),
        };
        let ended = run.all(filter, &mut progress).await;
        let mut account = run.account;
        account.stopped = match ended {
            Ok(stopped) => stopped,
            Err(error) => {
                self.audit(options, "dead.replay.failed", filter, error.to_string()).await?;
                return Err(error);
            }
        };
        if account.stopped != Some(Stopped::Interrupted) {
            self.wait_for(&account.rows, options.wait, stop).await?;
        }
        account.tally = self.store.replay_tally(&account.rows).await?;
        self.audit(options, "dead.replayed", filter, account.to_string()).await?;
        ReplayEnded {
            replayed: account.replayed,
            passed: account.tally.passed,
            dead_again: account.tally.dead_again,
            under_way: account.tally.under_way,
            dropped: account.tally.dropped,
        }
        .emit();
        Ok(account)
    }

    /// Until the outcome of every row is known, for at most `wait`.
    async fn wait_for(&self, rows: &[i64], wait: Duration, stop: &CancellationToken) -> Result<(), ReplayError> {
        let until = Instant::now() + wait;
        while self.store.replay_tally(rows).await?.under_way > 0 && Instant::now() < until {
            if stop.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_none() {
                break;
            }
        }
        Ok(())
    }

    async fn audit(
        &self,
        options: &Options,
        action: &str,
        filter: &DeadFilter,
        detail: String,
    ) -> Result<(), ReplayError> {
        let entry = AuditEntry {
            at: Timestamp::now(),
            actor: options.actor.clone(),
            action: action.to_owned(),
            target: serde_json::to_string(filter).unwrap_or_default(),
            detail,
        };
        Ok(self.store.audit(&entry).await?)
    }
}

/// One run.
struct Run<'a> {
    replay: &'a Replay,
    options: &'a Options,
    stop: &'a CancellationToken,
    pace: Pace,
    account: Account,
    progress: Progress,
    /// Messages of this run. One that dies again meanwhile is a new row behind the others; it is the next
    /// run's, or this one would chase it to its last return.
    taken_up: HashSet<String>,
}

impl Run<'_> {
    async fn all(
        &mut self,
        filter: &DeadFilter,
        progress: &mut (impl FnMut(Progress) + Send),
    ) -> Result<Option<Stopped>, ReplayError> {
        let mut steps = Steps::new(self.options.canary, self.progress.total, &self.replay.settings);
        let mut pages = Pages::new(filter);
        while let Some(page) = pages.next(&self.replay.store).await? {
            for row in page {
                if self.stop.is_cancelled() {
                    return Ok(Some(Stopped::Interrupted));
                }
                // Those that were there when it began, which are the oldest; else new deaths never let it end.
                if self.progress.looked_at >= self.progress.total {
                    return Ok(None);
                }
                if !self.taken_up.insert(row.letter.message_id.clone()) {
                    continue;
                }
                if self.take_up(&row, progress).await?.is_none() {
                    return Ok(Some(Stopped::Interrupted));
                }
                if steps.ends(self.progress.sent)
                    && let Some(stopped) = self.judge_canary().await?
                {
                    return Ok(Some(stopped));
                }
            }
        }
        Ok(None)
    }

    /// Deals with one row. `None` if told to stop before it was sent.
    async fn take_up(
        &mut self,
        row: &LedgerRow,
        progress: &mut (impl FnMut(Progress) + Send),
    ) -> Result<Option<()>, ReplayError> {
        let Replay { store, settings, .. } = self.replay;
        self.progress.looked_at += 1;
        match gate::decide(store, row, settings, self.options.force, Timestamp::now()).await? {
            Decision::Send => {
                let sent = self.stop.run_until_cancelled(self.send(row)).await;
                let Some(sent) = sent else { return Ok(None) };
                sent?;
                self.account.replayed += 1;
                self.account.rows.push(row.id);
                self.progress.sent += 1;
            }
            Decision::Drop(reason) => {
                store.set_ledger_state(row.id, LedgerState::Dropped, Some(reason.as_str()), Timestamp::now()).await?;
                self.account.replayed += 1;
                self.account.rows.push(row.id);
                match reason {
                    DropReason::TakenDown => self.account.taken_down += 1,
                    _ => self.account.too_old += 1,
                }
            }
            Decision::Hold => self.account.held += 1,
            Decision::Homeless => self.account.homeless += 1,
        }
        progress(self.progress);
        Ok(Some(()))
    }

    /// Publish, confirm, mark: in this order.
    async fn send(&mut self, row: &LedgerRow) -> Result<(), ReplayError> {
        let Replay { store, queue, .. } = self.replay;
        let (Some(envelope), Some(stage)) = (revived(row, Timestamp::now()), Stage::from_name(&row.letter.stage))
        else {
            return Ok(());
        };
        #[cfg(any(test, feature = "planted-defects"))]
        if self.replay.marks_too_early {
            store.set_ledger_state(row.id, LedgerState::Replaying, None, Timestamp::now()).await?;
        }
        self.pace.wait().await;
        // The live belt goes first.
        while !queue.has_room(stage.belt()).await {
            tokio::time::sleep(LOOK).await;
        }
        queue.publish(vec![envelope]).await?;
        store.set_ledger_state(row.id, LedgerState::Replaying, None, Timestamp::now()).await?;
        MessageReplayed { stage: stage.as_str(), row: row.id, message_id: &row.letter.message_id }.emit();
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

async fn plan(store: &Store, settings: &ReplaySettings, filter: &DeadFilter, force: bool) -> Result<Plan, ReplayError> {
    let mut plan = Plan::default();
    let mut pages = Pages::new(filter);
    let now = Timestamp::now();
    while let Some(page) = pages.next(store).await? {
        for row in page {
            let list = match gate::decide(store, &row, settings, force, now).await? {
                Decision::Send => &mut plan.send,
                Decision::Drop(DropReason::TakenDown) => &mut plan.taken_down,
                Decision::Drop(_) => &mut plan.too_old,
                Decision::Hold => &mut plan.held,
                Decision::Homeless => &mut plan.homeless,
            };
            list.push(row.id);
        }
    }
    Ok(plan)
}
