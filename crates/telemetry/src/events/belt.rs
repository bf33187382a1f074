//! What happens to messages.

use crate::metrics::{counters, gauges, histograms};
use crate::traces::{Kind, MessageSpan, Told};
use prometheus::{GaugeVec, HistogramVec, IntCounterVec};
use std::sync::LazyLock;

static SETTLED: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters(
        "wireroom_messages_settled_total",
        "Messages settled, by what the handler decided.",
        &["stage", "outcome", "reason"],
    )
});
static HANDLING: LazyLock<HistogramVec> = LazyLock::new(|| {
    histograms(
        "wireroom_message_handling_seconds",
        "Time from taking a message to deciding about it.",
        &["stage"],
        &[0.001, 0.005, 0.02, 0.1, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0],
    )
});
static TRAVELLED: LazyLock<HistogramVec> = LazyLock::new(|| {
    histograms(
        "wireroom_message_age_seconds",
        "Time from a message's first publish to its end at its stage, laps and waits included.",
        &["stage"],
        &[0.01, 0.1, 0.5, 1.0, 5.0, 30.0, 300.0, 3_600.0, 86_400.0],
    )
});
static IN_HAND: LazyLock<GaugeVec> = LazyLock::new(|| {
    gauges("wireroom_messages_in_hand", "Messages that this process's workers hold un-acked.", &["stage"])
});
static PARKED: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters(
        "wireroom_messages_parked_total",
        "Messages handed on unhandled: their time had not come, or they belong to the later lane.",
        &["stage"],
    )
});
static CIRCUIT: LazyLock<GaugeVec> = LazyLock::new(|| {
    gauges("wireroom_circuit_open", "1 while a stage takes nothing because what it needs is away.", &["stage"])
});
static READY: LazyLock<GaugeVec> = LazyLock::new(|| {
    gauges("wireroom_queue_ready_messages", "Messages that wait to be taken; on a rung, for their time.", &["queue"])
});
static IN_FLIGHT: LazyLock<GaugeVec> = LazyLock::new(|| {
    gauges("wireroom_queue_in_flight_messages", "Messages in workers' hands (embedded queue only).", &["queue"])
});
static PRESSED: LazyLock<GaugeVec> = LazyLock::new(|| {
    gauges("wireroom_belt_back_pressure", "1 while publishers to a belt stop because it is nearly full.", &["belt"])
});
static CONNECTIONS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters("wireroom_queue_connections_total", "Connections to the broker, by how they went.", &["event"])
});
static LONE: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters(
        "wireroom_messages_lone_total",
        "Messages retried alone because their process had died with them in hand.",
        &["stage"],
    )
});

/// A message is confirmed that no other message caused: here a trace begins.
#[derive(Debug)]
pub struct MessageSent<'a> {
    /// Where to.
    pub belt: &'static str,
    /// Which message.
    pub message_id: &'a str,
    /// Its span.
    pub span: MessageSpan<'a>,
}

impl MessageSent<'_> {
    /// Ends the span; what was sent is counted where it is settled.
    pub fn emit(&self) {
        let Self { belt, message_id, span } = self;
        span.tell(&Told { kind: Kind::Send, belt, message_id, more: &[], failure: None });
    }
}

/// A handler has decided and the decision is settled with the broker.
#[derive(Debug)]
pub struct MessageSettled<'a> {
    /// Where.
    pub stage: &'static str,
    /// Taken from where.
    pub belt: &'static str,
    /// Its span; none where no handler was asked.
    pub span: Option<MessageSpan<'a>>,
    /// `done`, `drop`, `retry` or `dead`.
    pub outcome: &'static str,
    /// From a closed enum; empty for `done`.
    pub reason: &'static str,
    /// Which message.
    pub message_id: &'a str,
    /// Attempt that decided, from 1.
    pub attempt: u32,
    /// Time the handler took.
    pub seconds: f64,
    /// Time since the message was first published.
    pub age_seconds: f64,
    /// The cause, for people.
    pub detail: &'a str,
}

impl MessageSettled<'_> {
    /// Writes the line, moves the metrics and ends the span.
    pub fn emit(&self) {
        SETTLED.with_label_values(&[self.stage, self.outcome, self.reason]).inc();
        HANDLING.with_label_values(&[self.stage]).observe(self.seconds);
        if self.outcome != "retry" {
            TRAVELLED.with_label_values(&[self.stage]).observe(self.age_seconds);
        }
        let Self { stage, belt, span, outcome, reason, message_id, attempt, seconds, age_seconds, detail } = self;
        if let Some(span) = span {
            let more = [
                ("wireroom.outcome", *outcome),
                ("wireroom.reason", reason),
                ("wireroom.attempt", &attempt.to_string()),
                ("wireroom.detail", detail),
            ];
            let failure = (*outcome == "dead").then_some(*reason);
            span.tell(&Told { kind: Kind::Process, belt, message_id, more: &more, failure });
        }
        match *outcome {
            "dead" => {
                tracing::warn!(stage, reason, message_id, attempt, seconds, age_seconds, detail, "message is dead")
            }
            "retry" => tracing::info!(stage, reason, message_id, attempt, seconds, detail, "message will be retried"),
            _ => tracing::debug!(stage, outcome, reason, message_id, attempt, seconds, detail, "message settled"),
        }
    }
}

/// A message was handed on unhandled: parked until its time, or moved to its lane.
#[derive(Debug)]
pub struct MessageParked<'a> {
    /// Where.
    pub stage: &'static str,
    /// Which message.
    pub message_id: &'a str,
    /// The queue it went to.
    pub queue: &'a str,
}

