//! The stage.

use crate::{Index, Query, Refusal};
use article::{Arrival, ArticleId, Timestamp, Verdict};
use queue::{Delivery, Done, Foresight, Handler, Lane, Outcome, Outgoing, Stage, Story, Trial};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::{Store, Tombstones};
use telemetry::events::index::{ArticleJudged, IndexMeasured};

/// Says of each arrival whether it was had before: `articles` in, `stories` out.
///
/// A death at any point is harmless. The one effect before `Done` is the claim in the index, and the claim
/// names its article and keeps its verdict: the redelivery gets the same verdict back and sends the same story.
#[derive(Clone)]
pub struct Deduplicator {
    /// What was seen. Held by all workers of the process.
    index: Arc<dyn Index>,
    tombstones: Tombstones,
}

impl Deduplicator {
    /// A stage over this index.
    pub fn new(index: Arc<dyn Index>, store: Store) -> Self {
        Self { index, tombstones: Tombstones::of(store) }
    }

    /// Every `every`, a minute at most, until it is dropped: gives back space of what has left the window, and
    /// measures the index for the metrics.
    pub async fn measure(index: Arc<dyn Index>, every: Duration) {
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(why) = index.tidy(Timestamp::now()).await {
                tracing::debug!(%why, "the index could not be tidied; the next round tries again");
            }
            match index.stats().await {
                Ok(stats) => IndexMeasured {
                    backend: stats.backend,
                    articles: stats.articles,
                    stories: stats.stories,
                    shingles: stats.shingles,
                    bytes: stats.bytes,
                    memory: stats.memory,
                }
                .emit(),
                Err(why) => tracing::debug!(%why, "the index could not be measured"),
            }
        }
    }

    /// Tombstones first: what was taken down is not even remembered.
    async fn judge(&self, arrival: &Arrival, lane: Lane, now: Timestamp) -> Result<Done, Refusal> {
        let Arrival::Seen { article } = arrival else {
            return Ok(passed_on(arrival, None, lane, "a withdrawal has no text to compare".to_owned()));
        };
        self.permit(&article.id).await?;
        let started = Instant::now();
        let query = Query::of(article);
        let verdict = self.index.decide(&query, now).await?;
        ArticleJudged {
            verdict: verdict.kind.as_str(),
            article: &article.id.to_string(),
            story: &verdict.story.to_string(),
            score: verdict.score,
            shared: verdict.evidence.shared,
            postings: verdict.evidence.postings,
            seconds: started.elapsed().as_secs_f64(),
        }
        .emit();
        let note = explain(&verdict, &query);
        Ok(passed_on(arrival, Some(verdict), lane, note))
    }

    /// What [`Deduplicator::judge`] would come to, as far as can be told without a claim, and without all of the index in the
    /// memory of whoever looks.
    async fn look(&self, arrival: &Arrival, lane: Lane) -> Result<Done, Refusal> {
        let Arrival::Seen { article } = arrival else {
            return Ok(passed_on(arrival, None, lane, "a withdrawal has no text to compare".to_owned()));
        };
        self.permit(&article.id).await?;
        self.index.ping().await?;
        let stored = self.tombstones.store().article(&article.id).await?;
        let note = match stored {
            Some(stored) => format!("known, in story {}: the verdict it got, or a revision", stored.story),
            None => "not known yet: new, or a copy".to_owned(),
        };
        Ok(passed_on(arrival, None, lane, note))
    }

    async fn permit(&self, article: &ArticleId) -> Result<(), Refusal> {
        if self.tombstones.stands_for(article).await? { Err(Refusal::TakenDown) } else { Ok(()) }
    }
}

impl Handler for Deduplicator {
    const STAGE: Stage = Stage::Deduplicator;
    type Message = Arrival;

    async fn handle(&self, arrival: &Arrival, delivery: &Delivery) -> Outcome {
        match self.judge(arrival, delivery.lane, delivery.received_at).await {
            Ok(done) => Outcome::Done(done),
            Err(refusal) => refusal.into(),
        }
    }

    async fn probe(&self) -> Result<(), String> {
        self.index.ping().await.map_err(|e| e.to_string())?;
        self.tombstones.store().ping().await.map_err(|e| e.to_string())
    }
}

impl Foresight for Deduplicator {
    /// Without the claim it stays open whether an article that isn't known yet is new or a copy; either passes.
    async fn foresee(&self, arrival: &Arrival, delivery: &Delivery) -> Trial {
        Trial::Would(match self.look(arrival, delivery.lane).await {
            Ok(done) => Outcome::Done(done),
            Err(refusal) => refusal.into(),
        })
    }
}

/// News stays before revisits: a story goes on the lane its article came on. The lone lane is for whoever
/// kills its worker, and this one did not.
fn passed_on(arrival: &Arrival, verdict: Option<Verdict>, lane: Lane, note: String) -> Done {
    let lane = match lane {
        Lane::Later => Lane::Later,
        Lane::Main | Lane::Lone => Lane::Main,
    };
    let story = Story { arrival: arrival.clone(), verdict };
    Done { publish: vec![Outgoing::on(lane, &story)], then: None, note }
}

/// The verdict and its evidence in one line, for `explain`.
fn explain(verdict: &Verdict, query: &Query) -> String {
    let of = verdict.of.as_ref().map(|of| format!(" of {of}")).unwrap_or_default();
    let evidence = &verdict.evidence;
    let compared = match &query.sketch {
        None => "no text to compare".to_owned(),
        Some(sketch) => format!(
            "{} of {} marks shared, containment {:.2}, Jaccard {:.2}, {} shingles at level {}, language {}",
            evidence.shared,
            evidence.postings,
            evidence.containment,
            evidence.jaccard,
            sketch.shingles(),
            sketch.level(),
            query.language
        ),
    };
    let also: String = verdict.also.iter().map(|story| format!(" and {story}")).collect();
    format!("{}{of} in story {}{also}, score {:.2}: {compared}", verdict.kind.as_str(), verdict.story, verdict.score)
}
