//! What the script is told.

use super::roots::{Naming, Roots};
use crate::settings::day;
use crate::{IndexSettings, Query};
use article::{Mark, Place, Sketch, Timestamp};
use redis::{Script, ScriptInvocation};
use std::sync::LazyLock;

/// Run where the memory is. `EVALSHA` names it by its hash; a Redis that has lost it is sent it again.
/// One script in five files: what the tables are, how postings are kept, what the rule says, what is remembered, which
/// steps there are.
static SCRIPT: LazyLock<Script> = LazyLock::new(|| {
    let (tables, postings) = (include_str!("tables.lua"), include_str!("postings.lua"));
    let (rule, learn, steps) = (include_str!("rule.lua"), include_str!("learn.lua"), include_str!("steps.lua"));
    Script::new(&[tables, postings, rule, learn, steps].concat())
});

/// One article's decision.
pub(super) struct Call<'a> {
    settings: &'a IndexSettings,
    pub(super) query: &'a Query,
    pub(super) roots: Roots,
    now: Timestamp,
}

impl<'a> Call<'a> {
    pub(super) fn new(settings: &'a IndexSettings, naming: &Naming, query: &'a Query, now: Timestamp) -> Self {
        Self { settings, query, roots: naming.roots(query), now }
    }

    /// Whether its text is long enough for a near decision.
    pub(super) fn is_compared(&self) -> bool {
        self.sketch().is_some()
    }

    fn sketch(&self) -> Option<&'a Sketch> {
        self.query.sketch.as_ref().filter(|s| s.shingles() >= self.settings.thresholds.min_shingles)
    }

    /// What the script is told of this article.
    pub(super) fn packed(&self) -> Packed {
        let (query, sketch) = (self.query, self.sketch());
        let level = match (&query.sketch, sketch) {
            (None, _) => NO_TEXT,
            (Some(_), None) => SHORT,
            (Some(_), Some(sketch)) => sketch.level(),
        };
        let mut head = packed(self.numbers(sketch));
        head.extend_from_slice(query.article.bytes());
        head.extend_from_slice(query.hash.bytes());
        head.extend_from_slice(&query.observed_at.millis().to_be_bytes()[2..]);
        head.extend_from_slice(&query.site.to_be_bytes());
        head.extend_from_slice(query.own_story().bytes());
        head.extend_from_slice(&sketch.map(Sketch::figures).unwrap_or_default().bytes());
        head.push(level);
        if let Some(sketch) = sketch {
            counts(sketch, &mut head);
        }
        Packed { roots: self.roots.clone(), head, marks: sketch.map(pack).unwrap_or_default() }
    }

    /// One step for this article alone; `claim` and `story` are ARGV 4 and 5.
    pub(super) fn script(&self, step: &str, roots: &[String], claim: &[u8], story: &[u8]) -> ScriptInvocation<'static> {
        let mut call = SCRIPT.prepare_invoke();
        for root in roots {
            call.key(root);
        }
        let Packed { head, marks, .. } = self.packed();
        call.arg(step).arg(head).arg(marks).arg(claim).arg(story);
        call
    }

    /// Days, the article's own integers, the thresholds.
    fn numbers(&self, sketch: Option<&Sketch>) -> impl Iterator<Item = u32> + use<> {
        let (settings, by, today) = (self.settings, &self.settings.thresholds, day(self.now));
        let window = u32::from(settings.window_days);
        // A day more, since days are cut off at midnight.
        let days = [today.into(), settings.oldest_day(self.now).into(), (window + 1).saturating_mul(DAY)];
        let refresh = today.saturating_sub(settings.window_days / 4).into();
        let pairs = sketch.map(Sketch::figures).unwrap_or_default().count();
        let counts = [refresh, self.query.published_secs(), pairs, by.common_after.into(), by.min_shared, by.min_left];
        let shares = [by.of_article, by.of_story, by.of_both, by.other_way, by.of_core, by.same_site, by.of_figures];
        let shares = shares.into_iter().chain([by.same_figures, by.with_same_figures]);
        days.into_iter().chain(counts).chain(shares.map(|share| (share * 10_000.0).round() as u32))
    }
}

