//! Feeds as the operator sees them.

use crate::feeds::FeedState;
use crate::row::Reader;
use crate::{Store, StoreError};
use article::{SourceId, Timestamp};
use serde::Serialize;
use std::collections::HashMap;
use std::time::Duration;

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
    /// When its source's last article was seen.
    pub last_article: Option<Timestamp>,
}

/// A source's name, whether it is paused, its articles in the last week and its last article.
type About = (String, bool, u64, Option<Timestamp>);

impl Store {
    /// Every feed with its state, worst first: failing longest, then silent longest.
    pub async fn feed_health(&self, now: Timestamp) -> Result<Vec<FeedHealth>, StoreError> {
        let week = now.minus(Duration::from_secs(7 * 24 * 3600));
        let rows = sqlx::query(
            "SELECT s.id, s.name, s.paused,
                (SELECT COUNT(*) FROM articles a WHERE a.source = s.id AND a.first_seen > $1) AS articles_week,
                (SELECT MAX(a.first_seen) FROM articles a WHERE a.source = s.id) AS last_article
             FROM sources s",
        )
        .bind(week.millis())
        .fetch_all(&self.db.read)
        .await?;
        let mut sources: HashMap<SourceId, About> = HashMap::with_capacity(rows.len());
        for row in &rows {
            let about =
                (row.text("name")?, row.flag("paused")?, row.count("articles_week")?, row.maybe_time("last_article")?);
            sources.insert(row.source("id")?, about);
        }
        let mut health: Vec<FeedHealth> = self
            .feed_states()
            .await?
            .into_iter()
            .filter_map(|state| {
                let (source_name, paused, articles_week, last_article) = sources.get(&state.source)?.clone();
                Some(FeedHealth { source_name, paused, state, articles_week, last_article })
            })
            .collect();
        health.sort_by_cached_key(|h| {
            let s = &h.state;
            // Failing since its last success; the never polled come after the failing and the silent.
            let failing_since = (s.failures > 0).then(|| s.last_success.unwrap_or_default());
            let silent_since = s.last_polled.map(|_| s.last_new_entry.unwrap_or_default());
            (failing_since.is_none(), failing_since, silent_since.is_none(), silent_since, h.source_name.clone())
        });
        Ok(health)
    }
}
