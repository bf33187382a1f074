//! `wireroom index`.

use crate::cli::Index as Asked;
use crate::house::House;
use crate::output::{json, line, table};
use anyhow::bail;
use article::Timestamp;
use indicatif::{ProgressBar, ProgressStyle};
use std::sync::Arc;
use std::time::Duration;

/// Carries out a command about the index.
pub(crate) async fn run(house: &Arc<House>, asked: Asked) -> anyhow::Result<()> {
    let index = house.index().await?;
    let now = Timestamp::now();
    let since = now.minus(Duration::from_secs(u64::from(house.settings.index.window_days) * 86_400));
    match asked {
        Asked::Stats { json: as_json } => {
            let stats = index.stats().await?;
            if as_json {
                return json(&stats);
            }
            let rows = [
                ("backend", stats.backend.to_owned()),
                ("articles", stats.articles.to_string()),
                ("exact texts", stats.hashes.to_string()),
                ("stories", stats.stories.to_string()),
                ("shingles", stats.shingles.to_string()),
                ("bytes", stats.bytes.to_string()),
                ("bytes an article", format!("{:.0}", stats.bytes_per_article())),
                ("bytes in each replica", stats.memory.to_string()),
            ];
            table(&["what", "how much"], &rows.map(|(k, v)| vec![k.to_owned(), v]), 60);
        }
        Asked::Rebuild => {
            let store = house.store().await?;
            let bar = ProgressBar::new(store.totals().await?.articles).with_style(style());
            let done = deduplicator::rebuild(&store, &*index, since, now, |p| bar.set_position(p.restored)).await?;
            bar.finish_and_clear();
            line(format!("{} articles read, {} put into the index", done.read, done.restored));
        }
        Asked::Verify => {
            let store = house.store().await?;
            let verified = deduplicator::verify(&store, &*index, since).await?;
            json(&verified)?;
            if verified.mismatches > 0 {
                bail!(
                    "{} of {} articles disagree: `wireroom index rebuild` mends it",
                    verified.mismatches,
                    verified.articles
                );
            }
        }
    }
    Ok(())
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:40} {pos}/{len} articles, {per_sec}, {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}
