//! What a letter must pass before it is sent again.

use crate::ReplaySettings;
use crate::body::Body;
use article::Timestamp;
use queue::{DropReason, Stage};
use store::{LedgerRow, Store, StoreError};

/// What is to become of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Decision {
    /// It is sent.
    Send,
    /// It is dropped, with this reason.
    Drop(DropReason),
    /// It stays where it is: it has come back too often.
    Hold,
    /// It stays where it is: it names no stage of this release.
    Homeless,
}

/// Decides about one row. A body that can't be read is sent: what it died of may be just that, and only
/// its stage can say whether it still does.
pub(crate) async fn decide(
    store: &Store,
    row: &LedgerRow,
    settings: &ReplaySettings,
    force: bool,
    now: Timestamp,
) -> Result<Decision, StoreError> {
    let letter = &row.letter;
    let Some(stage) = Stage::from_name(&letter.stage) else { return Ok(Decision::Homeless) };
    if let Ok(body) = Body::read(stage, &letter.kind, letter.schema, &letter.body) {
        // Nothing brings back what was taken down, not even force.
        if let Some(article) = body.brings()
            && !store.tombstoned(std::slice::from_ref(&article)).await?.is_empty()
        {
            return Ok(Decision::Drop(DropReason::TakenDown));
        }
        if body.is_news() && now.since(first_published(store, row).await?) > settings.window() {
            return Ok(Decision::Drop(DropReason::TooOld));
        }
    }
    if letter.deaths >= settings.max_returns && !force {
        return Ok(Decision::Hold);
    }
    Ok(Decision::Send)
}

/// A replay starts a message's time anew; the age of its news is that of its first journey.
async fn first_published(store: &Store, row: &LedgerRow) -> Result<Timestamp, StoreError> {
    if row.letter.deaths == 0 {
        return Ok(row.letter.first_seen);
    }
    let deaths = store.deaths_of(&row.letter.message_id).await?;
    Ok(deaths.iter().map(|r| r.letter.first_seen).min().unwrap_or(row.letter.first_seen))
}
