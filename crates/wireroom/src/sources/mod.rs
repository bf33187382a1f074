//! Sources before they are stored: lists in files, feeds as they are now, and what changes when the store is made
//! equal to a list.

pub(crate) mod file;
pub(crate) mod live;
pub(crate) mod opml;
pub(crate) mod sync;
