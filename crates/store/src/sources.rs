//! Sources and their feeds.

use crate::{Store, StoreError};
use article::{Source, SourceId};

impl Store {
    /// Adds a source or makes the stored one equal to `source`, feeds included; feeds new to the store are
    /// due at once, known feeds keep their state. Returns whether the source is new.
    pub async fn put_source(&self, source: &Source) -> Result<bool, StoreError> {
        unimplemented!("{source:?}")
    }

    /// All sources with their feeds, by name.
    pub async fn sources(&self) -> Result<Vec<Source>, StoreError> {
        unimplemented!()
    }

    /// One source.
    pub async fn source(&self, id: &SourceId) -> Result<Option<Source>, StoreError> {
        unimplemented!("{id}")
    }

    /// Removes a source; feeds that no other source lists go with it. Its articles stay. Returns whether it was there.
    pub async fn remove_source(&self, id: &SourceId) -> Result<bool, StoreError> {
        unimplemented!("{id}")
    }

    /// Stops or starts a source. Returns whether it was there.
    pub async fn pause_source(&self, id: &SourceId, paused: bool) -> Result<bool, StoreError> {
        unimplemented!("{id} {paused}")
    }
}
