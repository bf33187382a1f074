//! Asks hubs to tell.

use super::WebsubSettings;
use crate::looks::Looks;
use article::Timestamp;
use futures_util::{StreamExt, stream};
use std::sync::Arc;
use store::{Store, StoreError, Subscription};
use telemetry::events::websub::HubAsked;
use tokio_util::sync::CancellationToken;
use url::Url;
use web::{Client, Politeness, Post};

/// Hubs asked at once: those that don't answer must not hold up the others.
const AT_ONCE: usize = 8;

/// Asks the hubs that feeds name to tell us of news, and again before their promises end.
///
/// A death loses nothing: a request of which no answer is known is made again, and a hub takes a second one for the
/// same callback as a renewal (WebSub, section 5.1). The hub's promise is written where it asks back.
#[derive(Debug)]
pub struct Subscriber {
    store: Store,
    client: Client,
    politeness: Arc<Politeness>,
    settings: WebsubSettings,
    callback: Url,
}

/// Why a hub could not be asked.
#[derive(Debug, thiserror::Error)]
enum Unasked {
    #[error("its address is none: {0}")]
    Address(#[from] url::ParseError),
    #[error(transparent)]
    Fetch(#[from] web::FetchError),
    #[error("its host has no room: {0:?}")]
    Busy(web::SlotRefusal),
    #[error("it answers {0}")]
    Status(u16),
}

impl Subscriber {
    /// With what it needs; hubs call back at `callback`.
    pub fn new(
        store: Store,
        client: Client,
        politeness: Arc<Politeness>,
        settings: WebsubSettings,
        callback: Url,
    ) -> Self {
        Self { store, client, politeness, settings, callback }
    }

    /// Until told to stop.
    pub async fn run(self, shutdown: CancellationToken) {
        let mut looks = Looks::every(self.settings.look_every_ms, shutdown);
        while looks.next().await {
            if let Err(error) = self.round(Timestamp::now()).await {
                tracing::warn!(%error, "hubs could not be looked for; they are in a moment");
            }
        }
    }

    /// Asks every hub that is to be asked at `now`; returns how many took it.
    pub async fn round(&self, now: Timestamp) -> Result<usize, StoreError> {
        let due = self.store.claim_subscriptions(now, self.settings.batch, self.settings.answer_within()).await?;
        let asking = due.into_iter().map(|subscription| async move { self.ask(&subscription, now).await });
        let asked: Vec<Result<bool, StoreError>> = stream::iter(asking).buffer_unordered(AT_ONCE).collect().await;
        asked.into_iter().try_fold(0, |count, took| Ok(count + usize::from(took?)))
    }

    async fn ask(&self, subscription: &Subscription, now: Timestamp) -> Result<bool, StoreError> {
        let Subscription { hub, topic, token, failures, .. } = subscription;
        match self.request(subscription).await {
            Ok(()) => {
                HubAsked { result: "taken", hub, topic, detail: "" }.emit();
                Ok(true)
            }
            Err(why) => {
                HubAsked { result: "failed", hub, topic, detail: &why.to_string() }.emit();
                self.store.subscription_failed(token, now.plus(self.settings.backoff(*failures))).await?;
                Ok(false)
            }
        }
    }

    /// Section 5.1: the hub's answer says only that it will ask back.
    async fn request(&self, subscription: &Subscription) -> Result<(), Unasked> {
        let url = Url::parse(&subscription.hub)?;
        let name = format!("hub {} {}", subscription.hub, subscription.feed);
        let slot = self.politeness.reserve(&url, &name, None, Timestamp::now()).await.map_err(Unasked::Busy)?;
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("hub.mode", "subscribe")
            .append_pair("hub.topic", &subscription.topic)
            .append_pair("hub.callback", self.callback_of(subscription).as_str())
            .append_pair("hub.lease_seconds", &self.settings.lease_secs.to_string())
            .append_pair("hub.secret", &subscription.secret)
            .finish();
        let content_type = "application/x-www-form-urlencoded".to_owned();
        let answer = self.client.post(&Post { url, content_type, headers: Vec::new(), body: form.into() }).await?;
        drop(slot);
        if answer.is_success() { Ok(()) } else { Err(Unasked::Status(answer.status)) }
    }

    fn callback_of(&self, subscription: &Subscription) -> Url {
        let mut url = self.callback.clone();
        let path = format!("{}/{}", url.path().trim_end_matches('/'), subscription.token);
        url.set_path(&path);
        url
    }
}
