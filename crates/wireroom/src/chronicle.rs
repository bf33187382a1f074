//! From the workers' decisions to the store, for `explain`: in batches, never waited for by an ack.

use queue::{Chronicle, Decision};
use std::time::Duration;
use store::{DecisionRow, Store};
use telemetry::events::chronicle::DecisionsLost;
use tokio::sync::mpsc::{Receiver, Sender, channel, error::TrySendError};
use tokio_util::sync::CancellationToken;

/// Decisions that wait to be written: some seconds of a busy process. What comes on top is dropped and counted.
const WAITING: usize = 10_000;
/// Written together: one transaction.
const BATCH: usize = 500;
/// The longest a decision waits for company.
const LINGER: Duration = Duration::from_millis(500);

/// Takes note of decisions.
#[derive(Clone, Debug)]
pub(crate) struct Notebook {
    sender: Sender<DecisionRow>,
}

impl Notebook {
    /// A notebook and the task that writes it into `store` until told to stop; what is waiting then is still written.
    pub(crate) fn open(store: Store, stop: CancellationToken) -> (Self, tokio::task::JoinHandle<()>) {
        let (sender, receiver) = channel(WAITING);
        (Self { sender }, tokio::spawn(write(store, receiver, stop)))
    }
}

impl Chronicle for Notebook {
    fn note(&self, decision: Decision) {
        let row = DecisionRow {
            at: decision.at,
            stage: decision.stage.as_str().to_owned(),
            message_id: decision.message_id.0,
            article: decision.article.map(|id| id.to_string()),
            url: decision.url,
            source: decision.source.map(|s| s.to_string()),
            outcome: decision.outcome.to_owned(),
            reason: decision.reason.to_owned(),
            attempt: decision.attempt,
            detail: decision.detail,
        };
        match self.sender.try_send(row) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                DecisionsLost { count: 1, why: "the store is slower than the workers" }.emit()
            }
            Err(TrySendError::Closed(_)) => DecisionsLost { count: 1, why: "the process is ending" }.emit(),
        }
    }
}

async fn write(store: Store, mut decisions: Receiver<DecisionRow>, stop: CancellationToken) {
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        let more = tokio::select! {
            biased;
            n = decisions.recv_many(&mut batch, BATCH) => n > 0,
            () = stop.cancelled() => false,
        };
        if more && batch.len() < BATCH {
            // A decision alone is not worth a transaction: others follow within moments.
            let _ = tokio::time::timeout(LINGER, fill(&mut decisions, &mut batch)).await;
        }
        if !more {
            decisions.close();
            while decisions.recv_many(&mut batch, BATCH).await > 0 {}
        }
        if !batch.is_empty()
            && let Err(e) = store.record_decisions(&batch).await
        {
            DecisionsLost { count: batch.len() as u64, why: &e.to_string() }.emit();
        }
        batch.clear();
        if !more {
            return;
        }
    }
}

async fn fill(decisions: &mut Receiver<DecisionRow>, batch: &mut Vec<DecisionRow>) {
    while batch.len() < BATCH {
        let room = BATCH - batch.len();
        if decisions.recv_many(batch, room).await == 0 {
            return;
        }
    }
}
