//! The contract between a stage and the worker.

use crate::{Delivery, Message, Outcome, Stage};
use std::future::Future;

/// Turns one message into an outcome.
///
/// A handler that finds its effect already there returns the same messages as the first time: else a death
/// between effect and publish would lose what it caused. It holds a delivery for at most the handler
/// time-out and never sleeps more than 5 s. Each implementation's first paragraph answers: what if the
/// process dies here?
pub trait Handler: Send + Sync + 'static {
    /// Where it works.
    const STAGE: Stage;
    /// What it takes.
    type Message: Message;

    /// Decides about one message.
    fn handle(&self, message: &Self::Message, delivery: &Delivery) -> impl Future<Output = Outcome> + Send;

    /// Whether what this handler needs (store, index) answers; asked while the circuit is open. The error
    /// is for readiness and the log.
    fn probe(&self) -> impl Future<Output = Result<(), String>> + Send {
        async { Ok(()) }
    }
}

/// A handler that others hold too.
impl<H: Handler> Handler for std::sync::Arc<H> {
    const STAGE: Stage = H::STAGE;
    type Message = H::Message;

    fn handle(&self, message: &Self::Message, delivery: &Delivery) -> impl Future<Output = Outcome> + Send {
        H::handle(self, message, delivery)
    }

    fn probe(&self) -> impl Future<Output = Result<(), String>> + Send {
        H::probe(self)
    }
}
