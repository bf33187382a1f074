//! Carrying out a decision: publish, confirm, *then*, ack. In this order; everything rests on it.

use super::Inner;
use super::decide::{Decided, Rules};
use super::process::{About, Handled};
use crate::backend::Taken;
use crate::error::PublishError;
use crate::queue::Patience;
use crate::{DeadReason, Envelope, Handler, Outcome, RetryReason, Unsendable};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use telemetry::MessageSpan;
use telemetry::events::belt::MessageSettled;
use tokio::time::timeout;

/// A mistake to make on purpose, so that tests can show that they would see it.
#[cfg(any(test, feature = "planted-defects"))]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Defect {
    /// The delivery is acked before what it caused is confirmed.
    AckBeforeConfirm,
    /// Confirms are not awaited: a refused publish counts as made.
    ConfirmsNotAwaited,
    /// *then* runs before what it follows is confirmed: an entry seen before its page is safe.
    ThenBeforeConfirm,
}

/// Why a decision could not be carried out.
pub(super) enum Hindrance {
    /// What is to be published can never be.
    Unsendable(Unsendable),
    /// The record could not be made.
    Then(String),
    /// Drain time is over, the queue closed, or a belt is full while somebody waits for quiet.
    Abandoned,
}

impl From<Unsendable> for Hindrance {
    fn from(why: Unsendable) -> Self {
        Hindrance::Unsendable(why)
    }
}

impl<H: Handler> Inner<H> {
    /// Settles a message. Where that is hindered the decision is replaced by one that can be carried out;
    /// where nothing can be, the message is left as it is and comes again.
    pub(super) async fn settle(&self, taken: &mut Taken, outcome: Outcome, about: About, handled: Handled) {
        self.watch_circuit(&outcome);
        let mut decided = self.rules().decide(&taken.envelope, outcome);
        // At most: the decision, its dead letter, its handing on.
        for _ in 0..3 {
            match self.carry_out(taken, &mut decided).await {
                Ok(()) => return self.tell(taken, decided, about, &handled),
                Err(Hindrance::Unsendable(why)) => {
                    decided = self.rules().dead(&taken.envelope, DeadReason::Unpublishable, why.to_string());
                }
                Err(Hindrance::Then(why)) => {
                    let outcome = Outcome::retry(RetryReason::DependencyAway, why);
                    self.watch_circuit(&outcome);
                    decided = self.rules().decide(&taken.envelope, outcome);
                }
                Err(Hindrance::Abandoned) => break,
            }
        }
        // Full belts and a broken broker may have held it until drain time was over or somebody wanted quiet.
        // Its rung may still have room.
        let mut handed_on =
            self.rules().decide(&taken.envelope, Outcome::retry(RetryReason::Draining, "could not be settled"));
        if self.once(taken, &handed_on.publish).await {
            handed_on.detail = decided.detail;
            self.tell(taken, handed_on, about, &handled);
        }
    }

