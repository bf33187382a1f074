//! `wireroom dead`.

use crate::cli::{Dead as Asked, DeadFilterArgs, Replay as ReplayAsked};
use crate::commands::dead_try;
use crate::commands::takedown::actor;
use crate::house::House;
use crate::output::{json, line, table};
use crate::{age, ask};
use anyhow::{Context, bail};
use article::Timestamp;
use indicatif::{ProgressBar, ProgressStyle};
use queue::{Belt, DeadReason, Stage};
use replay::{Options, Replay};
use std::io::{BufReader, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use store::{DeadFilter, DeadGroup, LedgerRow, Store};
use tokio_util::sync::CancellationToken;

/// Rows a list shows unless more are asked for: what fits a look.
const LISTED: u32 = 50;

/// Carries out a command about dead letters.
pub(crate) async fn run(house: &Arc<House>, asked: Asked, stop: CancellationToken) -> anyhow::Result<()> {
    let store = house.store().await?;
    match asked {
        Asked::Groups { filter, json: true } => json(&store.dead_groups(&read(&filter)?).await?),
        Asked::Groups { filter, json: false } => {
            groups(&store.dead_groups(&read(&filter)?).await?);
            Ok(())
        }
        Asked::List { filter, json: as_json } => list(&store, read(&filter)?, as_json).await,
        Asked::Show { id, json: as_json } => show(&store, id, as_json).await,
        Asked::Replay(asked) => send_again(house, store, *asked, stop).await,
        Asked::Export { filter, to } => export(&store, &read(&filter)?, to).await,
        Asked::Import { file } => {
            let reader = std::fs::File::open(&file).with_context(|| format!("can't read {}", file.display()))?;
            let done = replay::import(&store, BufReader::new(reader), &actor())
                .await
                .with_context(|| file.display().to_string())?;
            line(format!(
                "{} new, {} edited, {} unchanged, {} skipped",
                done.new, done.edited, done.unchanged, done.skipped
            ));
            Ok(())
        }
        Asked::Purge { filter, yes, no_export } => purge(&store, &read(&filter)?, yes, no_export).await,
    }
}

/// The command line's filter as the store's. A name that is none is an error that lists what there is.
fn read(args: &DeadFilterArgs) -> anyhow::Result<DeadFilter> {
    let now = Timestamp::now();
    let ago = |text: &Option<String>| -> anyhow::Result<Option<Timestamp>> {
        text.as_deref().map(|t| age::parse(t).map(|a| now.minus(a)).map_err(anyhow::Error::msg)).transpose()
    };
    known("--queue", args.queue.as_deref(), Belt::ALL.map(Belt::as_str).as_slice())?;
    known("--stage", args.stage.as_deref(), Stage::ALL.map(Stage::as_str).as_slice())?;
    let reasons: Vec<&str> = DeadReason::ALL.iter().map(|r| r.as_str()).collect();
    known("--reason", args.reason.as_deref(), &reasons)?;
    Ok(DeadFilter {
        queue: args.queue.clone(),
        reason: args.reason.clone(),
        stage: args.stage.clone(),
        host: args.host.clone(),
        source: args.source.clone(),
        older_than: ago(&args.older_than)?,
        newer_than: ago(&args.newer_than)?,
        release: args.release.clone(),
        ids: args.ids.clone(),
        state: None,
        limit: args.limit,
        after: None,
    })
}

fn known(flag: &str, given: Option<&str>, names: &[&str]) -> anyhow::Result<()> {
    match given {
        Some(name) if !names.contains(&name) => bail!("{flag} {name}: one of {} is expected", names.join(", ")),
        _ => Ok(()),
    }
}

fn groups(groups: &[DeadGroup]) {
    if groups.is_empty() {
        line("no dead letters");
        return;
    }
    let now = Timestamp::now();
    let rows: Vec<Vec<String>> = groups
        .iter()
        .map(|g| {
            let ago = |t: Timestamp| format!("{} ago", age::words(now.since(t)));
            vec![
                g.count.to_string(),
                g.stage.clone(),
                g.reason.clone(),
                g.about.clone(),
                ago(g.first_seen),
                ago(g.last_seen),
                g.release.clone(),
            ]
        })
        .collect();
    table(&["count", "stage", "reason", "host or source", "first", "last", "release"], &rows, 48);
}

async fn list(store: &Store, mut filter: DeadFilter, as_json: bool) -> anyhow::Result<()> {
    filter.limit = Some(filter.limit.unwrap_or(LISTED));
    let rows = store.dead_letters(&filter).await?;
    if as_json {
        let rows: Vec<_> = rows.iter().map(printable).collect();
        return json(&rows);
    }
    let now = Timestamp::now();
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let l = &row.letter;
            let about = l.host.clone().or_else(|| l.source.clone()).unwrap_or_default();
            vec![
                row.id.to_string(),
                age::words(now.since(l.died_at)),
                l.stage.clone(),
                l.reason.clone(),
                l.attempts.to_string(),
                about,
                l.detail.clone(),
            ]
        })
        .collect();
    table(&["no", "age", "stage", "reason", "tries", "host or source", "last error"], &cells, 70);
    let all = store.dead_count(&DeadFilter { limit: None, ..filter }).await?;
    if all > rows.len() as u64 {
        line(format!("{} of {all}; --limit shows more", rows.len()));
    }
    Ok(())
}

