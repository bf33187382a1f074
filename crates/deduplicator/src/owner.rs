//! The one task that has the memory and writes the log.

use crate::log::{Appended, End, Log, Page};
use crate::memory::{Decided, Memory};
use crate::record::Record;
use crate::settings::day;
use crate::{IndexError, IndexSettings, IndexStats, Known, Query};
use article::{ArticleId, Timestamp, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;
use tokio::sync::{mpsc, oneshot};

/// Most articles decided together: as many as a worker holds, or more where several work. Of larger batches more has to be
/// decided again when another replica was first.
const BATCH: usize = 64;

/// Bytes that a record takes in most cases; more are made room for.
const RECORD: usize = 384;

/// How often another replica may be first before the askers are told to come again. Of eight that never rest one is so
/// unlucky once in half a million batches.
const TRIES: u32 = 100;

/// Articles read at once of which the log is told.
const WORTH_TELLING: usize = 10_000;

/// What a replica is asked; each answers by its own channel.
#[derive(Debug)]
pub(crate) enum Request {
    Claim(Ask),
    Known { article: ArticleId, answer: Answer<Option<Known>> },
    Clear(Answer<()>),
    Stats(Answer<IndexStats>),
    Tidy { now: Timestamp, answer: Answer<()> },
    Ping(Answer<()>),
    Faults(Answer<Vec<String>>),
}

/// An article to decide about.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) query: Box<Query>,
    /// What the store knows of it: then it is only put back.
    pub(crate) known: Option<Verdict>,
    pub(crate) now: Timestamp,
    pub(crate) answer: Answer<Verdict>,
}

pub(crate) type Answer<T> = oneshot::Sender<Result<T, IndexError>>;

/// Owns a replica's memory, and reads and writes its log.
pub(crate) struct Owner {
    log: Box<dyn Log>,
    settings: IndexSettings,
    memory: Memory,
    /// How far each log was read.
    ends: BTreeMap<String, End>,
    /// The day by which the logs were trimmed last.
    trimmed: u16,
    /// Megabytes of memory, when last measured: at every page that is read, and whenever it is tidied.
    megabytes: u64,
}

impl Owner {
    pub(crate) fn new(log: Box<dyn Log>, settings: &IndexSettings) -> Self {
        Self {
            log,
            settings: settings.clone(),
            memory: Memory::new(settings.clone()),
            ends: BTreeMap::new(),
            trimmed: 0,
            megabytes: 0,
        }
    }

    /// Works until the last asker is gone.
    pub(crate) async fn run(mut self, mut inbox: mpsc::Receiver<Request>) {
        let mut taken = Vec::with_capacity(BATCH);
        while inbox.recv_many(&mut taken, BATCH).await > 0 {
            let mut asks = Vec::new();
            for request in taken.drain(..) {
                match request {
                    Request::Claim(ask) => asks.push(ask),
                    other => {
                        // In the order of asking.
                        self.claim(std::mem::take(&mut asks)).await;
                        self.answer(other).await;
                    }
                }
            }
            self.claim(asks).await;
        }
    }

    async fn answer(&mut self, request: Request) {
        // Whoever asked may have gone; then nobody needs the answer.
        match request {
            Request::Claim(ask) => self.claim(vec![ask]).await,
            Request::Known { article, answer } => drop(answer.send(self.known(&article).await)),
            Request::Clear(answer) => drop(answer.send(self.clear().await)),
            Request::Stats(answer) => drop(answer.send(self.stats().await)),
            Request::Tidy { now, answer } => drop(answer.send(self.tidy(now).await)),
            Request::Ping(answer) => drop(answer.send(self.log.ping().await)),
            Request::Faults(answer) => drop(answer.send(self.log.faults().await)),
        }
    }

    /// Decides about articles, those of each log together.
    async fn claim(&mut self, asks: Vec<Ask>) {
        let mut logs: BTreeMap<String, Vec<Ask>> = BTreeMap::new();
        for ask in asks {
            logs.entry(self.log.of(&ask.query.language)).or_default().push(ask);
        }
        for (log, asks) in logs {
            match self.decide(&log, &asks).await {
                Ok(verdicts) => {
                    asks.into_iter().zip(verdicts).for_each(|(ask, verdict)| drop(ask.answer.send(Ok(verdict))))
                }
                Err(why) => asks.into_iter().for_each(|ask| drop(ask.answer.send(Err(why.clone())))),
            }
        }
    }

