//! How much passes, and what becomes of it: the workers' decisions added up.

use crate::row::Reader;
use crate::{Store, StoreError};
use article::{SourceId, Timestamp};
use serde::Serialize;
use std::collections::HashMap;
use std::fmt;

/// Decisions of a stage within a span.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct StageTraffic {
    /// Messages that were settled for good: done, dropped or dead.
    pub settled: u64,
    /// Times that a message was put off.
    pub retried: u64,
}

/// What became of a source's pages within a day.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct SourceDay {
    /// Pages that were settled for good.
    pub pages: u64,
    /// Those that were dropped, by reason, the most frequent first.
    pub drops: Vec<Dropped>,
}

/// Pages dropped for one reason.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Dropped {
    /// The reason's name.
    pub reason: String,
    /// How many.
    pub count: u64,
}

impl Store {
    /// What each stage has decided since then, by the stage's name. Counts rows: meant for some minutes.
    pub async fn traffic(&self, since: Timestamp) -> Result<HashMap<String, StageTraffic>, StoreError> {
        let rows =
            sqlx::query("SELECT stage, outcome, COUNT(*) AS n FROM decisions WHERE at > $1 GROUP BY stage, outcome")
                .bind(since.millis())
                .fetch_all(&self.db.read)
                .await?;
        let mut stages: HashMap<String, StageTraffic> = HashMap::new();
        for row in &rows {
            let stage = stages.entry(row.text("stage")?).or_default();
            match row.text("outcome")?.as_str() {
                "retry" => stage.retried += row.count("n")?,
                _ => stage.settled += row.count("n")?,
            }
        }
        Ok(stages)
    }

    /// What became of each source's pages since then. A page is settled by the retriever, and may still be dropped
    /// by a later stage.
    pub(crate) async fn source_days(&self, since: Timestamp) -> Result<HashMap<SourceId, SourceDay>, StoreError> {
        let rows = sqlx::query(
            "SELECT source, stage, outcome, reason, COUNT(*) AS n FROM decisions
             WHERE at > $1 AND source IS NOT NULL AND outcome <> 'retry'
                AND stage IN ('retriever', 'deduplicator', 'publisher')
             GROUP BY source, stage, outcome, reason ORDER BY reason",
        )
        .bind(since.millis())
        .fetch_all(&self.db.read)
        .await?;
        let mut days: HashMap<SourceId, SourceDay> = HashMap::new();
        for row in &rows {
            let (day, count) = (days.entry(row.source("source")?).or_default(), row.count("n")?);
            if row.text("stage")? == "retriever" {
                day.pages += count;
            }
            if row.text("outcome")? == "drop" {
                day.drop(row.text("reason")?, count);
            }
        }
        for day in days.values_mut() {
            day.drops.sort_by_key(|d| std::cmp::Reverse(d.count));
        }
        Ok(days)
    }
}

/// For people: `12 pages, 25 % paywall, 8 % robots`.
impl fmt::Display for SourceDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pages {
            0 => return f.write_str("–"),
            1 => f.write_str("1 page")?,
            pages => write!(f, "{pages} pages")?,
        }
        for Dropped { reason, count } in &self.drops {
            write!(f, ", {} % {reason}", count * 100 / self.pages)?;
        }
        Ok(())
    }
}

impl SourceDay {
    fn drop(&mut self, reason: String, count: u64) {
        match self.drops.iter_mut().find(|d| d.reason == reason) {
            Some(dropped) => dropped.count += count,
            None => self.drops.push(Dropped { reason, count }),
        }
    }
}