async fn show(store: &Store, id: i64, as_json: bool) -> anyhow::Result<()> {
    let mut found = None;
    for state in [
        store::LedgerState::Dead,
        store::LedgerState::Replaying,
        store::LedgerState::Passed,
        store::LedgerState::DeadAgain,
        store::LedgerState::Dropped,
    ] {
        let filter = DeadFilter { ids: vec![id], state: Some(state), ..DeadFilter::default() };
        found = found.or(store.dead_letters(&filter).await?.pop());
    }
    let row = found.with_context(|| format!("there is no dead letter {id}: `wireroom dead list` shows them"))?;
    let value = printable(&row);
    if as_json {
        return json(&value);
    }
    if let serde_json::Value::Object(map) = value {
        for (key, value) in map {
            match value {
                serde_json::Value::String(text) => line(format!("{key:<12} {text}")),
                serde_json::Value::Object(_) | serde_json::Value::Array(_) => {
                    line(format!("{key}:\n{}", serde_json::to_string_pretty(&value)?));
                }
                other => line(format!("{key:<12} {other}")),
            }
        }
    }
    Ok(())
}

/// A row with headers and body as JSON where they are JSON, else as text.
fn printable(row: &LedgerRow) -> serde_json::Value {
    let readable = |bytes: &[u8]| {
        serde_json::from_slice(bytes)
            .unwrap_or_else(|_| serde_json::Value::String(String::from_utf8_lossy(bytes).into_owned()))
    };
    let l = &row.letter;
    serde_json::json!({
        "id": row.id,
        "state": row.state,
        "outcome": row.outcome,
        "changed_at": row.changed_at.rfc3339(),
        "stage": l.stage,
        "reason": l.reason,
        "detail": l.detail,
        "origin": l.origin,
        "attempts": l.attempts,
        "deaths": l.deaths,
        "first_seen": l.first_seen.rfc3339(),
        "died_at": l.died_at.rfc3339(),
        "host": l.host,
        "source": l.source,
        "release": l.release,
        "traceparent": l.traceparent,
        "message_id": l.message_id,
        "kind": l.kind,
        "schema": l.schema,
        "headers": readable(&l.headers),
        "body": readable(&l.body),
    })
}

async fn send_again(
    house: &Arc<House>,
    store: Store,
    asked: ReplayAsked,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let filter = read(&asked.filter)?;
    let replay = Replay::new(store, house.queue_to_publish().await?, house.settings.replay.clone());
    if asked.trial {
        return dead_try::run(house, &replay, &filter, asked.force, asked.json, &stop).await;
    }
    if asked.dry_run {
        let plan = replay.plan(&filter, asked.force).await?;
        if asked.json {
            return json(&plan);
        }
        line(format!("{} would be sent", plan.send.len()));
        for (count, what) in [
            (plan.too_old.len(), "would be dropped: their news is too old"),
            (plan.taken_down.len(), "would be dropped: taken down"),
            (plan.held.len(), "would be held: they came back too often (--force sends them)"),
            (plan.homeless.len(), "would be left: their stage is unknown to this release"),
        ] {
            if count > 0 {
                line(format!("{count} {what}"));
            }
        }
        return Ok(());
    }
    let options = Options {
        canary: asked.canary,
        rate: asked.rate,
        force: asked.force,
        wait: Duration::from_secs(asked.wait),
        actor: actor(),
    };
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} sent, {per_sec}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(0).with_style(style);
    let account = replay
        .run(&filter, &options, &stop, |p| {
            bar.set_length(p.total);
            bar.set_position(p.sent);
        })
        .await?;
    bar.finish_and_clear();
    if asked.json {
        return json(&account);
    }
    line(account.to_string());
    Ok(())
}

async fn export(store: &Store, filter: &DeadFilter, to: Option<PathBuf>) -> anyhow::Result<()> {
    match to {
        Some(path) => {
            let mut file = std::fs::File::create(&path).with_context(|| format!("can't write {}", path.display()))?;
            let count = replay::export(store, filter, &mut file).await?;
            line(format!("{count} written to {}", path.display()));
        }
        None => {
            replay::export(store, filter, &mut std::io::stdout()).await?;
        }
    }
    Ok(())
}

async fn purge(store: &Store, filter: &DeadFilter, yes: bool, no_export: bool) -> anyhow::Result<()> {
    let count = store.dead_count(filter).await?;
    if count == 0 {
        line("nothing matches");
        return Ok(());
    }
    if !yes && !ask::confirm(&format!("Remove {count} dead letters for good?")) {
        bail!("nothing was removed; --yes doesn't ask");
    }
    let path = PathBuf::from(format!("dead-{}.jsonl", Timestamp::now().format("%Y%m%dT%H%M%SZ")));
    let mut file = if no_export {
        None
    } else {
        Some(std::fs::File::create(&path).with_context(|| format!("can't write {}", path.display()))?)
    };
    let to = file.as_mut().map(|f| f as &mut (dyn Write + Send));
    let purged = replay::purge(store, filter, to, &actor()).await?;
    line(format!("{purged} removed"));
    if !no_export {
        line(format!("they are in {}: `wireroom dead import` brings them back", path.display()));
    }
    Ok(())
}
