//! Dead letters as JSON Lines: out, in again (edited or not), and away for good.

mod line;

use crate::ReplayError;
use crate::pages::Pages;
use article::Timestamp;
use line::Line;
use serde::Serialize;
use std::io::{BufRead, Read, Write};
use store::{AuditEntry, DeadFilter, DeadLetter, LedgerState, Store};

/// Longest line read: a body of the largest message there may be, written as hexadecimal digits, and its facts.
const LONGEST_LINE: u64 = 64 * 1024 * 1024;

/// What an edited letter leaves behind in its old row.
const EDITED: &str = "edited";

/// What an import did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Imported {
    /// Letters that were not in the ledger.
    pub new: u64,
    /// Letters that replace one in the ledger.
    pub edited: u64,
    /// Letters that are in the ledger as they stand in the file.
    pub unchanged: u64,
    /// Letters that were not dead when they were exported: history, not taken in.
    pub skipped: u64,
}

/// Writes the letters that match, one JSON object a line, oldest death first. Returns how many.
pub async fn export(store: &Store, filter: &DeadFilter, to: &mut (impl Write + Send)) -> Result<u64, ReplayError> {
    let mut pages = Pages::new(filter);
    let mut written = 0;
    while let Some(page) = pages.next(store).await? {
        for row in &page {
            line::write(row, to)?;
            written += 1;
        }
    }
    to.flush()?;
    Ok(written)
}

/// Takes in what [`export`] wrote. Every line is checked before the first is taken in: stage, reason and
/// kind must be known here, and the body must be a message of that stage, unless the letter died of being
/// unreadable. A letter whose body was edited gets the id of what it says now; its old row is dropped as
/// edited.
pub async fn import(store: &Store, from: impl BufRead + Send, actor: &str) -> Result<Imported, ReplayError> {
    let lines = read_lines(from)?;
    let mut imported = Imported::default();
    for Line { letter, state, original } in lines {
        if state != LedgerState::Dead {
            imported.skipped += 1;
            continue;
        }
        take_in(store, letter, &original, &mut imported).await?;
    }
    audit(store, actor, "dead.import", String::new(), serde_json::to_string(&imported).unwrap_or_default()).await?;
    Ok(imported)
}

fn read_lines(mut from: impl BufRead) -> Result<Vec<Line>, ReplayError> {
    let mut lines = Vec::new();
    for number in 1.. {
        let mut text = Vec::new();
        let read = from.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut text)?;
        if read == 0 {
            break;
        }
        if !text.ends_with(b"\n") && text.len() as u64 >= LONGEST_LINE {
            let why = format!("longer than {LONGEST_LINE} bytes");
            return Err(ReplayError::Line { line: number, field: "line".to_owned(), why });
        }
        if !text.iter().all(u8::is_ascii_whitespace) {
            lines.push(line::read(number, &text)?);
        }
    }
    Ok(lines)
}

async fn take_in(
    store: &Store,
    mut letter: DeadLetter,
    original: &str,
    imported: &mut Imported,
) -> Result<(), ReplayError> {
    let known = store.deaths_of(&letter.message_id).await?;
    let mut rivals: Vec<_> = known.iter().filter(|r| r.letter.stage == letter.stage).collect();
    if rivals.iter().any(|r| r.letter.body == letter.body && r.letter.deaths == letter.deaths) {
        imported.unchanged += 1;
        return Ok(());
    }
    // Under another id now: the letter it was made of.
    let made_of = if original == letter.message_id { Vec::new() } else { store.deaths_of(original).await? };
    rivals.extend(made_of.iter().filter(|r| r.letter.stage == letter.stage));
    let mut replaces = false;
    for row in &rivals {
        replaces |= store.set_ledger_state(row.id, LedgerState::Dropped, Some(EDITED), Timestamp::now()).await?;
        if row.letter.message_id == letter.message_id {
            letter.deaths = letter.deaths.max(row.letter.deaths.saturating_add(1));
        }
    }
    store.bury(&[letter]).await?;
    if replaces {
        imported.edited += 1;
    } else {
        imported.new += 1;
    }
    Ok(())
}

/// Removes the letters that match, for good; with `export_to` each is written there before. Returns how many.
pub async fn purge(
    store: &Store,
    filter: &DeadFilter,
    mut export_to: Option<&mut (dyn Write + Send)>,
    actor: &str,
) -> Result<u64, ReplayError> {
    let mut purged = 0;
    let mut left = filter.limit;
    loop {
        let limit = left.map_or(100, |l| l.min(100));
        let page = store.dead_letters(&DeadFilter { limit: Some(limit), ..filter.clone() }).await?;
        if page.is_empty() {
            break;
        }
        if let Some(to) = &mut export_to {
            for row in &page {
                line::write(row, to)?;
            }
            to.flush()?;
        }
        // Exactly those that were written, whatever else has died since.
        let these =
            DeadFilter { ids: page.iter().map(|r| r.id).collect(), state: filter.state, ..DeadFilter::default() };
        purged += store.purge_dead(&these).await?;
        left = left.map(|l| l.saturating_sub(u32::try_from(page.len()).unwrap_or(u32::MAX)));
    }
    audit(store, actor, "dead.purge", serde_json::to_string(filter).unwrap_or_default(), purged.to_string()).await?;
    Ok(purged)
}

async fn audit(store: &Store, actor: &str, action: &str, target: String, detail: String) -> Result<(), ReplayError> {
    let entry = AuditEntry { at: Timestamp::now(), actor: actor.to_owned(), action: action.to_owned(), target, detail };
    Ok(store.audit(&entry).await?)
}
