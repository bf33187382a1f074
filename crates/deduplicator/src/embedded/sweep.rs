//! When which part of the tables is swept.

use crate::IndexSettings;
use article::Timestamp;
use std::time::Duration;

/// In how many parts all tables are swept: a few thousand rows each at a million articles.
pub(super) const PARTS: u64 = 4096;

/// A round through all parts takes a quarter of the window: what has expired takes no space for long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sweep {
    step: Duration,
}

impl Sweep {
    pub(super) fn new(settings: &IndexSettings) -> Self {
        let round = u64::from(settings.window_days) * 86_400 / 4;
        Self { step: Duration::from_secs((round / PARTS).max(1)) }
    }

    /// Time between two parts.
    pub(super) fn step(self) -> Duration {
        self.step
    }

    /// The part whose turn it is. It follows from the clock: processes that live for an hour each come through all parts
    /// as one that lives on.
    pub(super) fn part_at(self, now: Timestamp) -> u64 {
        now.millis().cast_unsigned() / 1_000 / self.step.as_secs() % PARTS
    }
}

#[cfg(test)]
mod tests {
    use super::super::decide::decide;
    use super::super::tables::Tables;
    use super::*;
    use crate::Query;
    use crate::tests::articles::{NOON, article, text};
    use std::collections::BTreeSet;

    #[test]
    fn processes_that_live_for_an_hour_come_through_all_parts() {
        let sweep = Sweep::new(&IndexSettings { window_days: 30, ..IndexSettings::default() });
        let hour = Duration::from_secs(3_600);
        let mut swept = BTreeSet::new();
        for started in 0..24 * 30 / 4 {
            let started = NOON.plus(hour * started);
            let mut lived = Duration::ZERO;
            while lived < hour {
                swept.insert(sweep.part_at(started.plus(lived)));
                lived += sweep.step();
            }
        }
        assert_eq!(swept.len() as u64, PARTS);
    }

    #[tokio::test]
    async fn a_round_takes_what_has_left_the_window_and_nothing_else() {
        let settings = IndexSettings { url: "sqlite::memory:".to_owned(), ..IndexSettings::default() };
        let mut tables = Tables::open(&settings).await.unwrap();
        let day = Duration::from_secs(86_400);
        let within = NOON.plus(day * u32::from(settings.window_days));
        for n in 20..60 {
            let query = Query::of(&article(&format!("https://a.example/{n}"), &text(n, 300)));
            decide(&mut tables, &settings, &query, if n < 50 { NOON } else { within }).await.unwrap();
        }
        let before = tables.stats().await.unwrap();
        assert_eq!((before.articles, before.hashes, before.stories), (40, 40, 40));
        let oldest = settings.oldest_day(within.plus(day));
        for part in 0..PARTS {
            tables.sweep(part, oldest).await.unwrap();
        }
        let after = tables.stats().await.unwrap();
        assert_eq!((after.articles, after.hashes, after.stories), (10, 10, 10));
        assert!(after.shingles > 0 && after.shingles * 3 < before.shingles, "{before:?} {after:?}");
    }
}
