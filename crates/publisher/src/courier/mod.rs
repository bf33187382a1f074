//! The stage that carries notices out of the house.

mod letter;
mod refusal;
#[cfg(test)]
mod tests;

pub use letter::verify;
pub use refusal::Undelivered;

use crate::PublisherSettings;
use crate::site::SiteSettings;
use article::Timestamp;
use queue::{Delivery, Done, Foresight, Handler, Notice, Outcome, Stage, Trial};
use telemetry::events::publish::NoticeCarried;
use url::Url;
use web::{Client, Response};

/// Posts a notice to its webhook: `notices` in, nothing out.
///
/// A death between the post and the ack posts the notice again. It carries the message's id, which is the
/// same each time, so that a target which minds can tell; what it says is a state, not a step, so that one
/// which doesn't is not misled.
#[derive(Clone, Debug)]
pub struct Courier {
    client: Client,
    settings: PublisherSettings,
    site: SiteSettings,
}

impl Courier {
    /// A courier that goes out by `client` and names stories by the site's public address.
    pub fn new(client: Client, settings: PublisherSettings, site: SiteSettings) -> Self {
        Self { client, settings, site }
    }

    async fn carry(&self, notice: &Notice, delivery: &Delivery) -> Result<Done, Undelivered> {
        let webhook = self
            .settings
            .webhook(&notice.target)
            .ok_or_else(|| Undelivered::NoTarget { target: notice.target.clone() })?;
        let url = Url::parse(&webhook.url).map_err(|e| Undelivered::BadAddress { why: e.to_string() })?;
        let letter = letter::write(notice, &delivery.message_id, &self.site);
        let response = self.client.post(&letter::seal(letter, url, &webhook.secret, Timestamp::now())).await?;
        answer(&response)?;
        Ok(Done { note: format!("{} answered {}", webhook.name, response.status), ..Done::default() })
    }
}

/// What a target's answer means.
fn answer(response: &Response) -> Result<(), Undelivered> {
    match response.status {
        200..=299 => Ok(()),
        410 => Err(Undelivered::Unsubscribed),
        429 | 503 if response.retry_after().is_some() => {
            Err(Undelivered::SlowDown { status: response.status, until: response.retry_after() })
        }
        429 => Err(Undelivered::SlowDown { status: response.status, until: None }),
        408 | 425 | 500..=599 => Err(Undelivered::Failing { status: response.status }),
        status => Err(Undelivered::Refused { status }),
    }
}

impl Foresight for Courier {
    /// Its one effect is what its target answers to.
    async fn foresee(&self, notice: &Notice, _: &Delivery) -> Trial {
        match self.settings.webhook(&notice.target) {
            Some(_) => Trial::Untried("only its target can tell"),
            None => Trial::Would(Undelivered::NoTarget { target: notice.target.clone() }.into()),
        }
    }
}

impl Handler for Courier {
    const STAGE: Stage = Stage::Courier;
    type Message = Notice;

    async fn handle(&self, notice: &Notice, delivery: &Delivery) -> Outcome {
        let outcome = match self.carry(notice, delivery).await {
            Ok(done) => Outcome::Done(done),
            Err(refusal) => refusal.into(),
        };
        let result = if matches!(outcome, Outcome::Done(_)) { "delivered" } else { outcome.reason() };
        let (event, story) = (notice.event.as_str(), notice.story.to_string());
        NoticeCarried { target: &notice.target, event, result, story: &story }.emit();
        outcome
    }
}
