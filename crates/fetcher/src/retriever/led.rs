//! Where a page leads elsewhere: the other host has rules and a rate of its own.

use super::Retriever;
use super::refusal::Refusal;
use crate::extract::Signals;
use queue::Visit;
use std::sync::{Mutex, PoisonError};
use url::Url;
use web::SlotGuard;

/// Asks every host that a page's redirects lead to for what was asked of the first one: robots.txt, what it
/// reserves, a slot.
///
/// A death here costs a slot that nobody uses. A page that is parked for another host's slot asks its own host
/// again when it comes back; the other one keeps its place, since a reservation belongs to its message.
pub(super) struct Led<'r> {
    retriever: &'r Retriever,
    visit: Visit,
    /// Under which its slots are reserved.
    name: &'r str,
    /// What the hosts on the way reserve: the page is theirs.
    reserved: Mutex<Signals>,
}

impl<'r> Led<'r> {
    pub(super) fn new(retriever: &'r Retriever, visit: Visit, name: &'r str) -> Self {
        Self { retriever, visit, name, reserved: Mutex::default() }
    }

    /// What they reserved.
    pub(super) fn reserved(self) -> Signals {
        // A panic elsewhere leaves whole signals behind.
        self.reserved.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl web::Leave for Led<'_> {
    type Refusal = Refusal;
    type Slot = SlotGuard;

    async fn leave(&self, hop: &Url) -> Result<SlotGuard, Refusal> {
        let leave = self.retriever.doorman.leave(hop).await?;
        let slot = self.retriever.slot(hop, self.visit, self.name, &leave.permit).await?;
        let mut reserved = self.reserved.lock().unwrap_or_else(PoisonError::into_inner);
        *reserved = std::mem::take(&mut *reserved).and(leave.reserved);
        Ok(slot)
    }
}
