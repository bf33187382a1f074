//! What a replay would come to now: each letter is shown to its stage, and nothing is sent, recorded or marked.

use crate::gate::{self, Decision};
use crate::letter::revived;
use crate::pages::Pages;
use crate::{Replay, ReplayError};
use article::Timestamp;
use queue::{Fate, Foreseen, Seer};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use store::{DeadFilter, LedgerRow};
use tokio_util::sync::CancellationToken;

/// Row numbers a group names: enough to look at some, few enough for a screen.
const NAMED: usize = 20;

/// What would become of a letter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outlook {
    /// It would pass its stage.
    Pass,
    /// It would be dead again.
    DeadAgain,
    /// It would be dropped, before sending or by its stage.
    Dropped,
    /// It would be tried again later.
    Retried,
    /// It would stay: it came back too often.
    Held,
    /// It would stay: its stage is unknown to this release.
    Homeless,
    /// Only the doing can tell.
    Untried,
}

impl From<Fate> for Outlook {
    fn from(fate: Fate) -> Self {
        match fate {
            Fate::Pass => Outlook::Pass,
            Fate::DeadAgain => Outlook::DeadAgain,
            Fate::Dropped => Outlook::Dropped,
            Fate::Retried => Outlook::Retried,
            Fate::Untried => Outlook::Untried,
        }
    }
}

impl Outlook {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Outlook::Pass => "would pass",
            Outlook::DeadAgain => "would be dead again",
            Outlook::Dropped => "would be dropped",
            Outlook::Retried => "would be retried",
            Outlook::Held => "would be held",
            Outlook::Homeless => "would be left",
            Outlook::Untried => "can't be tried",
        }
    }
}

/// Letters that would fare alike.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TrialGroup {
    /// How.
    pub outlook: Outlook,
    /// Why: a reason's name, or words; empty for what would pass.
    pub reason: String,
    /// Where they died.
    pub stage: String,
    /// How many.
    pub count: u64,
    /// The first of them.
    pub ids: Vec<i64>,
    /// What was said of the first.
    pub example: String,
}

/// What a trial of a filter's letters found.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct TrialReport {
    /// Letters tried.
    pub letters: u64,
    /// By outlook, reason and stage, the most first within an outlook.
    pub groups: Vec<TrialGroup>,
    /// Whether it was stopped before its end.
    pub interrupted: bool,
}

impl fmt::Display for TrialReport {
    /// In a line: `3812 would pass, 41 would be dead again: charset`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.groups.is_empty() {
            return f.write_str("nothing matches");
        }
        let mut told: BTreeMap<(Outlook, &str), u64> = BTreeMap::new();
        for group in &self.groups {
            *told.entry((group.outlook, &group.reason)).or_default() += group.count;
        }
        for (place, ((outlook, reason), count)) in told.into_iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(f, "{comma}{count} {}", outlook.words())?;
            if !reason.is_empty() {
                write!(f, ": {reason}")?;
            }
        }
        if self.interrupted { f.write_str("; interrupted, the rest was not tried") } else { Ok(()) }
    }
}

impl Replay {
    /// Tries what matches, oldest death first. A letter whose stage is among none of `seers` can't be tried.
    /// `progress` is told how many were.
    pub async fn foresee(
        &self,
        filter: &DeadFilter,
        force: bool,
        seers: &[Box<dyn Seer>],
        stop: &CancellationToken,
        mut progress: impl FnMut(u64) + Send,
    ) -> Result<TrialReport, ReplayError> {
        let mut report = TrialReport::default();
        let mut groups: BTreeMap<(Outlook, String, String), TrialGroup> = BTreeMap::new();
        let mut pages = Pages::new(filter);
        'letters: while let Some(page) = pages.next(&self.store).await? {
            for row in page {
                let Some(found) = stop.run_until_cancelled(self.outlook(&row, force, seers)).await else {
                    report.interrupted = true;
                    break 'letters;
                };
                let (outlook, reason, example) = found?;
                let key = (outlook, reason.clone(), row.letter.stage.clone());
                let group = groups.entry(key).or_insert_with(|| TrialGroup {
                    outlook,
                    reason,
                    stage: row.letter.stage.clone(),
                    count: 0,
                    ids: Vec::new(),
                    example,
                });
                group.count += 1;
                if group.ids.len() < NAMED {
                    group.ids.push(row.id);
                }
                report.letters += 1;
                progress(report.letters);
            }
        }
        report.groups = groups.into_values().collect();
        report.groups.sort_by_key(|g| (g.outlook, std::cmp::Reverse(g.count)));
        Ok(report)
    }

    async fn outlook(
        &self,
        row: &LedgerRow,
        force: bool,
        seers: &[Box<dyn Seer>],
    ) -> Result<(Outlook, String, String), ReplayError> {
        let now = Timestamp::now();
        let said = |outlook, reason: &str| Ok((outlook, reason.to_owned(), String::new()));
        let decided = gate::decide(&self.store, std::slice::from_ref(row), &self.settings, force, now).await?;
        let stage = match decided.first() {
            Some(Decision::Drop(reason)) => return said(Outlook::Dropped, reason.as_str()),
            Some(Decision::Hold) => return said(Outlook::Held, "it came back too often (--force sends it)"),
            Some(Decision::Homeless) | None => return said(Outlook::Homeless, "its stage is unknown to this release"),
            Some(Decision::Send(stage)) => *stage,
        };
        let seer = seers.iter().find(|s| s.stage() == stage);
        let (Some(seer), Some(envelope)) = (seer, revived(row, now)) else {
            return said(Outlook::Untried, "its stage can't be tried");
        };
        let Foreseen { fate, reason, detail } = seer.foresee(&envelope).await;
        Ok((fate.into(), reason, detail))
    }
}
