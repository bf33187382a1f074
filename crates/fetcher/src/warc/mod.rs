//! News archives in WARC (ISO 28500), the format in which web archives publish their crawls: their pages read into
//! articles, and our own captures written.

mod http;
mod ingest;
mod publishers;
mod read;
mod reading;
mod record;
mod settings;
mod tally;
mod tape;
#[cfg(test)]
mod tests;
mod write;

pub use ingest::{Ingest, IngestError};
pub use settings::WarcSettings;
pub use tally::{BrokenRecord, Tally};
pub use write::Writer;
