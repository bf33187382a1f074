//! A filter's rows, bounded in memory.

use crate::ReplayError;
use store::{DeadFilter, LedgerRow, Store};

/// Rows read at once.
const PAGE: u32 = 100;

/// The rows of a filter, page by page. Rows change their state meanwhile; paging goes by their order, so
/// none is skipped.
pub(crate) struct Pages {
    filter: DeadFilter,
    left: Option<u32>,
    after: Option<i64>,
}

impl Pages {
    pub(crate) fn new(filter: &DeadFilter) -> Self {
        Self { filter: filter.clone(), left: filter.limit, after: filter.after }
    }

    pub(crate) async fn next(&mut self, store: &Store) -> Result<Option<Vec<LedgerRow>>, ReplayError> {
        let limit = self.left.map_or(PAGE, |left| left.min(PAGE));
        if limit == 0 {
            return Ok(None);
        }
        let filter = DeadFilter { limit: Some(limit), after: self.after, ..self.filter.clone() };
        let page = store.dead_letters(&filter).await?;
        let Some(last) = page.last() else { return Ok(None) };
        self.after = Some(last.id);
        self.left = self.left.map(|left| left.saturating_sub(u32::try_from(page.len()).unwrap_or(u32::MAX)));
        Ok(Some(page))
    }
}
