//! What the script is told.

use crate::settings::day;
use crate::{IndexSettings, Query};
use article::{Mark, Place, Sketch, Timestamp};
use redis::{Script, ScriptInvocation};
use std::sync::LazyLock;

/// Run where the memory is. `EVALSHA` names it by its hash; a Redis that has lost it is sent it again.
/// One script in four files: what the tables are, what the rule says, what is remembered, which steps there are.
static SCRIPT: LazyLock<Script> = LazyLock::new(|| {
    let (tables, rule) = (include_str!("tables.lua"), include_str!("rule.lua"));
    let (learn, steps) = (include_str!("learn.lua"), include_str!("steps.lua"));
    Script::new(&[tables, rule, learn, steps].concat())
});

/// Version of the keys, of what lies under them and of the shingles' hashes. Another version is another index: the old
/// one is not read, which [`super::health`] says, and expires by itself.
pub(super) const VERSION: u8 = 3;

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

    /// The arguments in the order of `rule.lua`'s `read`; `claim` and `story` are ARGV 27 and 28.
    pub(super) fn script(&self, step: &str, roots: &[String], claim: &[u8], story: &[u8]) -> ScriptInvocation<'static> {
        let (settings, query, by) = (self.settings, self.query, &self.settings.thresholds);
        let (today, sketch) = (day(self.now), self.sketch());
        let level = match (&query.sketch, sketch) {
            (None, _) => "none".to_owned(),
            (Some(_), None) => "short".to_owned(),
            (Some(_), Some(sketch)) => sketch.level().to_string(),
        };
        let mut call = SCRIPT.prepare_invoke();
        for root in roots {
            call.key(root);
        }
        // Written to once more within the window, a bucket stays; a day more, since days are cut off at midnight.
        call.arg(step)
            .arg(today)
            .arg(settings.oldest_day(self.now))
            .arg((u64::from(settings.window_days) + 1) * 86_400);
        call.arg(&query.article.bytes()[..]).arg(&query.hash.bytes()[..]);
        call.arg(&query.observed_at.millis().to_be_bytes()[2..]).arg(&query.site.to_be_bytes()[..]);
        call.arg(&query.own_story().bytes()[..]).arg(level).arg(sketch.map(pack).unwrap_or_default());
        call.arg(today.saturating_sub(settings.window_days / 4)).arg(by.min_shared).arg(by.min_left);
        let shares = [by.of_article, by.of_story, by.of_both, by.other_way, by.of_core, by.same_site, by.of_figures];
        for share in shares.into_iter().chain([by.same_figures, by.with_same_figures]) {
            call.arg((share * 10_000.0).round() as u32);
        }
        call.arg(by.common_after).arg(query.published_secs());
        call.arg(&sketch.map(Sketch::figures).unwrap_or_default().bytes()[..]).arg(claim).arg(story);
        call
    }
}

/// How long a bucket lives after it was last swept.
fn keep_seconds(settings: &IndexSettings) -> u64 {
    3 * u64::from(settings.window_days) * 86_400
}

/// One step of the sweep of these tables, which share a slot; to be called once a minute.
pub(super) fn tidy(settings: &IndexSettings, tables: &[String], now: Timestamp) -> ScriptInvocation<'static> {
    let mut call = SCRIPT.prepare_invoke();
    for table in tables {
        call.key(table);
    }
    let half_a_window = u64::from(settings.window_days) * 720;
    call.arg("tidy").arg(day(now)).arg(settings.oldest_day(now)).arg(keep_seconds(settings)).arg(half_a_window);
    call
}

/// Four bytes of each mark's hash (its low ones: the high ones are small in every sketch) and one for the coarsest level
/// it is kept at, whether it has a figure and whether it stands in the core. Among the 36 million shingles of a million
/// articles one in 120 falls on another by chance, and counts for nothing, as what is common does.
fn pack(sketch: &Sketch) -> Vec<u8> {
    let mut out = Vec::with_capacity(5 * sketch.marks().len());
    for mark in sketch.marks() {
        out.extend_from_slice(&mark.hash.to_be_bytes()[4..]);
        out.push(4 * coarsest(mark) + 2 * u8::from(mark.figure) + u8::from(mark.place == Place::Core));
    }
    out
}

fn coarsest(mark: &Mark) -> u8 {
    (0..=Sketch::MAX_LEVEL).rev().find(|level| mark.is_kept_at(*level)).unwrap_or(0)
}
