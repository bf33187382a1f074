//! What a letter must pass before it is sent again.

use crate::ReplaySettings;
use crate::body::Body;
use article::{ArticleId, Timestamp};
use queue::{DropReason, Stage};
use std::collections::HashSet;
use store::{LedgerRow, Store, StoreError};

/// What is to become of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Decision {
    /// It is sent to this stage.
    Send(Stage),
    /// It is dropped, with this reason.
    Drop(DropReason),
    /// It stays where it is: it has come back too often.
    Hold,
    /// It stays where it is: it names no stage of this release.
    Homeless,
}

/// Decides about each of these rows, in their order: two questions to the store, however many they are.
pub(crate) async fn decide(
    store: &Store,
    rows: &[LedgerRow],
    settings: &ReplaySettings,
    force: bool,
    now: Timestamp,
) -> Result<Vec<Decision>, StoreError> {
    let bodies: Vec<Option<Body>> = rows.iter().map(body).collect();
    let brought: Vec<ArticleId> = bodies.iter().flatten().filter_map(Body::brings).collect();
    let gone: HashSet<ArticleId> = store.tombstoned(&brought).await?.into_iter().collect();
    let returned: Vec<&str> =
        rows.iter().map(|r| &r.letter).filter(|l| l.deaths > 0).map(|l| l.message_id.as_str()).collect();
    let journeys = store.first_journeys(&returned).await?;
    let about = |(row, body): (&LedgerRow, Option<Body>)| {
        // A replay starts a message's time anew; the age of its news is that of its first journey.
        let published = journeys.get(&row.letter.message_id).copied().unwrap_or(row.letter.first_seen);
        let too_old = now.since(published) > settings.window();
        let held = row.letter.deaths >= settings.max_returns && !force;
        match (Stage::from_name(&row.letter.stage), body) {
            (None, _) => Decision::Homeless,
            // Nothing brings back what was taken down, not even force; what was erased for it not even its lifting.
            _ if row.letter.is_erased() => Decision::Drop(DropReason::TakenDown),
            (_, Some(body)) if body.brings().is_some_and(|a| gone.contains(&a)) => {
                Decision::Drop(DropReason::TakenDown)
            }
            (_, Some(body)) if body.is_news() && too_old => Decision::Drop(DropReason::TooOld),
            _ if held => Decision::Hold,
            (Some(stage), _) => Decision::Send(stage),
        }
    };
    Ok(rows.iter().zip(bodies).map(about).collect())
}

/// A body that can't be read is sent: what it died of may be just that, and only its stage can say whether it still
/// does.
fn body(row: &LedgerRow) -> Option<Body> {
    let letter = &row.letter;
    let stage = Stage::from_name(&letter.stage)?;
    Body::read(stage, &letter.kind, letter.schema, &letter.body).ok()
}
