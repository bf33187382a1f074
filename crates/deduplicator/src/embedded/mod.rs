//! The index in a SQLite file, or in memory, of one process.

mod decide;
mod sweep;
mod tables;

use crate::{Index, IndexError, IndexSettings, IndexStats, Known, Query};
use article::{ArticleId, Timestamp, Verdict};
use async_trait::async_trait;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Error};
use sweep::Sweep;
use tables::Tables;
use tokio::sync::{mpsc, oneshot};

/// Decisions in one transaction: as the embedded queue's batches, enough to make the disk's share small.
const BATCH: usize = 64;

/// The index in SQLite. One task owns the connection and decides one query after the other, so nothing
/// needs locking; those that wait together share a transaction. The file may be opened by another process
/// meanwhile (`wireroom index stats`).
#[derive(Clone, Debug)]
pub struct Embedded {
    /// The owner's inbox. When the last clone is dropped the owner finishes its batch and closes the file.
    requests: mpsc::Sender<Request>,
}

/// What the owner is asked; each answers by its own channel, after the commit.
#[derive(Debug)]
enum Request {
    Decide { query: Box<Query>, now: Timestamp, answer: Answer<Verdict> },
    Restore { query: Box<Query>, verdict: Box<Verdict>, now: Timestamp, answer: Answer<()> },
    Known { article: ArticleId, answer: Answer<Option<Known>> },
    Clear { answer: Answer<()> },
    Stats { answer: Answer<IndexStats> },
}

type Answer<T> = oneshot::Sender<Result<T, IndexError>>;

impl Embedded {
    /// Opens or makes the index at `settings.url` (`sqlite:PATH`, `sqlite::memory:`) and starts its owner.
    pub async fn open(settings: &IndexSettings) -> Result<Self, IndexError> {
        let tables = Tables::open(settings).await?;
        let (requests, inbox) = mpsc::channel(4 * BATCH);
        tokio::spawn(Owner { tables, settings: settings.clone(), inbox, sweep: Sweep::new(settings) }.run());
        Ok(Self { requests })
    }

    async fn ask<T>(&self, request: impl FnOnce(Answer<T>) -> Request) -> Result<T, IndexError> {
        let (answer, reply) = oneshot::channel();
        let gone = || IndexError::Away("its task has ended".to_owned());
        self.requests.send(request(answer)).await.map_err(|_| gone())?;
        reply.await.map_err(|_| gone())?
    }
}

#[async_trait]
impl Index for Embedded {
    async fn decide(&self, query: &Query, now: Timestamp) -> Result<Verdict, IndexError> {
        let query = Box::new(query.clone());
        self.ask(|answer| Request::Decide { query, now, answer }).await
    }

    async fn restore(&self, query: &Query, verdict: &Verdict, now: Timestamp) -> Result<(), IndexError> {
        let (query, verdict) = (Box::new(query.clone()), Box::new(verdict.clone()));
        self.ask(|answer| Request::Restore { query, verdict, now, answer }).await
    }

    async fn known(&self, article: &ArticleId) -> Result<Option<Known>, IndexError> {
        let article = article.clone();
        self.ask(|answer| Request::Known { article, answer }).await
    }

    async fn clear(&self) -> Result<(), IndexError> {
        self.ask(|answer| Request::Clear { answer }).await
    }

    async fn stats(&self) -> Result<IndexStats, IndexError> {
        self.ask(|answer| Request::Stats { answer }).await
    }

    /// The owner sweeps by itself.
    async fn tidy(&self, _: Timestamp) -> Result<(), IndexError> {
        Ok(())
    }

    async fn ping(&self) -> Result<(), IndexError> {
        self.known(&ArticleId::derive(&[b"ping"])).await.map(|_| ())
    }
}

/// Owns the file.
struct Owner {
    tables: Tables,
    settings: IndexSettings,
    /// Closed when the last [`Embedded`] is dropped: the owner ends.
    inbox: mpsc::Receiver<Request>,
    sweep: Sweep,
}

