//! The account of a replay: what went, and what became of it.

use serde::Serialize;
use std::fmt;
use store::ReplayTally;

/// Why a replay ended before its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    /// Told to.
    Interrupted,
    /// More of the canary than its share died again.
    CanaryDied,
    /// No outcome of the canary came in time: nothing is known, so nothing more is sent.
    CanarySilent,
}

/// By message: replayed = passed + under way + dead again + dropped, and nothing missing.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Account {
    /// Letters taken up: sent, or dropped before they were.
    pub replayed: u64,
    /// Of them, what passed its stage, is under way, died again, was dropped there or before.
    pub tally: ReplayTally,
    /// Of the dropped, those dropped before sending because their news is too old.
    pub too_old: u64,
    /// Of the dropped, those dropped before sending because the article was taken down.
    pub taken_down: u64,
    /// Left in the ledger: came back too often; `--force` sends them.
    pub held: u64,
    /// Left in the ledger: of no stage of this release.
    pub homeless: u64,
    /// Why it ended early, if it did. What was not sent is still in the ledger, and the same command goes on.
    pub stopped: Option<Stopped>,
    /// Numbers of the rows taken up, to ask for their tally again later.
    #[serde(skip)]
    pub rows: Vec<i64>,
}

impl Account {
    /// Letters taken up that are in none of the four states: removed from the ledger meanwhile, or lost.
    pub fn missing(&self) -> u64 {
        let t = &self.tally;
        self.replayed.saturating_sub(t.passed + t.under_way + t.dead_again + t.dropped)
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let t = &self.tally;
        write!(
            f,
            "{} replayed = {} passed + {} under way + {} dead again + {} dropped ({} too old, {} taken down); {} missing",
            self.replayed,
            t.passed,
            t.under_way,
            t.dead_again,
            t.dropped,
            self.too_old,
            self.taken_down,
            self.missing()
        )?;
        if self.held > 0 {
            write!(f, "\n{} held: they came back too often (--force sends them)", self.held)?;
        }
        if self.homeless > 0 {
            write!(f, "\n{} left: their stage is unknown to this release", self.homeless)?;
        }
        match self.stopped {
            Some(Stopped::Interrupted) => write!(f, "\ninterrupted: the same command goes on where this one ended"),
            Some(Stopped::CanaryDied) => {
                write!(f, "\nstopped: too many of the first died again; see `wireroom dead groups`")
            }
            Some(Stopped::CanarySilent) => write!(
                f,
                "\nstopped: no outcome of the first came in time; is its stage running? The same command goes on"
            ),
            None => Ok(()),
        }
    }
}
