//! When a feed is due next.

use super::PollerSettings;
use crate::feed::PollHints;
use article::Timestamp;
use chrono::{Datelike, Duration as Span, DurationRound, Timelike};
use std::time::Duration;

/// Entries whose dates tell the rhythm: enough to even out a busy hour, few enough to follow a change.
const LOOKED_AT: usize = 20;

/// Time between polls that a feed's own rhythm suggests.
///
/// Half the mean gap between its newest entries, so that an entry is seen at half its successor's age; but at
/// least a twelfth of the silence since the newest, so that a feed that fell asleep is asked ever less often and
/// one that wakes is asked often again at once. Without dates the time before grows by a third when nothing new
/// came, and shrinks by as much when something did.
pub(super) fn interval(
    dates: &[Timestamp],
    found_new: bool,
    before: Duration,
    now: Timestamp,
    settings: &PollerSettings,
) -> Duration {
    let mut dates: Vec<Timestamp> = dates.iter().copied().filter(|d| *d <= now).collect();
    dates.sort_unstable_by(|a, b| b.cmp(a));
    dates.dedup();
    dates.truncate(LOOKED_AT);
    let suggested = match (dates.first(), dates.last()) {
        (Some(newest), Some(oldest)) if dates.len() > 1 => {
            let gaps = u32::try_from(dates.len() - 1).unwrap_or(1);
            let gap = newest.since(*oldest) / gaps;
            (gap / 2).max(now.since(*newest) / 12)
        }
        _ if found_new => before * 3 / 4,
        _ => before * 4 / 3,
    };
    settings.within_bounds(suggested)
}

/// Time between polls after a 304: the one before, unless the silence has grown beyond it.
pub(super) fn unchanged_interval(
    before: Duration,
    last_new_entry: Option<Timestamp>,
    now: Timestamp,
    settings: &PollerSettings,
) -> Duration {
    let silence = last_new_entry.map_or(before, |at| now.since(at) / 12);
    settings.within_bounds(before.max(silence))
}

/// When to ask again: no sooner than the interval and what the feed wishes, not in an hour or on a day in which
/// it says that nothing comes. Spread over a twentieth of the interval by `spread` (0 to 255), so that feeds
/// that were added together do not stay together.
pub(super) fn next_due(
    interval: Duration,
    hints: &PollHints,
    max_age: Option<Duration>,
    now: Timestamp,
    spread: u8,
    settings: &PollerSettings,
) -> Timestamp {
    let longest = Duration::from_secs(settings.longest_hint_secs);
    let wish = [hints.ttl, hints.update_every, max_age].into_iter().flatten().max().unwrap_or_default().min(longest);
    let wait = settings.within_bounds(interval.max(wish));
    let due = now.plus(wait + wait / 20 * u32::from(spread) / 255);
    skip(due, hints).unwrap_or(due)
}

/// The first time from `due` on that is in none of the hours and days left out; `None` if there is none.
fn skip(due: Timestamp, hints: &PollHints) -> Option<Timestamp> {
    let mut at = due.utc();
    // A week of hours: beyond it the pattern repeats.
    for _ in 0..=168 {
        let hour = u8::try_from(at.hour()).ok()?;
        let day = u8::try_from(at.weekday().num_days_from_monday()).ok()?;
        if !hints.skip_hours.contains(&hour) && !hints.skip_days.contains(&day) {
            return Some(at.into());
        }
        at = at.duration_trunc(Span::hours(1)).ok()? + Span::hours(1);
    }
    None
}

/// Time to the next try after `failures` failures in a row, this one included.
pub(super) fn backoff(
    failures: u32,
    last_success: Option<Timestamp>,
    now: Timestamp,
    settings: &PollerSettings,
) -> Duration {
    const DAY: u64 = 86_400;
    // Twelve doublings of the shortest first wait are beyond any cap.
    let doubled = settings.backoff_first_secs.max(1).saturating_mul(1 << failures.saturating_sub(1).min(12));
    let wait = Duration::from_secs(doubled.min(settings.backoff_cap_secs));
    let dead_for = last_success.map(|at| now.since(at));
    // A feed that never worked has no last success: by then it has failed for as long as doubling takes.
    let never = last_success.is_none() && failures > u32::try_from(settings.weekly_after_days).unwrap_or(u32::MAX);
    if never || dead_for.is_some_and(|d| d > Duration::from_secs(settings.weekly_after_days * DAY)) {
        return Duration::from_secs(7 * DAY).max(wait);
    }
    wait
}

/// `max-age` of a `Cache-Control` (RFC 9111 section 5.2.2.1), less the `Age` it has already.
pub(super) fn max_age(cache_control: Option<&str>, age: Option<&str>) -> Option<Duration> {
    let directives = || cache_control.unwrap_or_default().split(',').map(str::trim);
    if directives().any(|d| d.eq_ignore_ascii_case("no-cache") || d.eq_ignore_ascii_case("no-store")) {
        return None;
    }
    let seconds = directives().find_map(|d| {
        let (name, value) = d.split_once('=')?;
        name.trim().eq_ignore_ascii_case("max-age").then(|| value.trim().trim_matches('"').parse::<u64>().ok())?
    })?;
    let age = age.and_then(|a| a.trim().parse().ok()).unwrap_or(0);
    Some(Duration::from_secs(seconds.saturating_sub(age)))
}
