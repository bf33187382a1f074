//! Who may hold messages in this process.
//!
//! A crash counts against every delivery that the process holds, whichever of its stages took it. So a
//! message that is retried alone must be alone in the process: whoever serves a lone lane asks all others
//! for quiet, waits until nobody holds anything, and lets them go on afterwards.

use std::sync::Arc;
use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock, watch};

/// One per process, shared by its workers.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    /// Read: I hold messages or may be given some. Write: nobody does but me.
    floor: Arc<RwLock<()>>,
    /// How many wait for quiet.
    quiet: Arc<watch::Sender<usize>>,
}

/// While it lives its owner may take messages.
pub(crate) type Open = OwnedRwLockReadGuard<()>;

/// While it lives nobody else in the process holds a message.
pub(crate) struct Alone {
    _floor: OwnedRwLockWriteGuard<()>,
    _wish: Wish,
}

/// A wish for quiet, taken back when dropped.
struct Wish(Arc<watch::Sender<usize>>);

impl Drop for Wish {
    fn drop(&mut self) {
        self.0.send_modify(|n| *n -= 1);
    }
}

impl Gate {
    pub(crate) fn new() -> Self {
        Self { floor: Arc::default(), quiet: Arc::new(watch::channel(0).0) }
    }

    /// Waits until nobody wants quiet.
    pub(crate) async fn enter(&self) -> Open {
        self.floor.clone().read_owned().await
    }

    /// Resolves when somebody wants quiet.
    pub(crate) async fn quiet_wanted(&self) {
        let mut quiet = self.quiet.subscribe();
        // The sender lives as long as `self`.
        let _ = quiet.wait_for(|n| *n > 0).await;
    }

    /// Asks for quiet and waits for it. The caller must hold nothing, no [`Open`] either.
    pub(crate) async fn alone(&self) -> Alone {
        self.quiet.send_modify(|n| *n += 1);
        let wish = Wish(self.quiet.clone());
        // Write-preferring and fair: those who enter later wait behind this.
        Alone { _floor: self.floor.clone().write_owned().await, _wish: wish }
    }
}