/// One article as the script is told of it: packed, it costs Redis a tenth of what as many arguments do.
pub(super) struct Packed {
    roots: Roots,
    head: Vec<u8>,
    marks: Vec<u8>,
}

/// Levels that are none (`rule.lua`): of an article without a text, and of a text that is too short to be compared.
const NO_TEXT: u8 = 255;
const SHORT: u8 = 254;

/// Decisions about these articles, one after the other.
pub(super) fn decide(articles: &[Packed]) -> ScriptInvocation<'static> {
    let mut call = SCRIPT.prepare_invoke();
    for article in articles {
        for root in article.roots.all() {
            call.key(root);
        }
    }
    call.arg("decide");
    for Packed { head, marks, .. } in articles {
        call.arg(head).arg(marks);
    }
    call
}

/// Seconds.
const DAY: u32 = 86_400;

fn packed(numbers: impl IntoIterator<Item = u32>) -> Vec<u8> {
    numbers.into_iter().flat_map(u32::to_be_bytes).collect()
}

/// How long a table lives after it was last swept.
fn keep_seconds(settings: &IndexSettings) -> u32 {
    (3 * u32::from(settings.window_days)).saturating_mul(DAY)
}

/// One step of the sweep of this root's tables; to be called once a minute.
pub(super) fn tidy(settings: &IndexSettings, root: &str, now: Timestamp) -> ScriptInvocation<'static> {
    let mut call = SCRIPT.prepare_invoke();
    call.key(root);
    let half_a_window = u32::from(settings.window_days) * 720;
    let days = [day(now).into(), settings.oldest_day(now).into(), keep_seconds(settings), half_a_window];
    call.arg("tidy").arg(packed(days));
    call
}

/// Four bytes of each mark's hash (its low ones: the high ones are small in every sketch) and one for the coarsest level
/// it is kept at, whether it has a figure and whether it stands in the core. Among the 36 million shingles of a million
/// articles one in 120 falls on another by chance, and counts for nothing, as what is common does.
///
/// In the order of the bits from the last on, so that marks of one bucket (whose hashes end alike, whatever the number of
/// buckets) follow each other: `put_posting` in `postings.lua` relies on it.
fn pack(sketch: &Sketch) -> Vec<u8> {
    let mut marks: Vec<(u32, &Mark)> = sketch.marks().iter().map(|mark| (mark.hash as u32, mark)).collect();
    marks.sort_unstable_by_key(|(hash, _)| hash.reverse_bits());
    let mut out = Vec::with_capacity(5 * marks.len());
    for (hash, mark) in marks {
        out.extend_from_slice(&hash.to_be_bytes());
        out.push(4 * coarsest(mark) + 2 * u8::from(mark.figure) + u8::from(mark.place == Place::Core));
    }
    out
}

/// By level, from the sketch's own on: how many marks are kept at it, how many of them in the core, how many with a
/// figure.
fn counts(sketch: &Sketch, out: &mut Vec<u8>) {
    for level in sketch.level()..=Sketch::MAX_LEVEL {
        let kept = || sketch.marks().iter().filter(|mark| mark.is_kept_at(level));
        let (core, figures) = (kept().filter(|m| m.place == Place::Core), kept().filter(|m| m.figure));
        for count in [kept().count(), core.count(), figures.count()] {
            out.extend_from_slice(&u16::try_from(count).unwrap_or(u16::MAX).to_be_bytes());
        }
    }
}

fn coarsest(mark: &Mark) -> u8 {
    (0..=Sketch::MAX_LEVEL).rev().find(|level| mark.is_kept_at(*level)).unwrap_or(0)
}
