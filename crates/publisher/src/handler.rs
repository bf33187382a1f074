//! The stage that puts articles on the site.

use crate::notices::{event_of, notices, removal_notices};
use crate::{PublisherSettings, Refusal};
use article::{Timestamp, Verdict};
use queue::{Delivery, Done, Foresight, Handler, NoticeEvent, Outcome, Stage, Story, Trial};
use store::{Applied, Change, PublishPolicy, Store};
use telemetry::events::publish::{PublisherBegan, StoryApplied};

/// Puts an arrival with its evidence into the store and tells the webhooks: `stories` in, `notices` out.
///
/// Redelivery is harmless. The one effect before `Done` is the store's transaction, which is keyed by the
/// article and takes only what is newer; a second run finds it there and tells the webhooks again, so that a
/// death between the commit and the confirms loses nothing.
#[derive(Clone, Debug)]
pub struct Publisher {
    store: Store,
    settings: PublisherSettings,
}

impl Publisher {
    /// A publisher that writes to `store`.
    pub fn new(store: Store, settings: PublisherSettings) -> Self {
        PublisherBegan { changes: Change::ALL.iter().map(|change| change.as_str()).collect() }.emit();
        Self { store, settings }
    }

    async fn publish(&self, story: &Story, delivery: &Delivery) -> Result<Done, Refusal> {
        let policy = PublishPolicy { exact_window: self.settings.exact_window() };
        let now = Timestamp::now();
        let applied = self.store.apply(&story.arrival, story.verdict.as_ref(), &policy, now).await?;
        StoryApplied {
            change: applied.change.as_str(),
            story: &applied.story.to_string(),
            article: &story.arrival.id().to_string(),
            lag_seconds: now.0.saturating_sub(story.arrival.observed_at().0) as f64 / 1000.0,
        }
        .emit();
        let publish = if let Some(at) = applied.erased_at {
            removal_notices(&self.settings, &applied.story, story.arrival.id(), story.arrival.url(), at)
        } else if applied.change == Change::TakenDown {
            return Err(Refusal::TakenDown { url: story.arrival.url().to_string() });
        } else {
            let event = self.event(story, &applied, delivery).await?;
            event.map(|e| notices(&self.settings, e, &applied.story, &story.arrival)).unwrap_or_default()
        };
        Ok(Done { publish, then: None, note: note(&applied, story.verdict.as_ref()) })
    }

    /// What happened in the words of notices. Only with somebody to tell is the store asked again.
    async fn event(
        &self,
        story: &Story,
        applied: &Applied,
        delivery: &Delivery,
    ) -> Result<Option<NoticeEvent>, Refusal> {
        let again = delivery.redelivered || delivery.attempt > 1 || delivery.waits > 0 || delivery.replay.is_some();
        if self.settings.webhooks.is_empty() || !(again && applied.change == Change::Unchanged) {
            return Ok(event_of(applied.change));
        }
        // It may have been this very message's first run that changed what is there: say it again.
        let stored = self.store.article(story.arrival.id()).await?;
        Ok(stored.and_then(|s| crate::notices::event_again(&story.arrival, &s)))
    }
}

impl Handler for Publisher {
    const STAGE: Stage = Stage::Publisher;
    type Message = Story;

    async fn handle(&self, story: &Story, delivery: &Delivery) -> Outcome {
        match self.publish(story, delivery).await {
            Ok(done) => Outcome::Done(done),
            Err(refusal) => refusal.into(),
        }
    }

    async fn probe(&self) -> Result<(), String> {
        self.store.ping().await.map_err(|e| e.to_string())
    }
}

impl Foresight for Publisher {
    /// The store's transaction runs and is given up.
    async fn foresee(&self, story: &Story, _: &Delivery) -> Trial {
        let policy = PublishPolicy { exact_window: self.settings.exact_window() };
        let verdict = story.verdict.as_ref();
        let applied = self.store.foresee(&story.arrival, verdict, &policy, Timestamp::now()).await;
        let refusal: Refusal = match applied {
            Ok(applied) if applied.change == Change::TakenDown && applied.erased_at.is_none() => {
                Refusal::TakenDown { url: story.arrival.url().to_string() }
            }
            Ok(applied) => {
                return Trial::Would(Outcome::Done(Done { note: note(&applied, verdict), ..Done::default() }));
            }
            Err(error) => error.into(),
        };
        Trial::Would(refusal.into())
    }
}

/// For `explain`: what was decided and on which evidence.
fn note(applied: &Applied, verdict: Option<&Verdict>) -> String {
    let mut note = format!("{} story {}", applied.change.as_str(), applied.story);
    if let Some(verdict) = verdict {
        note.push_str(&format!("; verdict {} with score {:.2}", verdict.kind.as_str(), verdict.score));
    }
    if !applied.merged.is_empty() {
        let merged: Vec<String> = applied.merged.iter().map(ToString::to_string).collect();
        note.push_str(&format!("; merged into it: {}", merged.join(", ")));
    }
    if applied.primary_changed {
        note.push_str("; it has another primary source now");
    }
    note
}
