//! The index as one process has it.

use crate::log::redis::RedisLog;
use crate::log::sqlite::SqliteLog;
use crate::owner::{Answer, Ask, Owner, Request};
use crate::{Index, IndexError, IndexSettings, IndexStats, Known, Query};
use article::{ArticleId, Timestamp, Verdict};
use async_trait::async_trait;
use std::sync::Arc;
use telemetry::events::index::IndexUnsafe;
use tokio::sync::{mpsc, oneshot};

/// Opens the index at `settings.url`.
pub async fn open(settings: &IndexSettings) -> Result<Arc<dyn Index>, IndexError> {
    Ok(Arc::new(Replica::open(settings).await?))
}

/// Questions that may wait for the owner; more wait in line at their askers.
const WAITING: usize = 256;

/// A replica of the index: everything its log says, in this process's memory. Cheap to clone; clones share it.
///
/// One task owns it, decides one article after the other, and appends what it decided, some articles at once, on the
/// condition that the log ends where it has read it. If another replica was there before, it takes its decisions back,
/// reads what that one wrote, and decides again. So of two that are given two copies at the same instant one is first,
/// and nobody is answered before the log has what was decided.
#[derive(Clone, Debug)]
pub struct Replica {
    /// The owner's inbox. When the last clone is dropped the owner finishes its batch and ends.
    requests: mpsc::Sender<Request>,
}

impl Replica {
    /// Over the log that the settings' address names: a SQLite file (`sqlite:PATH`, `sqlite::memory:`), or Redis
    /// (`redis://…`, `rediss://…`). Says what makes that Redis unfit to remember; one that is away now is no error.
    pub async fn open(settings: &IndexSettings) -> Result<Self, IndexError> {
        let owner = match settings.url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => Owner::new(Box::new(SqliteLog::open(settings).await?), settings),
            Some("redis" | "rediss") => Owner::new(Box::new(RedisLog::new(settings)?), settings),
            _ => {
                return Err(IndexError::Settings(format!(
                    "url “{}” names no index: write sqlite:data/index.db or redis://host:6379/0",
                    settings.url
                )));
            }
        };
        let (requests, inbox) = mpsc::channel(WAITING);
        tokio::spawn(owner.run(inbox));
        let replica = Self { requests };
        match replica.faults().await {
            Ok(faults) => faults.iter().for_each(|why| IndexUnsafe { why }.emit()),
            Err(IndexError::Away(why)) => tracing::warn!(why, "the index is away; articles wait until it is back"),
            Err(why) => return Err(why),
        }
        Ok(replica)
    }

    /// What would make its Redis forget what it is told: an evicting policy, no append-only file; or that it knows
    /// things only in an earlier release's form. Empty of one that is fit; not looked at on a Cluster.
    pub async fn faults(&self) -> Result<Vec<String>, IndexError> {
        self.ask(Request::Faults).await
    }

    async fn ask<T>(&self, request: impl FnOnce(Answer<T>) -> Request) -> Result<T, IndexError> {
        let (answer, reply) = oneshot::channel();
        let gone = || IndexError::Away("its task has ended".to_owned());
        self.requests.send(request(answer)).await.map_err(|_| gone())?;
        reply.await.map_err(|_| gone())?
    }

    async fn claim(&self, query: &Query, known: Option<&Verdict>, now: Timestamp) -> Result<Verdict, IndexError> {
        let (query, known) = (Box::new(query.clone()), known.cloned());
        self.ask(|answer| Request::Claim(Ask { query, known, now, answer })).await
    }
}

#[async_trait]
impl Index for Replica {
    async fn decide(&self, query: &Query, now: Timestamp) -> Result<Verdict, IndexError> {
        self.claim(query, None, now).await
    }

    async fn restore(&self, query: &Query, verdict: &Verdict, now: Timestamp) -> Result<(), IndexError> {
        self.claim(query, Some(verdict), now).await.map(|_| ())
    }

    async fn known(&self, article: &ArticleId) -> Result<Option<Known>, IndexError> {
        let article = article.clone();
        self.ask(|answer| Request::Known { article, answer }).await
    }

    async fn clear(&self) -> Result<(), IndexError> {
        self.ask(Request::Clear).await
    }

    async fn stats(&self) -> Result<IndexStats, IndexError> {
        self.ask(Request::Stats).await
    }

    async fn tidy(&self, now: Timestamp) -> Result<(), IndexError> {
        self.ask(|answer| Request::Tidy { now, answer }).await
    }

    async fn ping(&self) -> Result<(), IndexError> {
        self.ask(Request::Ping).await
    }
}
