//! Where a feed leads elsewhere: the operator named its host, not the other one.

use super::Poller;
use super::ask::Stop;
use super::failure::Failure;
use super::refusal::Refusal;
use article::Timestamp;
use queue::MessageId;
use url::Url;
use web::{Permit, RobotsRefusal, SlotGuard, hop_id};

/// Asks every host that a feed's redirects lead to for its robots.txt and a slot.
pub(super) struct Led<'p> {
    pub(super) poller: &'p Poller,
    pub(super) id: &'p MessageId,
    /// The host that was named.
    pub(super) named: Option<&'p str>,
}

/// Leave of a host that nobody named, so one to be crawled: by its robots.txt and at the pace that it asks for.
pub(super) async fn permit(poller: &Poller, url: &Url) -> Result<Permit, Stop> {
    poller.robots.permit(url, Timestamp::now()).await.map_err(of_robots)
}

impl web::Leave for Led<'_> {
    type Refusal = Stop;
    type Slot = SlotGuard;

    async fn leave(&self, hop: &Url, nth: usize) -> Result<SlotGuard, Stop> {
        let permit = permit(self.poller, hop).await?;
        let name = hop_id(&self.id.0, nth);
        let slot = self.poller.politeness.reserve(hop, &name, permit.crawl_delay, Timestamp::now()).await;
        Ok(slot.map_err(Refusal::from)?)
    }

    async fn pass(&self, hop: &Url) -> Result<(), Stop> {
        if hop.host_str() != self.named {
            permit(self.poller, hop).await?;
        }
        Ok(())
    }
}

fn of_robots(refusal: RobotsRefusal) -> Stop {
    match refusal {
        RobotsRefusal::Disallowed { host } => Failure::Robots { host }.into(),
        RobotsRefusal::Unknown { host, why, retry_at } => Refusal::RobotsUnknown { host, why, retry_at }.into(),
        RobotsRefusal::Busy { free_at } => Refusal::HostBusy { free_at }.into(),
        RobotsRefusal::Away(away) => Refusal::SlotsAway(away).into(),
        RobotsRefusal::Address(error) => Failure::Fetch(error).into(),
    }
}
