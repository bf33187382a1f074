//! The demo's live line: what the pipeline has done, and how fast.

use indicatif::{ProgressBar, ProgressStyle};
use std::collections::VecDeque;
use std::io::IsTerminal;
use std::time::{Duration, Instant};
use store::Totals;

/// A line that is rewritten in a terminal, and printed now and then where there is none.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    rates: Rates,
    printed: Instant,
}

#[derive(Clone, Copy, Default)]
struct Counts {
    polls: f64,
    pages: f64,
}

/// Between two lines where they can't be rewritten.
const PRINT_EVERY: Duration = Duration::from_secs(10);

/// How fast counts grow. Feeds fall due together: over the moment since the last look it would be all or nothing.
#[derive(Default)]
struct Rates {
    seen: VecDeque<(Instant, Counts)>,
}

/// Over how long rates are taken.
const WINDOW: Duration = Duration::from_secs(10);

impl Rates {
    /// A second, over the window or since the first look.
    fn at(&mut self, now: Instant, counts: Counts) -> Counts {
        // One that is older than the window stays: it is where the window begins.
        while self.seen.get(1).is_some_and(|(then, _)| now.duration_since(*then) >= WINDOW) {
            self.seen.pop_front();
        }
        self.seen.push_back((now, counts));
        let (first, before) = self.seen.front().copied().unwrap_or((now, counts));
        let seconds = now.duration_since(first).as_secs_f64().max(0.001);
        Counts { polls: (counts.polls - before.polls) / seconds, pages: (counts.pages - before.pages) / seconds }
    }
}

impl Progress {
    pub(super) fn new() -> Self {
        let bar = std::io::stdout().is_terminal().then(|| {
            let style =
                ProgressStyle::with_template("{spinner} {msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
            ProgressBar::new_spinner().with_style(style)
        });
        Self { bar, rates: Rates::default(), printed: Instant::now() }
    }

    /// A line that stays.
    pub(super) fn say(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| crate::output::line(text)),
            None => crate::output::line(text),
        }
    }

    /// What was done so far.
    pub(super) fn show(&mut self, totals: &Totals) {
        let counts = Counts { polls: settled("poller"), pages: settled("retriever") };
        let now = Instant::now();
        let Counts { polls, pages } = self.rates.at(now, counts);
        let text = format!(
            "feeds polled {:>6} ({polls:>5.1}/s)   pages fetched {:>6} ({pages:>5.1}/s)   stories {:>5}   copies found {:>5}",
            counts.polls, counts.pages, totals.stories, totals.copies,
        );
        match &self.bar {
            Some(bar) => {
                bar.set_message(text);
                bar.tick();
            }
            None if now.duration_since(self.printed) >= PRINT_EVERY => {
                self.printed = now;
                crate::output::line(text);
            }
            None => {}
        }
    }

    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish();
        }
    }
}

/// Messages a stage has settled, retries left out, from the same metric that dashboards show.
fn settled(stage: &str) -> f64 {
    telemetry::sum("wireroom_messages_settled_total", &[("stage", stage)], &[("outcome", "retry")])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_even_where_the_work_comes_in_bursts() {
        let (start, mut rates) = (Instant::now(), Rates::default());
        let first = rates.at(start, Counts { polls: 7.0, pages: 0.0 });
        assert_eq!((first.polls, first.pages), (0.0, 0.0));
        // Sixty polls every two seconds, looked at each half of one.
        for half in 1..=80 {
            let counts = Counts { polls: 7.0 + f64::from(half / 4 * 60), pages: f64::from(half) };
            let now = rates.at(start + Duration::from_millis(500) * half, counts);
            if half >= 20 {
                assert!((24.0..=36.0).contains(&now.polls), "{} at {half}", now.polls);
                assert!((now.pages - 2.0).abs() < 1e-9, "{} at {half}", now.pages);
            }
        }
        assert!(rates.seen.len() <= 22, "{}", rates.seen.len());
    }
}
