//! Sending letters again, as it is asked for and as it is answered: options, plan, progress, account.

use crate::account::{Account, Stopped};
use crate::batch::Run;
use crate::gate::{self, Decision};
use crate::pages::Pages;
use crate::{ReplayError, ReplaySettings};
use article::Timestamp;
use queue::{DropReason, Queue};
use serde::Serialize;
use std::time::Duration;
use store::{AuditEntry, DeadFilter, Store};
use telemetry::events::replay::ReplayEnded;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Time between looks at outcomes or at a full belt.
pub(crate) const LOOK: Duration = Duration::from_millis(100);

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
    pub(crate) queue: Queue,
    pub(crate) settings: ReplaySettings,
    #[cfg(any(test, feature = "planted-defects"))]
    pub(crate) marks_too_early: bool,
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
    /// while the belt is full. Returns the account; `progress` is told after every batch.
    pub async fn run(
        &self,
        filter: &DeadFilter,
        options: &Options,
        stop: &CancellationToken,
        mut progress: impl FnMut(Progress) + Send,
    ) -> Result<Account, ReplayError> {
        self.audit(options, "dead.replay", filter, String::new()).await?;
        let total = self.store.dead_count(filter).await?;
        let mut run = Run::new(self, options, stop, total);
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
    pub(crate) async fn wait_for(
        &self,
        rows: &[i64],
        wait: Duration,
        stop: &CancellationToken,
    ) -> Result<(), ReplayError> {
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

async fn plan(store: &Store, settings: &ReplaySettings, filter: &DeadFilter, force: bool) -> Result<Plan, ReplayError> {
    let mut plan = Plan::default();
    let mut pages = Pages::new(filter);
    let now = Timestamp::now();
    while let Some(page) = pages.next(store).await? {
        let decided = gate::decide(store, &page, settings, force, now).await?;
        for (row, decision) in page.iter().zip(decided) {
            let list = match decision {
                Decision::Send(_) => &mut plan.send,
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
