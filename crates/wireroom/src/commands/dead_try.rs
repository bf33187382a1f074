//! `wireroom dead replay --try`: what a replay would come to now.

use crate::handlers;
use crate::house::House;
use crate::output::{json, line, table};
use indicatif::{ProgressBar, ProgressStyle};
use queue::{Foresight, Seer, Trying};
use replay::{Outlook, Replay, TrialGroup};
use store::DeadFilter;
use tokio_util::sync::CancellationToken;

/// Shows each letter to its stage and says how they would fare; nothing is sent and nothing changes.
pub(crate) async fn run(
    house: &House,
    replay: &Replay,
    filter: &DeadFilter,
    force: bool,
    as_json: bool,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let style = ProgressStyle::with_template("{spinner} {pos} tried, {per_sec}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner());
    let bar = ProgressBar::no_length().with_style(style);
    let report = replay.foresee(filter, force, &seers(house).await?, stop, |tried| bar.set_position(tried)).await?;
    bar.finish_and_clear();
    if as_json {
        return json(&report);
    }
    line(report.to_string());
    let open: Vec<&TrialGroup> = report.groups.iter().filter(|g| g.outlook != Outlook::Pass).collect();
    if !open.is_empty() {
        let rows: Vec<Vec<String>> = open.into_iter().map(row).collect();
        table(&["count", "stage", "outlook", "reason", "such as no", "which says"], &rows, 70);
    }
    Ok(())
}

fn row(group: &TrialGroup) -> Vec<String> {
    vec![
        group.count.to_string(),
        group.stage.clone(),
        group.outlook.words().to_owned(),
        group.reason.clone(),
        group.ids.first().map(ToString::to_string).unwrap_or_default(),
        group.example.clone(),
    ]
}

/// Every stage of this release.
async fn seers(house: &House) -> anyhow::Result<Vec<Box<dyn Seer>>> {
    let (poller, retriever) = handlers::fetcher(house).await?;
    Ok(vec![
        seer(house, poller),
        seer(house, retriever),
        seer(house, handlers::deduplicator(house).await?),
        seer(house, handlers::publisher(house).await?),
        seer(house, handlers::courier(house)?),
    ])
}

fn seer<H: Foresight>(house: &House, handler: H) -> Box<dyn Seer> {
    Box::new(Trying::new(handler, &house.settings.queue))
}
