//! Everything at a glance.

use super::OpsState;
use super::failure::OpsFailure;
use super::frame::{Frame, html, span, when};
use super::logs::DecisionLine;
use super::session::Operator;
use article::Timestamp;
use askama::Template;
use axum::extract::{Extension, State};
use axum::response::Response;
use queue::{Belt, Depth, Lane, QueueName};
use std::collections::HashMap;
use std::time::Duration;
use store::{DeadFilter, DeadGroup, FeedHealth, StageTraffic, TakedownState, Totals};

/// Rows of each short list.
const SHORT: usize = 8;
/// What rates are taken over: long enough to be calm, short enough to be now.
const RATE_MINUTES: u32 = 5;

/// A belt in numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct BeltLine {
    pub(super) belt: Belt,
    pub(super) ready: u64,
    /// Not told by every broker.
    pub(super) in_flight: Option<u64>,
    pub(super) later: u64,
    pub(super) lone: u64,
    /// On the rungs of the retry ladder.
    pub(super) waiting: u64,
    /// In the dead-letter queue, not yet in the ledger.
    pub(super) dead: u64,
    /// Messages that its stage settled in the last minutes, and times it put one off.
    pub(super) traffic: StageTraffic,
}

impl BeltLine {
    pub(super) fn settled_a_minute(&self) -> String {
        a_minute(self.traffic.settled)
    }

    pub(super) fn retried_a_minute(&self) -> String {
        a_minute(self.traffic.retried)
    }
}

/// As a rate; below ten a minute the tenths tell.
fn a_minute(count: u64) -> String {
    let rate = count as f64 / f64::from(RATE_MINUTES);
    if rate < 10.0 && rate > 0.0 { format!("{rate:.1}") } else { format!("{rate:.0}") }
}

/// The queues added up by belt, each with what its stage did lately.
pub(super) fn belts(depths: &[Depth], traffic: &HashMap<String, StageTraffic>) -> Vec<BeltLine> {
    let line = |belt: Belt| {
        let sum = |wanted: &dyn Fn(&QueueName) -> bool| {
            depths.iter().filter(|d| wanted(&d.queue)).map(|d| d.ready).sum::<u64>()
        };
        let flying = depths.iter().filter(|d| matches!(d.queue, QueueName::Belt(b, _) if b == belt));
        BeltLine {
            belt,
            ready: sum(&|q| *q == QueueName::Belt(belt, Lane::Main)),
            in_flight: flying.map(|d| d.in_flight).try_fold(0, |all, n| Some(all + n?)),
            later: sum(&|q| *q == QueueName::Belt(belt, Lane::Later)),
            lone: sum(&|q| *q == QueueName::Belt(belt, Lane::Lone)),
            waiting: sum(&|q| matches!(q, QueueName::Retry(b, _) if *b == belt)),
            dead: sum(&|q| *q == QueueName::Dead(belt)),
            traffic: traffic.get(belt.stage().as_str()).copied().unwrap_or_default(),
        }
    };
    Belt::ALL.map(line).to_vec()
}

/// A feed that does not do what it should.
struct Trouble {
    name: String,
    url: String,
    why: String,
    since: String,
}

#[derive(Template)]
#[template(path = "ops/overview.html")]
struct OverviewPage<'a> {
    frame: Frame<'a>,
    totals: Totals,
    belts: Vec<BeltLine>,
    /// Why the belts can't be seen, if they can't.
    blind: Option<String>,
    groups: Vec<DeadGroup>,
    troubles: Vec<Trouble>,
    feeds: usize,
    failing: usize,
    decisions: Vec<DecisionLine>,
    /// Feeds whose source fell silent.
    silent: usize,
    /// Takedowns that wait, and how long until the first is due.
    open_takedowns: usize,
    due: Option<String>,
}

pub(super) async fn page(
    State(state): State<OpsState>,
    Extension(operator): Extension<Operator>,
) -> Result<Response, OpsFailure> {
    let now = Timestamp::now();
    let traffic = state.store.traffic(now.minus(Duration::from_secs(60) * RATE_MINUTES)).await?;
    let (belts, blind) = match state.actions.depths().await {
        Ok(depths) => (belts(&depths, &traffic), None),
        Err(why) => (Vec::new(), Some(why)),
    };
    let mut groups = state.store.dead_groups(&DeadFilter::default()).await?;
    groups.truncate(SHORT);
    let health = state.store.feed_health(now).await?;
    let takedowns = state.store.takedowns().await?;
    let open: Vec<_> = takedowns.iter().filter(|t| t.state == TakedownState::Requested).collect();
    let recent = state.store.recent_decisions(u32::try_from(SHORT).unwrap_or(u32::MAX)).await?;
    html(&OverviewPage {
        frame: Frame::new(&operator, "/ops"),
        totals: state.store.totals().await?,
        belts,
        blind,
        groups,
        troubles: health.iter().filter_map(|h| trouble(h, now)).take(SHORT).collect(),
        feeds: health.len(),
        failing: health.iter().filter(|h| h.state.failures > 0).count(),
        silent: health.iter().filter(|h| h.silent).count(),
        decisions: recent.into_iter().map(|d| DecisionLine::new(d, now)).collect(),
        open_takedowns: open.len(),
        due: open.iter().map(|t| t.due_at).min().map(|due| match due.secs() - now.secs() {
            late @ ..0 => format!("overdue by {}", span(-late)),
            left => format!("due in {}", span(left)),
        }),
    })
}

/// What is wrong with a feed, if anything: it fails, or its source fell silent.
fn trouble(health: &FeedHealth, now: Timestamp) -> Option<Trouble> {
    let state = &health.state;
    let (why, since) = if state.failures > 0 {
        let since = format!("{} failed polls, last success {}", state.failures, when(state.last_success, now));
        (state.last_error.clone().unwrap_or_default(), since)
    } else if health.silent {
        let usual = span(health.usual_gap_secs.and_then(|gap| i64::try_from(gap).ok()).unwrap_or(i64::MAX));
        (format!("silent: an article every {usual} is usual"), format!("last {}", when(health.last_article, now)))
    } else {
        return None;
    };
    Some(Trouble { name: health.source_name.clone(), url: state.url.clone(), why, since })
}
