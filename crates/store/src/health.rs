//! Feeds as the operator sees them, worst first.

use crate::feeds::FeedState;
use crate::row::Reader;
use crate::traffic::SourceDay;
use crate::{Store, StoreError};
use article::{SourceId, Timestamp};
use serde::Serialize;
use std::collections::HashMap;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 3600);
/// What a rhythm is read from: a weekly paper shows in it, a summer does not.
const RHYTHM_DAYS: u32 = 28;
/// Fewer articles have no rhythm.
const RHYTHM_ARTICLES: u64 = 4;
/// Silence for so many of its usual gaps is worth a look, though never before a day: nights and Sundays are quiet.
const SILENT_GAPS: u32 = 6;

/// A feed as the operator sees it.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct FeedHealth {
    /// Its source's name for readers.
    pub source_name: String,
    /// Whether its source is paused.
    pub paused: bool,
    /// Its state.
    pub state: FeedState,
    /// Articles of its source in the last seven days.
    pub articles_week: u64,
    /// How many of them are copies of another's.
    pub copies_week: u64,
    /// When its source's last article was seen.
    pub last_article: Option<Timestamp>,
    /// Seconds between two of its source's articles in the last four weeks; `None` where there are too few to tell.
    pub usual_gap_secs: Option<u64>,
    /// Nothing came for much longer than that.
    pub silent: bool,
    /// What became of its source's pages in the last day.
    pub day: SourceDay,
}

/// What is known of a source.
#[derive(Clone, Default)]
struct About {
    name: String,
    paused: bool,
    week: u64,
    copies: u64,
    last: Option<Timestamp>,
    gap: Option<Duration>,
}

impl About {
    /// Of paused sources nothing is expected.
    fn is_silent(&self, now: Timestamp) -> bool {
        let (Some(gap), Some(last), false) = (self.gap, self.last, self.paused) else { return false };
        now.since(last) > (gap * SILENT_GAPS).max(DAY)
    }
}

impl Store {
    /// Every feed with its state, worst first: failing longest, then those whose source fell silent, then silent
    /// longest.
    pub async fn feed_health(&self, now: Timestamp) -> Result<Vec<FeedHealth>, StoreError> {
        let sources = self.about_sources(now).await?;
        let mut days = self.source_days(now.minus(DAY)).await?;
        let mut health: Vec<FeedHealth> = self
            .feed_states()
            .await?
            .into_iter()
            .filter_map(|state| {
                let about = sources.get(&state.source)?;
                Some(FeedHealth {
                    source_name: about.name.clone(),
                    paused: about.paused,
                    articles_week: about.week,
                    copies_week: about.copies,
                    last_article: about.last,
                    usual_gap_secs: about.gap.map(|gap| gap.as_secs()),
                    silent: about.is_silent(now),
                    day: days.entry(state.source.clone()).or_default().clone(),
                    state,
                })
            })
            .collect();
        health.sort_by_cached_key(|h| {
            let s = &h.state;
            // Failing since its last success; the never polled come after the failing and the silent.
            let failing_since = (s.failures > 0).then(|| s.last_success.unwrap_or_default());
            let quiet_since = s.last_polled.map(|_| s.last_new_entry.unwrap_or_default());
            let name = h.source_name.clone();
            (failing_since.is_none(), failing_since, !h.silent, quiet_since.is_none(), quiet_since, name)
        });
        Ok(health)
    }

    async fn about_sources(&self, now: Timestamp) -> Result<HashMap<SourceId, About>, StoreError> {
        let rows = sqlx::query(
            "SELECT s.id, s.name, s.paused,
                (SELECT COUNT(*) FROM articles a WHERE a.source = s.id AND a.first_seen > $1) AS week,
                (SELECT COUNT(*) FROM articles a WHERE a.source = s.id AND a.first_seen > $1
                    AND a.verdict_kind IN ('exact_copy', 'near_copy')) AS copies,
                (SELECT COUNT(*) FROM articles a WHERE a.source = s.id AND a.first_seen > $2) AS month,
                (SELECT MIN(a.first_seen) FROM articles a WHERE a.source = s.id AND a.first_seen > $2) AS month_from,
                (SELECT MAX(a.first_seen) FROM articles a WHERE a.source = s.id) AS last_article
             FROM sources s",
        )
        .bind(now.minus(DAY * 7).millis())
        .bind(now.minus(DAY * RHYTHM_DAYS).millis())
        .fetch_all(&self.db.read)
        .await?;
        let mut sources = HashMap::with_capacity(rows.len());
        for row in &rows {
            let (month, last) = (row.count("month")?, row.maybe_time("last_article")?);
            let spans = row.maybe_time("month_from")?.zip(last).filter(|_| month >= RHYTHM_ARTICLES);
            // Between n articles are n - 1 gaps.
            let gap =
                |(from, to): (Timestamp, Timestamp)| to.since(from) / u32::try_from(month - 1).unwrap_or(u32::MAX);
            let about = About {
                name: row.text("name")?,
                paused: row.flag("paused")?,
                week: row.count("week")?,
                copies: row.count("copies")?,
                last,
                gap: spans.map(gap),
            };
            sources.insert(row.source("id")?, about);
        }
        Ok(sources)
    }
}
