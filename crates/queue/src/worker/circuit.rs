//! What a handler needs is away: take nothing, burn no attempts, ask until it is back.

use crate::backoff::Backoff;
use crate::{Handler, Stage};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use telemetry::Health;
use telemetry::events::belt::{CircuitClosed, CircuitOpened};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

/// How long a probe may take.
const PROBE_LIMIT: Duration = Duration::from_secs(10);

/// Open while what the stage needs is away.
pub(super) struct Circuit {
    stage: Stage,
    health: Health,
    open: watch::Sender<bool>,
    /// Grows over circuits that open again at once: a probe may pass where the handler does not.
    backoff: Mutex<Backoff>,
}

impl Circuit {
    pub(super) fn new(stage: Stage, health: Health) -> Self {
        let backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(15));
        Self { stage, health, open: watch::channel(false).0, backoff: Mutex::new(backoff) }
    }

    pub(super) fn is_open(&self) -> bool {
        *self.open.borrow()
    }

    /// Resolves when it opens.
    pub(super) async fn opened(&self) {
        let mut open = self.open.subscribe();
        // The sender lives as long as `self`.
        let _ = open.wait_for(|open| *open).await;
    }

    /// Something is away.
    pub(super) fn open(&self, why: &str) {
        if !self.open.send_replace(true) {
            CircuitOpened { stage: self.stage.as_str(), why }.emit();
        }
        self.health.down(self.stage.as_str(), why);
    }

    /// A handler got its work done.
    pub(super) fn passed(&self) {
        self.backoff().reset();
    }

    /// Probes until what is away is back.
    pub(super) async fn mend<H: Handler>(&self, handler: &H, shutdown: &CancellationToken) {
        let began = Instant::now();
        loop {
            let wait = self.backoff().next();
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
            match timeout(PROBE_LIMIT, handler.probe()).await {
                Ok(Ok(())) => break,
                Ok(Err(why)) => self.health.down(self.stage.as_str(), why),
                Err(_) => self.health.down(self.stage.as_str(), "does not answer"),
            }
        }
        self.health.up(self.stage.as_str());
        self.open.send_replace(false);
        CircuitClosed { stage: self.stage.as_str(), seconds: began.elapsed().as_secs_f64() }.emit();
    }

    fn backoff(&self) -> std::sync::MutexGuard<'_, Backoff> {
        // Two numbers: whole whatever panicked.
        self.backoff.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
