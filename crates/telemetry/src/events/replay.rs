//! What the registrar and replays do.

use crate::metrics::{counter, counters};
use prometheus::{IntCounter, IntCounterVec};
use std::sync::LazyLock;

static BURIED: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters(
        "wireroom_dead_letters_buried_total",
        "Dead letters taken into the ledger, by where they died.",
        &["stage"],
    )
});
static OUTCOMES: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters(
        "wireroom_replay_outcomes_total",
        "Replayed messages whose outcome at their stage became known, by that outcome.",
        &["state"],
    )
});
static UNREADABLE: LazyLock<IntCounter> = LazyLock::new(|| {
    counter("wireroom_replay_outcomes_unreadable_total", "Outcomes of replays that could not be read and were dropped.")
});
static WAITS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters(
        "wireroom_registrar_waits_total",
        "Times the registrar held letters because the store did not take them, by queue.",
        &["queue"],
    )
});
static REPLAYED: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters("wireroom_messages_replayed_total", "Dead letters sent again and confirmed, by stage.", &["stage"])
});

/// The registrar begins to work.
#[derive(Debug)]
pub struct RegistrarBegan {
    /// The queues that it takes from.
    pub queues: Vec<String>,
}

impl RegistrarBegan {
    /// Moves the metric alone, so that the first wait is an increase.
    pub fn emit(&self) {
        for queue in &self.queues {
            WAITS.with_label_values(&[queue.as_str()]);
        }
    }
}

/// A dead letter is in the ledger.
#[derive(Debug)]
pub struct LetterBuried<'a> {
    /// Where it died: a stage's name.
    pub stage: &'a str,
    /// What it died of.
    pub reason: &'a str,
    /// Which message.
    pub message_id: &'a str,
}

impl LetterBuried<'_> {
    /// Writes the line and moves the metric.
    pub fn emit(&self) {
        BURIED.with_label_values(&[self.stage]).inc();
        let Self { stage, reason, message_id } = self;
        tracing::debug!(stage, reason, message_id, "dead letter taken into the ledger");
    }
}

/// A replayed message's outcome is in the ledger.
#[derive(Debug)]
pub struct OutcomeRecorded<'a> {
    /// `passed`, `dead_again` or `dropped`.
    pub state: &'static str,
    /// Which row.
    pub row: i64,
    /// Which message.
    pub message_id: &'a str,
}

impl OutcomeRecorded<'_> {
    /// Writes the line and moves the metric.
    pub fn emit(&self) {
        OUTCOMES.with_label_values(&[self.state]).inc();
        let Self { state, row, message_id } = self;
        tracing::debug!(state, row, message_id, "outcome of a replay recorded");
    }
}

/// What lay in the outcomes' queue was none. Dropped: no row can be told from it.
#[derive(Debug)]
pub struct OutcomeUnreadable<'a> {
    /// What is wrong with it.
    pub error: &'a str,
}

impl OutcomeUnreadable<'_> {
    /// Writes the line and moves the metric.
    pub fn emit(&self) {
        UNREADABLE.inc();
        tracing::warn!(error = self.error, "an outcome of a replay can't be read and is dropped");
    }
}

/// The store does not take dead letters; they stay in their queue meanwhile.
#[derive(Debug)]
pub struct RegistrarWaits<'a> {
    /// Which queue's.
    pub queue: &'a str,
    /// How many are held.
    pub letters: usize,
    /// What the store said.
    pub error: &'a str,
}

impl RegistrarWaits<'_> {
    /// Writes the line and moves the metric.
    pub fn emit(&self) {
        WAITS.with_label_values(&[self.queue]).inc();
        let Self { queue, letters, error } = self;
        tracing::warn!(queue, letters, error, "the store does not take dead letters; they wait in their queue");
    }
}

/// A dead letter was sent again and its message confirmed.
#[derive(Debug)]
pub struct MessageReplayed<'a> {
    /// To which stage.
    pub stage: &'static str,
    /// Which row.
    pub row: i64,
    /// Which message.
    pub message_id: &'a str,
}

impl MessageReplayed<'_> {
    /// Writes the line and moves the metric.
    pub fn emit(&self) {
        REPLAYED.with_label_values(&[self.stage]).inc();
        let Self { stage, row, message_id } = self;
        tracing::debug!(stage, row, message_id, "dead letter sent again");
    }
}

/// A replay is over.
#[derive(Debug)]
pub struct ReplayEnded {
    /// Letters taken up.
    pub replayed: u64,
    /// Passed their stage.
    pub passed: u64,
    /// Died again.
    pub dead_again: u64,
    /// Their outcome is not known yet.
    pub under_way: u64,
    /// Dropped there or before.
    pub dropped: u64,
}

impl ReplayEnded {
    /// Writes the line; its parts are counted one by one where they happen.
    pub fn emit(&self) {
        let Self { replayed, passed, dead_again, under_way, dropped } = self;
        tracing::info!(replayed, passed, dead_again, under_way, dropped, "replay ended");
    }
}
