//! The index in Redis, or in a Redis Cluster.

mod call;
mod gather;
mod health;
mod link;
mod roots;
mod size;

use crate::memory::Claim;
use crate::{Index, IndexError, IndexSettings, IndexStats, Known, Query, index};
use article::{ArticleId, StoryId, Timestamp, Verdict};
use async_trait::async_trait;
use call::Call;
use gather::Gather;
use link::Link;
use roots::Naming;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use telemetry::events::index::IndexUnsafe;

/// The index in Redis: decisions are made by a script, so they are atomic whoever asks at the same time; those that are
/// asked for while a call is under way share the next one. On a Cluster a decision takes three calls, each atomic in its
/// slot; the claims' order makes up for the rest.
///
/// Nothing is waited for at start: as long as Redis is away every call says so.
#[derive(Clone, Debug)]
pub struct Redis {
    /// The connection, shared by all clones; it reconnects by itself.
    link: Link,
    /// Decisions on one Redis.
    gather: Gather,
    naming: Arc<Naming>,
    settings: Arc<IndexSettings>,
    /// Languages this process has announced in the index's own list, which measuring and clearing go by.
    languages: Arc<Mutex<BTreeSet<String>>>,
}

impl Redis {
    /// Connects to `settings.url`, and says what makes that Redis unfit to remember. One that is away now is no
    /// error.
    pub async fn open(settings: &IndexSettings) -> Result<Self, IndexError> {
        let link = Link::new(settings)?;
        let redis = Self {
            gather: Gather::over(link.clone()),
            link,
            naming: Arc::new(Naming::of(settings)),
            settings: Arc::new(settings.clone()),
            languages: Arc::default(),
        };
        match redis.faults().await {
            Ok(faults) => faults.iter().for_each(|why| IndexUnsafe { why }.emit()),
            Err(IndexError::Away(why)) => tracing::warn!(why, "the index is away; articles wait until it is back"),
            Err(why) => return Err(why),
        }
        Ok(redis)
    }

    /// What would make this Redis forget what it is told: an evicting policy, no append-only file; or that it knows
    /// things only in an earlier release's form. Empty of one that is fit; not looked at on a Cluster.
    pub async fn faults(&self) -> Result<Vec<String>, IndexError> {
        health::faults(&self.link, &self.naming).await
    }

    /// Adds a language to the index's list before anything of it is written.
    async fn announce(&self, language: &str) -> Result<(), IndexError> {
        if self.lock().contains(language) {
            return Ok(());
        }
        let mut command = redis::cmd("SADD");
        command.arg(self.naming.languages(roots::VERSION)).arg(language);
        self.link.run::<()>(&command).await?;
        self.lock().insert(language.to_owned());
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
        // A panic while the set was held leaves a set that is still whole.
        self.languages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One call for everything, and for others that ask at the same time.
    async fn decide_at_once(&self, call: &Call<'_>) -> Result<Verdict, IndexError> {
        verdict(call.query, Some(&self.gather.decide(call.packed()).await?))
    }

    /// From slot to slot. A death in between is made good by the article's redelivery: a text's claim without a
    /// story is finished by its own article only, others go by the sketch meanwhile, and the first verdict stays.
    async fn decide_by_slots(&self, call: &Call<'_>) -> Result<Verdict, IndexError> {
        let roots = &call.roots;
        let (known, exact) = tokio::try_join!(
            self.link.step(call.script("known", roots.article(), &[], &[])),
            self.link.step(call.script("exact", roots.text(), &[], &[])),
        )?;
        if let Some([b'r', newer, story @ ..]) = known.as_deref() {
            self.link.step(call.script("revise", roots.language(), &[*newer], story)).await?;
            self.link.step(call.script("text", roots.text(), &[], story)).await?;
        }
        if known.is_some() {
            return verdict(call.query, known.as_deref());
        }
        let claim = match exact {
            Some(claim) => claim,
            None => {
                let claim = self.link.step(call.script("near", roots.language(), &[], &[])).await?.unwrap_or_default();
                let story = decode(call.query, &claim)?.verdict.story;
                self.link.step(call.script("text", roots.text(), &[], story.bytes())).await?;
                claim
            }
        };
        let answer = self.link.step(call.script("settle", roots.article(), &claim, &[])).await?;
        verdict(call.query, answer.as_deref())
    }
}

#[async_trait]
impl Index for Redis {
    async fn decide(&self, query: &Query, now: Timestamp) -> Result<Verdict, IndexError> {
        self.announce(&query.language).await?;
        let call = Call::new(&self.settings, &self.naming, query, now);
        if self.link.is_cluster() { self.decide_by_slots(&call).await } else { self.decide_at_once(&call).await }
    }

