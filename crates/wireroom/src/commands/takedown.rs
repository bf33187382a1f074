//! `wireroom takedown`.

use crate::cli::Takedown as Asked;
use crate::house::House;
use crate::output::{json, line, table};
use crate::removal;
use anyhow::bail;
use article::{CanonicalUrl, Timestamp};
use std::sync::Arc;
use store::{AuditEntry, Store, Takedown, TakedownState};

/// Carries out a command about takedowns.
pub(crate) async fn run(house: &Arc<House>, asked: Asked) -> anyhow::Result<()> {
    let store = house.store().await?;
    let now = Timestamp::now();
    match asked {
        Asked::Add { url, by, reason } => {
            let url = removal::named(house, &url).await?;
            let takedown = store.add_takedown(url.as_str(), &by, &reason, now).await?;
            audit(&store, "takedown.add", &takedown.url, &format!("asked for by {by}")).await?;
            line(format!("recorded: {} is due by {}", takedown.url, takedown.due_at));
            line(format!("next: wireroom takedown execute {}", takedown.url));
        }
        Asked::List { json: true } => json(&store.takedowns().await?)?,
        Asked::List { json: false } => list(&store.takedowns().await?, now),
        Asked::Execute { url, by } => {
            let url = removal::named(house, &url).await?;
            let takedown = removal::execute(house, &url, by.as_deref().map(|by| (by, "")), &actor()).await?;
            match takedown.articles.len() {
                0 => line(format!("{} was never here: a tombstone stands, it will not come", takedown.url)),
                n => line(format!(
                    "{} is off the site, its feeds and the search ({n} article{}); a tombstone stands",
                    takedown.url,
                    if n == 1 { "" } else { "s" }
                )),
            }
            for other in store.still_shown(&takedown).await? {
                line(format!("its story is still shown by a copy, an article of its own: {other}"));
            }
        }
        Asked::Lift { url } => {
            let url = CanonicalUrl::parse(&url)?.to_string();
            if !store.lift_takedown(&url, &actor(), now).await? {
                bail!("no tombstone stands for {url}");
            }
            audit(&store, "takedown.lift", &url, "").await?;
            line(format!("lifted: {url} may come again"));
        }
    }
    Ok(())
}

fn list(takedowns: &[Takedown], now: Timestamp) {
    let rows: Vec<Vec<String>> = takedowns
        .iter()
        .map(|t| {
            let state = match (t.state, t.executed_at) {
                (TakedownState::Executed, Some(at)) => format!("executed {at}"),
                (TakedownState::Executed, None) => "executed".to_owned(),
                (TakedownState::Requested, _) if t.due_at < now => "OVERDUE".to_owned(),
                (TakedownState::Requested, _) => format!("due {}", t.due_at),
            };
            vec![t.id.to_string(), state, t.requested_by.clone(), t.url.clone()]
        })
        .collect();
    table(&["no", "state", "asked for by", "address"], &rows, 100);
}

/// Who acts on the command line.
pub(crate) fn actor() -> String {
    format!("cli:{}", std::env::var("USER").unwrap_or_else(|_| "unknown".to_owned()))
}

/// Writes down who did what.
pub(crate) async fn audit(store: &Store, action: &str, target: &str, detail: &str) -> anyhow::Result<()> {
    let entry = AuditEntry {
        at: Timestamp::now(),
        actor: actor(),
        action: action.to_owned(),
        target: target.to_owned(),
        detail: detail.to_owned(),
    };
    Ok(store.audit(&entry).await?)
}