impl MessageParked<'_> {
    /// Writes the line and moves the metric.
    pub fn emit(&self) {
        PARKED.with_label_values(&[self.stage]).inc();
        let Self { stage, message_id, queue } = self;
        tracing::debug!(stage, message_id, queue, "message parked");
    }
}

/// How many messages a stage's worker holds.
#[derive(Debug)]
pub struct InHand {
    /// Where.
    pub stage: &'static str,
    /// +1 or -1.
    pub by: f64,
}

impl InHand {
    /// Moves the metric; too frequent for a line.
    pub fn emit(&self) {
        IN_HAND.with_label_values(&[self.stage]).add(self.by);
    }
}

/// A stage begins to work: its circuit is closed until something is away, and nothing has died.
#[derive(Debug)]
pub struct StageBegan {
    /// Where.
    pub stage: &'static str,
    /// All that a message can die of.
    pub deaths: Vec<&'static str>,
}

impl StageBegan {
    /// Moves the metrics alone, so that "closed" can be told from "nobody there", and so that deaths before the
    /// first look at the metrics are an increase: a series that begins with them shows none.
    pub fn emit(&self) {
        CIRCUIT.with_label_values(&[self.stage]).set(0.0);
        for reason in &self.deaths {
            SETTLED.with_label_values(&[self.stage, "dead", reason]);
        }
    }
}

/// What a stage needs is away: it takes nothing and probes.
#[derive(Debug)]
pub struct CircuitOpened<'a> {
    /// Where.
    pub stage: &'static str,
    /// What is away, in words to act on.
    pub why: &'a str,
}

impl CircuitOpened<'_> {
    /// Writes the line and moves the metric.
    pub fn emit(&self) {
        CIRCUIT.with_label_values(&[self.stage]).set(1.0);
        let Self { stage, why } = self;
        tracing::warn!(stage, why, "circuit open: taking no messages, probing");
    }
}

/// What a stage needs is back.
#[derive(Debug)]
pub struct CircuitClosed {
    /// Where.
    pub stage: &'static str,
    /// How long it was away.
    pub seconds: f64,
}

impl CircuitClosed {
    /// Writes the line and moves the metric.
    pub fn emit(&self) {
        CIRCUIT.with_label_values(&[self.stage]).set(0.0);
        let Self { stage, seconds } = self;
        tracing::info!(stage, seconds, "circuit closed: taking messages again");
    }
}

/// A queue's depth was looked at.
#[derive(Debug)]
pub struct QueueDepth<'a> {
    /// Which: from the topology.
    pub queue: &'a str,
    /// Waiting.
    pub ready: u64,
    /// In hand, where the backend tells.
    pub in_flight: Option<u64>,
}

impl QueueDepth<'_> {
    /// Moves the metrics; too frequent for a line.
    pub fn emit(&self) {
        READY.with_label_values(&[self.queue]).set(self.ready as f64);
        if let Some(n) = self.in_flight {
            IN_FLIGHT.with_label_values(&[self.queue]).set(n as f64);
        }
    }
}

/// A belt is nearly full, or has room again.
#[derive(Debug)]
pub struct BackPressure {
    /// Which.
    pub belt: &'static str,
    /// Whether publishers stop.
    pub on: bool,
}

impl BackPressure {
    /// Moves the metric alone: a first look that finds room is no news.
    pub fn measure(&self) {
        PRESSED.with_label_values(&[self.belt]).set(f64::from(u8::from(self.on)));
    }

    /// Writes the line and moves the metric.
    pub fn emit(&self) {
        self.measure();
        let belt = self.belt;
        if self.on {
            tracing::warn!(belt, "belt is nearly full: publishers stop");
        } else {
            tracing::info!(belt, "belt has room again");
        }
    }
}

/// What happened to the connection to the broker.
#[derive(Clone, Copy, Debug)]
pub enum ConnectionEvent {
    /// It is there, with topology.
    Connected,
    /// It could not be made.
    Refused,
    /// It broke.
    Lost,
    /// The broker takes no publishes: memory or disk alarm.
    Blocked,
    /// It takes them again.
    Unblocked,
}

/// The connection to the broker changed.
#[derive(Debug)]
pub struct BrokerConnection<'a> {
    /// How.
    pub event: ConnectionEvent,
    /// What it is for: `publish` or `consume`.
    pub link: &'static str,
    /// The cause, for people.
    pub detail: &'a str,
}

impl BrokerConnection<'_> {
    /// Writes the line and moves the metric.
    pub fn emit(&self) {
        let Self { event, link, detail } = self;
        let label = match event {
            ConnectionEvent::Connected => "connected",
            ConnectionEvent::Refused => "refused",
            ConnectionEvent::Lost => "lost",
            ConnectionEvent::Blocked => "blocked",
            ConnectionEvent::Unblocked => "unblocked",
        };
        CONNECTIONS.with_label_values(&[label]).inc();
        match event {
            ConnectionEvent::Connected | ConnectionEvent::Unblocked => {
                tracing::info!(event = label, link, detail, "broker connection")
            }
            ConnectionEvent::Refused | ConnectionEvent::Lost | ConnectionEvent::Blocked => {
                tracing::warn!(event = label, link, detail, "broker connection")
            }
        }
    }
}

/// A message is retried alone.
#[derive(Debug)]
pub struct LoneRetry<'a> {
    /// Where.
    pub stage: &'static str,
    /// Which message.
    pub message_id: &'a str,
}

impl LoneRetry<'_> {
    /// Writes the line and moves the metric.
    pub fn emit(&self) {
        LONE.with_label_values(&[self.stage]).inc();
        let Self { stage, message_id } = self;
        tracing::warn!(stage, message_id, "its process died with this message in hand: retrying it alone");
    }
}
