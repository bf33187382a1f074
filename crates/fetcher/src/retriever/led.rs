//! Where a page leads elsewhere: its host has rules for that too, another host rules and a rate of its own.

use super::Retriever;
use super::refusal::Refusal;
use crate::extract::Signals;
use queue::Visit;
use std::sync::{Mutex, PoisonError};
use url::Url;
use web::{SlotGuard, hop_id};

/// Asks wherever a page's redirects lead for what was asked of its own address: robots.txt, what is reserved, and on
/// another host a slot.
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

    fn reserve(&self, more: Signals) {
        let mut reserved = self.reserved.lock().unwrap_or_else(PoisonError::into_inner);
        *reserved = std::mem::take(&mut *reserved).and(more);
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

    async fn leave(&self, hop: &Url, nth: usize) -> Result<SlotGuard, Refusal> {
        let leave = self.retriever.doorman.leave(hop).await?;
        let slot = self.retriever.slot(hop, self.visit, &hop_id(self.name, nth), &leave.permit).await?;
        self.reserve(leave.reserved);
        Ok(slot)
    }

    async fn pass(&self, hop: &Url) -> Result<(), Refusal> {
        self.reserve(self.retriever.doorman.leave(hop).await?.reserved);
        Ok(())
    }
}
