//! From an outcome to what is to be published for it. Pure: everything it needs is handed in.

use crate::ladder::{Journey, Ladder, Step};
use crate::queue::check_sizes;
use crate::{
    DeadReason, Death, Done, DropReason, Envelope, Outcome, QueueName, ReplayOutcome, RetryReason, Stage, Then,
};
use article::Timestamp;

/// The longest error chain that travels with a message: headers have a frame to fit into.
const MAX_DETAIL: usize = 4096;

/// A decision, ready to be carried out.
#[derive(Debug)]
pub(super) struct Decided {
    /// `done`, `drop`, `retry` or `dead`.
    pub(super) outcome: &'static str,
    /// The reason's name.
    pub(super) reason: &'static str,
    /// For people.
    pub(super) detail: String,
    /// To be published and confirmed.
    pub(super) publish: Vec<Envelope>,
    /// To be run after that.
    pub(super) then: Option<Then>,
}

/// What the rules need to know besides the message.
pub(super) struct Rules<'a> {
    pub(super) stage: Stage,
    pub(super) ladder: &'a Ladder,
    pub(super) message_max_bytes: usize,
    pub(super) now: Timestamp,
}

impl Rules<'_> {
    /// Settles what follows from an outcome.
    pub(super) fn decide(&self, envelope: &Envelope, outcome: Outcome) -> Decided {
        match outcome {
            Outcome::Done(done) => self.done(envelope, done),
            Outcome::Drop { reason, detail, then } => self.dropped(envelope, reason, detail, then),
            Outcome::Retry { reason, not_before, detail } => self.retry(envelope, reason, not_before, detail),
            Outcome::Dead { reason, detail } => self.dead(envelope, reason, detail),
        }
    }

    fn done(&self, envelope: &Envelope, done: Done) -> Decided {
        let Done { publish, then, note } = done;
        let publish: Vec<Envelope> = publish
            .into_iter()
            .map(|outgoing| Envelope::first(outgoing, envelope.traceparent.as_deref(), self.now))
            .collect();
        if let Err(why) = check_sizes(&publish, self.message_max_bytes) {
            return self.dead(envelope, DeadReason::Unpublishable, why.to_string());
        }
        self.end(envelope, Decided { outcome: "done", reason: "", detail: note, publish, then })
    }

    fn dropped(&self, envelope: &Envelope, reason: DropReason, detail: String, then: Option<Then>) -> Decided {
        let reason = reason.as_str();
        self.end(envelope, Decided { outcome: "drop", reason, detail, publish: Vec::new(), then })
    }

    fn retry(&self, envelope: &Envelope, reason: RetryReason, at: Option<Timestamp>, detail: String) -> Decided {
        let journey = Journey {
            message_id: &envelope.message_id.0,
            attempt: envelope.attempt,
            waits: envelope.waits,
            first_seen: envelope.first_seen,
        };
        match self.ladder.step(journey, reason, at, self.now) {
            Step::Rung { rung, attempt, waits, not_before } => Decided {
                outcome: "retry",
                reason: reason.as_str(),
                detail,
                publish: vec![Envelope {
                    queue: QueueName::Retry(self.stage.belt(), rung),
                    attempt,
                    waits,
                    not_before,
                    death: None,
                    ..envelope.clone()
                }],
                then: None,
            },
            Step::Drop(end) => self.dropped(envelope, end, format!("{}: {detail}", reason.as_str()), None),
            Step::Dead(end) => self.dead(envelope, end, format!("{}: {detail}", reason.as_str())),
        }
    }

    pub(super) fn dead(&self, envelope: &Envelope, reason: DeadReason, detail: String) -> Decided {
        let death = Death {
            reason: reason.as_str().to_owned(),
            stage: self.stage.as_str().to_owned(),
            detail: clipped(&detail),
            at: self.now,
            release: env!("CARGO_PKG_VERSION").to_owned(),
            origin: envelope.queue.to_string(),
        };
        let letter = Envelope {
            queue: QueueName::Dead(self.stage.belt()),
            not_before: None,
            death: Some(death),
            ..envelope.clone()
        };
        self.end(
            envelope,
            Decided { outcome: "dead", reason: reason.as_str(), detail, publish: vec![letter], then: None },
        )
    }

    /// A replayed message's end is also told to the registrar, together with what it caused.
    fn end(&self, envelope: &Envelope, mut decided: Decided) -> Decided {
        if let Some(row) = envelope.replay {
            let outcome = ReplayOutcome {
                row,
                message_id: envelope.message_id.clone(),
                stage: self.stage,
                outcome: decided.outcome.to_owned(),
                reason: decided.reason.to_owned(),
                detail: clipped(&decided.detail),
                at: self.now,
            };
            decided.publish.push(outcome.envelope());
        }
        decided
    }
}

fn clipped(text: &str) -> String {
    text.chars().filter(|c| *c != '\0').take(MAX_DETAIL).collect()
}