impl Owner {
    async fn run(mut self) {
        let mut sweep = tokio::time::interval(self.sweep.step());
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                taken = self.inbox.recv_many(&mut batch, BATCH) => {
                    if taken == 0 {
                        break;
                    }
                    self.serve(&mut batch).await;
                }
                _ = sweep.tick() => {
                    let now = Timestamp::now();
                    if let Err(why) = self.tables.sweep(self.sweep.part_at(now), self.settings.oldest_day(now)).await {
                        tracing::warn!(%why, "the index could not be swept; the next round tries again");
                    }
                }
            }
        }
        // The process is ending; what was committed is safe either way.
        let _ = self.tables.close().await;
    }

    /// One transaction; nobody is answered before it is committed. If it fails, each hears why and asks again.
    async fn serve(&mut self, batch: &mut Vec<Request>) {
        if let Err(why) = self.tables.begin().await {
            // Most often none was begun; one that was must not stay open.
            let _ = self.tables.rollback().await;
            return batch.drain(..).for_each(|request| request.fail(&away(&why)));
        }
        let mut answered = Vec::with_capacity(batch.len());
        for request in batch.drain(..) {
            answered.push(self.answer(request).await);
        }
        let commit = if answered.iter().all(Answered::is_ok) {
            self.tables.commit().await
        } else {
            // Half a decision must not be committed. The batch is small and what was sound is asked again.
            Err(Error::Protocol("another decision of the batch failed".to_owned()))
        };
        if commit.is_err() {
            // SQLite may have ended the transaction itself; then there is nothing to roll back.
            let _ = self.tables.rollback().await;
        }
        let failure = commit.err().map(|why| away(&why));
        for answered in answered {
            answered.send(failure.as_ref());
        }
    }

    async fn answer(&mut self, request: Request) -> Answered {
        let (tables, settings) = (&mut self.tables, &self.settings);
        match request {
            Request::Decide { query, now, answer } => {
                Answered::Verdict(decide::decide(tables, settings, &query, now).await.map_err(failed), answer)
            }
            Request::Restore { query, verdict, now, answer } => {
                Answered::Done(decide::restore(tables, settings, &query, &verdict, now).await.map_err(failed), answer)
            }
            Request::Known { article, answer } => {
                Answered::Known(decide::known(tables, &article).await.map_err(failed), answer)
            }
            Request::Clear { answer } => Answered::Done(tables.clear().await.map_err(failed), answer),
            Request::Stats { answer } => Answered::Stats(tables.stats().await.map_err(failed), answer),
        }
    }
}

impl Request {
    fn fail(self, why: &IndexError) {
        // Whoever asked may have gone; then nobody needs the answer.
        match self {
            Request::Decide { answer, .. } => drop(answer.send(Err(again(why)))),
            Request::Restore { answer, .. } | Request::Clear { answer } => drop(answer.send(Err(again(why)))),
            Request::Known { answer, .. } => drop(answer.send(Err(again(why)))),
            Request::Stats { answer } => drop(answer.send(Err(again(why)))),
        }
    }
}

/// An answer that waits for the commit.
enum Answered {
    Verdict(Result<Verdict, IndexError>, Answer<Verdict>),
    Known(Result<Option<Known>, IndexError>, Answer<Option<Known>>),
    Stats(Result<IndexStats, IndexError>, Answer<IndexStats>),
    Done(Result<(), IndexError>, Answer<()>),
}

impl Answered {
    fn is_ok(&self) -> bool {
        match self {
            Answered::Verdict(result, _) => result.is_ok(),
            Answered::Known(result, _) => result.is_ok(),
            Answered::Stats(result, _) => result.is_ok(),
            Answered::Done(result, _) => result.is_ok(),
        }
    }

    fn send(self, failure: Option<&IndexError>) {
        fn settle<T>(result: Result<T, IndexError>, failure: Option<&IndexError>, answer: Answer<T>) {
            let result = match (result, failure) {
                (Ok(_), Some(why)) => Err(again(why)),
                (result, _) => result,
            };
            // Whoever asked may have gone; then nobody needs the answer.
            drop(answer.send(result));
        }
        match self {
            Answered::Verdict(result, answer) => settle(result, failure, answer),
            Answered::Known(result, answer) => settle(result, failure, answer),
            Answered::Stats(result, answer) => settle(result, failure, answer),
            Answered::Done(result, answer) => settle(result, failure, answer),
        }
    }
}

fn again(why: &IndexError) -> IndexError {
    IndexError::Away(why.to_string())
}

fn away(why: &Error) -> IndexError {
    IndexError::Away(why.to_string())
}

/// A full or failing disk is away; what SQLite calls an error of the statement or the file is broken.
fn failed(why: Error) -> IndexError {
    const BUSY: &str = "5";
    const LOCKED: &str = "6";
    const IO: &str = "10";
    const FULL: &str = "13";
    let code = why.as_database_error().and_then(|e| e.code()).map(|c| c.into_owned());
    // Extended codes hold the primary one in their low byte (SQLite, “Result and Error Codes”).
    let primary = code.as_deref().and_then(|c| c.parse::<u32>().ok()).map(|c| (c & 0xFF).to_string());
    match primary.as_deref() {
        Some(BUSY | LOCKED | IO | FULL) => IndexError::Away(why.to_string()),
        Some(_) | None => IndexError::Broken(why.to_string()),
    }
}

async fn close(connection: SqliteConnection) -> Result<(), Error> {
    connection.close().await
}
