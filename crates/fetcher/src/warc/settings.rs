//! How archives are read.

use serde::{Deserialize, Serialize};

/// How archives are read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WarcSettings {
    /// Bytes of a record's block, and of a page after decompression; larger ones are left out. So many bytes that
    /// went by are kept besides, to find the next record after a broken one.
    pub max_record_bytes: usize,
    /// Bytes of a record's own header: a broken one must not be read to the end of the file.
    pub max_head_bytes: usize,
    /// Records published at once, with one confirm and one note of how far the file is done: what is done again
    /// after a death.
    pub batch: usize,
    /// Records read ahead while a batch is extracted and published.
    pub ahead: usize,
    /// Pages extracted at a time.
    pub jobs: usize,
    /// Milliseconds between looks whether the articles' belt has room again: an archive waits for the news.
    pub look_every_ms: u64,
    /// Whether pages of hosts that no source names are read, with `sources.carry` and under their domain's name.
    pub strangers: bool,
}

impl Default for WarcSettings {
    fn default() -> Self {
        Self {
            max_record_bytes: 5_000_000,
            max_head_bytes: 65_536,
            batch: 64,
            ahead: 16,
            jobs: 2,
            look_every_ms: 500,
            strangers: true,
        }
    }
}
