//! Moves dead letters from their queues into the ledger, and outcomes of replays to their rows.

use crate::letter;
use article::Timestamp;
use queue::{Belt, Consumer, Queue, QueueError, QueueName, RawDelivery, ReplayOutcome};
use std::time::Duration;
use store::{DeadLetter, LedgerState, Store, StoreError};
use telemetry::events::replay::{LetterBuried, OutcomeRecorded, OutcomeUnreadable, RegistrarBegan, RegistrarWaits};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Letters taken into the ledger in one transaction. Deaths come alone or, after an outage, by the thousand.
const BATCH: u16 = 64;

/// How long a letter waits for company.
const LINGER: Duration = Duration::from_millis(20);

/// Waits between attempts while the store does not answer.
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// The registrar of the dead.
///
/// What if the process dies here? A letter is acked only after its row is committed; taken again, the row
/// is found by (message, stage, deaths) and nothing changes. With the store away letters stay in their
/// queue, un-acked, and the wait is said. Several registrars may run at once.
#[derive(Clone, Debug)]
pub struct Registrar {
    store: Store,
    queue: Queue,
}

impl Registrar {
    /// One that has yet to run.
    pub fn new(store: Store, queue: Queue) -> Self {
        Self { store, queue }
    }

    /// Works until told to stop. An error means that the queue can't be taken from at all.
    pub async fn run(&self, stop: CancellationToken) -> Result<(), QueueError> {
        let queues = Belt::ALL.map(QueueName::Dead).into_iter().chain([QueueName::Outcomes]);
        RegistrarBegan { queues: queues.map(|queue| queue.to_string()).collect() }.emit();
        let mut tasks = JoinSet::new();
        for belt in Belt::ALL {
            let consumer = self.queue.consume(QueueName::Dead(belt), BATCH).await?;
            let (registrar, stop) = (self.clone(), stop.clone());
            tasks.spawn(async move { registrar.bury_all(belt, consumer, stop).await });
        }
        let consumer = self.queue.consume(QueueName::Outcomes, BATCH).await?;
        let (registrar, outcomes_stop) = (self.clone(), stop.clone());
        tasks.spawn(async move { registrar.record_all(consumer, outcomes_stop).await });
        while tasks.join_next().await.is_some() {}
        Ok(())
    }

    async fn bury_all(&self, belt: Belt, mut consumer: Consumer, stop: CancellationToken) {
        while let Some(deliveries) = batch(&mut consumer, &stop).await {
            let now = Timestamp::now();
            let letters: Vec<DeadLetter> =
                deliveries.iter().map(|d| letter::buried(belt, &d.envelope, &d.headers, now)).collect();
            // Told to stop while the store is away: what is un-acked comes again.
            if stop.run_until_cancelled(self.bury(belt, &letters)).await.is_none() {
                return;
            }
            for (delivery, letter) in deliveries.into_iter().zip(&letters) {
                LetterBuried { stage: &letter.stage, reason: &letter.reason, message_id: &letter.message_id }.emit();
                // Lost with its connection, the ack's letter comes again and changes nothing.
                let _ = delivery.ack().await;
            }
        }
    }

    /// Returns when every letter is committed: waits for the store, however long that takes.
    async fn bury(&self, belt: Belt, letters: &[DeadLetter]) {
        let mut wait = FIRST_WAIT;
        loop {
            let refused = match self.store.bury(letters).await {
                Ok(_) => return,
                Err(error) => error,
            };
            if matches!(refused, StoreError::Broken(_)) && letters.len() > 1 {
                // One of them can't be written: the others must not wait for it.
                for one in letters {
                    Box::pin(self.bury(belt, std::slice::from_ref(one))).await;
                }
                return;
            }
            RegistrarWaits {
                queue: &QueueName::Dead(belt).to_string(),
                letters: letters.len(),
                error: &refused.to_string(),
            }
            .emit();
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    async fn record_all(&self, mut consumer: Consumer, stop: CancellationToken) {
        while let Some(deliveries) = batch(&mut consumer, &stop).await {
            for delivery in deliveries {
                match ReplayOutcome::from_envelope(&delivery.envelope) {
                    Ok(outcome) => {
                        if stop.run_until_cancelled(self.record(&outcome)).await.is_none() {
                            return;
                        }
                    }
                    Err(error) => OutcomeUnreadable { error: &error.to_string() }.emit(),
                }
                let _ = delivery.ack().await;
            }
        }
    }

    async fn record(&self, outcome: &ReplayOutcome) {
        let mut wait = FIRST_WAIT;
        while let Err(error) = self.try_record(outcome).await {
            RegistrarWaits { queue: &QueueName::Outcomes.to_string(), letters: 1, error: &error.to_string() }.emit();
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    async fn try_record(&self, outcome: &ReplayOutcome) -> Result<(), StoreError> {
        let state = match outcome.outcome.as_str() {
            "done" => LedgerState::Passed,
            "drop" => LedgerState::Dropped,
            _ => LedgerState::DeadAgain,
        };
        // A ledger that was emptied numbers anew: a row of the same number may be another message's.
        if self.store.is_death_of(outcome.row, &outcome.message_id.0).await? {
            let reason = Some(outcome.reason.as_str()).filter(|r| !r.is_empty());
            self.store.set_ledger_state(outcome.row, state, reason, outcome.at).await?;
            OutcomeRecorded { state: state.as_str(), row: outcome.row, message_id: &outcome.message_id.0 }.emit();
        }
        Ok(())
    }
}

/// What has come, at least one; `None` when told to stop, or the queue was closed.
async fn batch(consumer: &mut Consumer, stop: &CancellationToken) -> Option<Vec<RawDelivery>> {
    let first = stop.run_until_cancelled(consumer.next()).await??;
    let mut deliveries = vec![first];
    let linger = tokio::time::sleep(LINGER);
    tokio::pin!(linger);
    while deliveries.len() < usize::from(BATCH) {
        tokio::select! {
            biased;
            more = consumer.next() => match more {
                Some(delivery) => deliveries.push(delivery),
                None => break,
            },
            () = &mut linger => break,
        }
    }
    Some(deliveries)
}
