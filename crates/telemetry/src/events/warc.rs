//! Reading archives.

use crate::metrics::counters;
use prometheus::IntCounterVec;
use std::sync::LazyLock;

static RECORDS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters("wireroom_archive_records_total", "Records of archives, by what became of them.", &["result"])
});

/// A record of an archive was read.
#[derive(Debug)]
pub struct ArchiveRecordRead {
    /// `article` or `skipped`.
    pub result: &'static str,
}

impl ArchiveRecordRead {
    /// Moves the metric. Why a page was skipped is its decision's to say.
    pub fn emit(&self) {
        RECORDS.with_label_values(&[self.result]).inc();
    }
}

/// A record of an archive could not be read; the next one is.
#[derive(Debug)]
pub struct ArchiveRecordBroken<'a> {
    /// Which archive.
    pub file: &'a str,
    /// Where in it, in bytes.
    pub offset: u64,
    /// What is wrong.
    pub why: &'a str,
}

impl ArchiveRecordBroken<'_> {
    /// Writes the line and moves the metric.
    pub fn emit(&self) {
        let Self { file, offset, why } = self;
        RECORDS.with_label_values(&["broken"]).inc();
        tracing::warn!(file, offset, why, "a record of an archive is broken; it is left out");
    }
}
