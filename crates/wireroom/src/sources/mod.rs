//! Lists of sources: files, and what changes when the store is made equal to them.

pub mod file;
pub mod opml;
pub mod sync;