    fn rules(&self) -> Rules<'_> {
        Rules {
            stage: H::STAGE,
            ladder: &self.ladder,
            message_max_bytes: self.queue.settings().message_max_bytes,
            now: self.queue.shared.backend.now(),
        }
    }

    fn watch_circuit(&self, outcome: &Outcome) {
        match outcome {
            Outcome::Retry { reason, detail, .. } if reason.opens_circuit() => self.circuit.open(detail),
            Outcome::Retry { .. } => {}
            Outcome::Done(_) | Outcome::Drop { .. } | Outcome::Dead { .. } => self.circuit.passed(),
        }
    }

    async fn carry_out(&self, taken: &mut Taken, decided: &mut Decided) -> Result<(), Hindrance> {
        #[cfg(any(test, feature = "planted-defects"))]
        if let Some(defect) = self.settings.defect {
            return self.carry_out_wrongly(defect, taken, decided).await;
        }
        match decided.then.take() {
            None => self.forward(taken, &decided.publish).await,
            Some(then) => {
                self.publish(&decided.publish).await?;
                self.run_then(then).await?;
                self.forward(taken, &[]).await
            }
        }
    }

    async fn run_then(&self, then: crate::Then) -> Result<(), Hindrance> {
        let record = AssertUnwindSafe(then.run()).catch_unwind();
        match timeout(self.settings.handler_timeout, record).await {
            Ok(Ok(Ok(()))) => Ok(()),
            Ok(Ok(Err(why))) => Err(Hindrance::Then(why.to_string())),
            Ok(Err(_)) => Err(Hindrance::Then("the record panicked".to_owned())),
            Err(_) => Err(Hindrance::Then("the record took too long".to_owned())),
        }
    }

    /// Publishes and acks, waiting while belts are full or the broker is away.
    pub(super) async fn forward(&self, taken: &mut Taken, messages: &[Envelope]) -> Result<(), Hindrance> {
        let mut patience = Patience::default();
        loop {
            let error = match taken.settle.forward(messages).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            self.wait_out(error, &mut patience).await?;
        }
    }

    async fn publish(&self, messages: &[Envelope]) -> Result<(), Hindrance> {
        let mut patience = Patience::default();
        loop {
            let error = match self.queue.shared.backend.publish(messages).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            self.wait_out(error, &mut patience).await?;
        }
    }

    async fn wait_out(&self, error: PublishError, patience: &mut Patience) -> Result<(), Hindrance> {
        let wait = async {
            match error {
                PublishError::Unsendable(why) => Err(why.into()),
                PublishError::Closed => Err(Hindrance::Abandoned),
                // Whoever waits for quiet waits for this message too, and may be who would make room. One that
                // is alone is waited for itself: its own wish ends its patience at once.
                PublishError::Full(queue) => tokio::select! {
                    biased;
                    () = self.queue.shared.gate.quiet_wanted() => Err(Hindrance::Abandoned),
                    () = patience.full(queue) => Ok(()),
                },
                PublishError::Away(why) => {
                    patience.away(&why).await;
                    Ok(())
                }
            }
        };
        tokio::select! {
            biased;
            () = self.abandon.cancelled() => Err(Hindrance::Abandoned),
            waited = wait => waited,
        }
    }

    /// One attempt.
    async fn once(&self, taken: &mut Taken, messages: &[Envelope]) -> bool {
        taken.settle.forward(messages).await.is_ok()
    }

    /// One event and one line of the chronicle for each settled message.
    fn tell(&self, taken: &Taken, decided: Decided, about: About, handled: &Handled) {
        let envelope = &taken.envelope;
        let now = self.queue.shared.backend.now();
        let span = handled.span.as_ref().zip(envelope.traceparent.as_deref());
        MessageSettled {
            stage: H::STAGE.as_str(),
            belt: H::STAGE.belt().as_str(),
            span: span.map(|((began, parent), own)| MessageSpan { own, parent: parent.as_deref(), began: *began }),
            outcome: decided.outcome,
            reason: decided.reason,
            message_id: &envelope.message_id.0,
            attempt: envelope.attempt,
            seconds: handled.took.as_secs_f64(),
            age_seconds: now.since(envelope.first_seen).as_secs_f64(),
            detail: &decided.detail,
        }
        .emit();
        if let Some(chronicle) = &self.chronicle {
            chronicle.note(about.decision(now, H::STAGE, envelope, decided));
        }
    }

    #[cfg(any(test, feature = "planted-defects"))]
    async fn carry_out_wrongly(
        &self,
        defect: Defect,
        taken: &mut Taken,
        decided: &mut Decided,
    ) -> Result<(), Hindrance> {
        let then = decided.then.take();
        match defect {
            Defect::AckBeforeConfirm => {
                self.forward(taken, &[]).await?;
                self.publish(&decided.publish).await?;
                if let Some(then) = then {
                    self.run_then(then).await?;
                }
                Ok(())
            }
            Defect::ConfirmsNotAwaited => {
                let _ = self.queue.shared.backend.publish(&decided.publish).await;
                if let Some(then) = then {
                    self.run_then(then).await?;
                }
                self.forward(taken, &[]).await
            }
            Defect::ThenBeforeConfirm => {
                if let Some(then) = then {
                    self.run_then(then).await?;
                }
                self.forward(taken, &decided.publish).await
            }
        }
    }
}
