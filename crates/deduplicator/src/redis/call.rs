//! What the script is told.

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

/// Version of the keys, of what lies under them and of the shingles' hashes. Another version is another index: the old
/// one is not read, which [`super::health`] says, and expires by itself.
pub(super) const VERSION: u8 = 4;

/// The tables a decision touches, each group with a hash tag of its own (Redis Cluster specification, “Hash
/// tags”): claims and exact texts are spread over slots by their hash, a language's postings share one.
pub(super) struct Roots([String; 3]);

impl Roots {
    fn of(prefix: &str, query: &Query) -> Self {
        Self([
            claims_root(prefix, query.article.bytes()[0]),
            texts_root(prefix, query.hash.bytes()[0]),
            language_root(prefix, &query.language),
        ])
    }

    pub(super) fn all(&self) -> &[String] {
        &self.0
    }

    pub(super) fn article(&self) -> &[String] {
        &self.0[..1]
    }

    pub(super) fn text(&self) -> &[String] {
        &self.0[1..2]
    }

    pub(super) fn language(&self) -> &[String] {
        &self.0[2..]
    }
}

/// Claims of the articles whose id begins with this byte.
pub(super) fn claims_root(prefix: &str, byte: u8) -> String {
    format!("{prefix}:{VERSION}:{{a{byte:02x}}}")
}

/// Texts whose hash begins with this byte.
pub(super) fn texts_root(prefix: &str, byte: u8) -> String {
    format!("{prefix}:{VERSION}:{{t{byte:02x}}}")
}

/// A language's postings and stories.
pub(super) fn language_root(prefix: &str, language: &str) -> String {
    format!("{prefix}:{VERSION}:{{{language}}}")
}

/// One article's decision.
pub(super) struct Call<'a> {
    settings: &'a IndexSettings,
    pub(super) query: &'a Query,
    pub(super) roots: Roots,
    now: Timestamp,
}

impl<'a> Call<'a> {
    pub(super) fn new(settings: &'a IndexSettings, query: &'a Query, now: Timestamp) -> Self {
        Self { settings, query, roots: Roots::of(&settings.prefix, query), now }
    }

    /// Whether its text is long enough for a near decision.
    pub(super) fn is_compared(&self) -> bool {
        self.sketch().is_some()
    }

    fn sketch(&self) -> Option<&'a Sketch> {
        self.query.sketch.as_ref().filter(|s| s.shingles() >= self.settings.thresholds.min_shingles)
    }

    /// The arguments in the order of `rule.lua`'s `read`; `claim` and `story` are ARGV 12 and 13.
    pub(super) fn script(&self, step: &str, roots: &[String], claim: &[u8], story: &[u8]) -> ScriptInvocation<'static> {
        let (query, sketch) = (self.query, self.sketch());
        let level = match (&query.sketch, sketch) {
            (None, _) => "none".to_owned(),
            (Some(_), None) => "short".to_owned(),
            (Some(_), Some(sketch)) => sketch.level().to_string(),
        };
        let mut call = SCRIPT.prepare_invoke();
        for root in roots {
            call.key(root);
        }
        call.arg(step).arg(self.numbers(sketch));
        call.arg(&query.article.bytes()[..]).arg(&query.hash.bytes()[..]);
        call.arg(&query.observed_at.millis().to_be_bytes()[2..]).arg(&query.site.to_be_bytes()[..]);
        call.arg(&query.own_story().bytes()[..]).arg(level);
        call.arg(sketch.map(pack).unwrap_or_default()).arg(sketch.map(counts).unwrap_or_default());
        call.arg(&sketch.map(Sketch::figures).unwrap_or_default().bytes()[..]);
        call.arg(claim).arg(story);
        call
    }

    /// The integers, four bytes each: packed, they cost Redis a tenth of what as many arguments do.
    fn numbers(&self, sketch: Option<&Sketch>) -> Vec<u8> {
        let (settings, by, today) = (self.settings, &self.settings.thresholds, day(self.now));
        let window = u32::from(settings.window_days);
        // A day more, since days are cut off at midnight.
        let days = [today.into(), settings.oldest_day(self.now).into(), (window + 1).saturating_mul(DAY)];
        let refresh = today.saturating_sub(settings.window_days / 4).into();
        let pairs = sketch.map(Sketch::figures).unwrap_or_default().count();
        let counts = [refresh, self.query.published_secs(), pairs, by.common_after.into(), by.min_shared, by.min_left];
        let shares = [by.of_article, by.of_story, by.of_both, by.other_way, by.of_core, by.same_site, by.of_figures];
        let shares = shares.into_iter().chain([by.same_figures, by.with_same_figures]);
        packed(days.into_iter().chain(counts).chain(shares.map(|share| (share * 10_000.0).round() as u32)))
    }
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
fn counts(sketch: &Sketch) -> Vec<u8> {
    let levels = sketch.level()..=Sketch::MAX_LEVEL;
    let count = |level: u8, is_wanted: fn(&Mark) -> bool| {
        let marks = sketch.marks().iter().filter(|mark| mark.is_kept_at(level) && is_wanted(mark));
        u16::try_from(marks.count()).unwrap_or(u16::MAX).to_be_bytes()
    };
    let core = |mark: &Mark| mark.place == Place::Core;
    levels
        .flat_map(|level| [count(level, |_| true), count(level, core), count(level, |m| m.figure)])
        .flatten()
        .collect()
}

fn coarsest(mark: &Mark) -> u8 {
    (0..=Sketch::MAX_LEVEL).rev().find(|level| mark.is_kept_at(*level)).unwrap_or(0)
}
