//! Lists of sources: files, and what changes when the store is made equal to them.

pub(crate) mod file;
pub(crate) mod opml;
pub(crate) mod sync;
