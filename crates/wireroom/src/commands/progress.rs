//! The demo's live line: what the pipeline has done, and how fast.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};
use store::Totals;

/// A line that is rewritten in a terminal, and printed now and then where there is none.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    last: Option<(Instant, Counts)>,
    printed: Instant,
}

#[derive(Clone, Copy, Default)]
struct Counts {
    polls: f64,
    pages: f64,
}

/// Between two lines where they can't be rewritten.
const PRINT_EVERY: Duration = Duration::from_secs(10);

impl Progress {
    pub(super) fn new() -> Self {
        let bar = std::io::stdout().is_terminal().then(|| {
            let style =
                ProgressStyle::with_template("{spinner} {msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
            ProgressBar::new_spinner().with_style(style)
        });
        Self { bar, last: None, printed: Instant::now() }
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
        let (polls, pages) = match self.last {
            Some((then, before)) => {
                let seconds = now.duration_since(then).as_secs_f64().max(0.001);
                ((counts.polls - before.polls) / seconds, (counts.pages - before.pages) / seconds)
            }
            None => (0.0, 0.0),
        };
        self.last = Some((now, counts));
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
