//! Where a feed leads elsewhere: the operator named its host, not the other one.

use super::Poller;
use super::ask::Stop;
use super::failure::Failure;
use super::refusal::Refusal;
use article::Timestamp;
use queue::MessageId;
use url::Url;
use web::{RobotsRefusal, SlotGuard};

/// Asks every host that a feed's redirects lead to for its robots.txt and a slot.
pub(super) struct Led<'p> {
    pub(super) poller: &'p Poller,
    pub(super) id: &'p MessageId,
}

impl web::Leave for Led<'_> {
    type Refusal = Stop;
    type Slot = SlotGuard;

    async fn leave(&self, hop: &Url) -> Result<SlotGuard, Stop> {
        let Poller { robots, politeness, .. } = self.poller;
        let permit = robots.permit(hop, Timestamp::now()).await.map_err(of_robots)?;
        // Nobody named this host, so it is one to be crawled: at the pace that it asks for.
        let slot = politeness.reserve(hop, &self.id.0, permit.crawl_delay, Timestamp::now()).await;
        Ok(slot.map_err(Refusal::from)?)
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