    /// A verdict for each, once the log has them.
    async fn decide(&mut self, log: &str, asks: &[Ask]) -> Result<Vec<Verdict>, IndexError> {
        self.has_room()?;
        let today = asks.iter().map(|ask| day(ask.now)).max().unwrap_or(0);
        for _ in 0..TRIES {
            self.memory.begin();
            let mut verdicts = Vec::with_capacity(asks.len());
            let mut batch = Vec::with_capacity(RECORD * asks.len());
            for ask in asks {
                let Decided { verdict, record, found } = self.consider(ask);
                if let Some(mut record) = record {
                    self.memory.apply(&mut record, found);
                    record.encode(&mut batch);
                }
                verdicts.push(verdict);
            }
            let end = self.ends.get(log).cloned().unwrap_or_default();
            match self.log.append(log, &end, today, batch).await {
                Ok(Appended::At(end)) => {
                    self.memory.keep();
                    self.ends.insert(log.to_owned(), end);
                    return Ok(verdicts);
                }
                other => {
                    self.memory.take_back();
                    if !self.take_in(log, other?)? {
                        self.read(log).await?;
                    }
                }
            }
        }
        Err(IndexError::Away(format!("other replicas were first {TRIES} times")))
    }

    fn has_room(&self) -> Result<(), IndexError> {
        let most = self.settings.memory_mb;
        if self.megabytes <= most.into() {
            return Ok(());
        }
        Err(IndexError::Away(format!(
            "it takes {} MB of memory, and index.memory_mb is {most}: raise it, or shorten index.window_days",
            self.megabytes
        )))
    }

    fn measure(&mut self) {
        self.megabytes = self.memory.size().bytes as u64 >> 20;
    }

    fn consider(&self, ask: &Ask) -> Decided {
        let Ask { query, known, now, .. } = ask;
        match known {
            Some(verdict) => self.memory.restore(query, verdict, *now),
            None => self.memory.decide(query, *now),
        }
    }

    /// Remembers what the log says beyond what was read; whether that is all of it.
    fn take_in(&mut self, log: &str, appended: Appended) -> Result<bool, IndexError> {
        match appended {
            Appended::At(_) => Ok(true),
            Appended::Behind(Page { batches, end, is_last }) => {
                for batch in batches {
                    let mut records = Record::decode_batch(&batch)
                        .ok_or_else(|| IndexError::Damaged(format!("a batch before {end} of its log can't be read")))?;
                    records.iter_mut().for_each(|record| self.memory.apply(record, None));
                }
                self.ends.insert(log.to_owned(), end);
                self.measure();
                self.has_room()?;
                Ok(is_last)
            }
            Appended::Lost => {
                if self.memory.size().articles > 0 {
                    tracing::warn!(
                        "the index is another than was read, and is read anew; after a loss run `wireroom index rebuild`"
                    );
                }
                self.forget();
                Ok(false)
            }
        }
    }

    /// Reads a log to its end. Whether it was lost: then nothing of the others is remembered either.
    async fn read(&mut self, log: &str) -> Result<bool, IndexError> {
        let mut was_lost = false;
        loop {
            let end = self.ends.get(log).cloned().unwrap_or_default();
            let appended = self.log.append(log, &end, 0, Vec::new()).await?;
            was_lost |= matches!(appended, Appended::Lost);
            if self.take_in(log, appended)? {
                return Ok(was_lost);
            }
        }
    }

    /// Reads every log to its end.
    async fn catch_up(&mut self) -> Result<(), IndexError> {
        let (began, before) = (Instant::now(), self.memory.size().articles);
        // Also what was read and is listed no more: it was removed.
        let logs: BTreeSet<String> = self.log.all().await?.into_iter().chain(self.ends.keys().cloned()).collect();
        let logs: Vec<String> = logs.into_iter().collect();
        let mut next = 0;
        while let Some(log) = logs.get(next) {
            next = if self.read(log).await? { 0 } else { next + 1 };
        }
        let read = self.memory.size().articles.saturating_sub(before);
        if read > WORTH_TELLING {
            tracing::info!(articles = read, seconds = began.elapsed().as_secs_f64(), "the index was read");
        }
        Ok(())
    }

    async fn known(&mut self, article: &ArticleId) -> Result<Option<Known>, IndexError> {
        self.catch_up().await?;
        Ok(self.memory.claim(article).map(|claim| Known { verdict: claim.verdict, newest: claim.newest }))
    }

    async fn clear(&mut self) -> Result<(), IndexError> {
        self.log.clear().await?;
        self.forget();
        Ok(())
    }

    fn forget(&mut self) {
        self.memory.clear();
        self.ends.clear();
        self.megabytes = 0;
    }

    async fn stats(&mut self) -> Result<IndexStats, IndexError> {
        self.catch_up().await?;
        let size = self.memory.size();
        Ok(IndexStats {
            backend: self.log.backend(),
            articles: size.articles as u64,
            hashes: size.texts as u64,
            stories: size.stories as u64,
            shingles: size.shingles as u64,
            bytes: self.log.bytes().await?,
            memory: size.bytes as u64,
        })
    }

    async fn tidy(&mut self, now: Timestamp) -> Result<(), IndexError> {
        let oldest = self.settings.oldest_on(day(now));
        self.memory.sweep(oldest);
        self.measure();
        if self.trimmed != oldest {
            self.log.trim(oldest).await?;
            self.trimmed = oldest;
        }
        Ok(())
    }
}