    async fn restore(&self, query: &Query, verdict: &Verdict, now: Timestamp) -> Result<(), IndexError> {
        self.announce(&query.language).await?;
        let call = Call::new(&self.settings, &self.naming, query, now);
        let claim = Claim::new(query, verdict, crate::settings::day(now)).encode();
        let story = verdict.story.bytes();
        if !self.link.is_cluster() {
            return self.link.step(call.script("restore", call.roots.all(), &claim, story)).await.map(|_| ());
        }
        if self.link.step(call.script("peek", call.roots.article(), &[], &[])).await?.is_none() {
            if call.is_compared() {
                self.link.step(call.script("learn", call.roots.language(), &[], story)).await?;
            }
            self.link.step(call.script("text", call.roots.text(), &[], story)).await?;
            self.link.step(call.script("settle", call.roots.article(), &claim, &[])).await?;
        }
        Ok(())
    }

    async fn known(&self, article: &ArticleId) -> Result<Option<Known>, IndexError> {
        let query = Query {
            article: article.clone(),
            hash: article::ContentHash::from_bytes([0; 16]),
            observed_at: Timestamp::default(),
            published: Timestamp::default(),
            language: "und".to_owned(),
            site: 0,
            sketch: None,
        };
        let call = Call::new(&self.settings, &self.naming, &query, Timestamp::now());
        let Some(claim) = self.link.step(call.script("peek", call.roots.article(), &[], &[])).await? else {
            return Ok(None);
        };
        let claim = decode(&query, &claim)?;
        Ok(Some(Known { verdict: claim.verdict, newest: claim.newest }))
    }

    async fn clear(&self) -> Result<(), IndexError> {
        size::clear(&self.link, &self.naming).await?;
        self.lock().clear();
        Ok(())
    }

    async fn stats(&self) -> Result<IndexStats, IndexError> {
        size::measure(&self.link, &self.naming).await
    }

    async fn tidy(&self, now: Timestamp) -> Result<(), IndexError> {
        size::tidy(&self.link, &self.naming, &self.settings, now).await
    }

    async fn ping(&self) -> Result<(), IndexError> {
        health::writable(&self.link, &self.naming).await
    }
}

/// What the script's answer amounts to: `v` and a claim, or `r`, one letter and the story of a revision.
fn verdict(query: &Query, answer: Option<&[u8]>) -> Result<Verdict, IndexError> {
    match answer {
        Some([b'v', claim @ ..]) => Ok(decode(query, claim)?.verdict),
        Some([b'r', _, story @ ..]) if story.len() == 16 => {
            let mut bits = [0; 16];
            bits.copy_from_slice(story);
            Ok(index::revision(&query.article, &StoryId::from_bytes(bits)))
        }
        other => Err(IndexError::Broken(format!("the script answered {other:?}"))),
    }
}

fn decode(query: &Query, claim: &[u8]) -> Result<Claim, IndexError> {
    Claim::decode(claim, &query.article)
        .ok_or_else(|| IndexError::Broken(format!("the claim of article {} can't be read", query.article)))
}
