//! Archives: news crawls that others publish, and our own captures.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `wireroom ingest …`.
#[derive(Subcommand, Debug)]
pub enum Ingest {
    /// Read the pages of web archives into articles, behind the news; a file that was left is gone on with
    Warc(IngestWarc),
}

/// `wireroom ingest warc`.
#[derive(Args, Debug)]
pub struct IngestWarc {
    /// Files in WARC, plain or gzip; `-` for standard input
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// From their beginning, even if they were read before
    #[arg(long)]
    pub again: bool,
    /// What came of each, as JSON
    #[arg(long)]
    pub json: bool,
}

/// `wireroom captures …`.
#[derive(Subcommand, Debug)]
pub enum Captures {
    /// Write responses as fetched into an archive (WARC 1.1), which `ingest warc` and other tools read
    Export(ExportCaptures),
}

/// `wireroom captures export`.
#[derive(Args, Debug)]
pub struct ExportCaptures {
    /// Only of this article: its address or id; may be given several times
    #[arg(long = "article", value_name = "URL|ID")]
    pub articles: Vec<String>,
    /// Only of this host
    #[arg(long)]
    pub host: Option<String>,
    /// Only of the last: 90s, 15m, 6h, 2d
    #[arg(long)]
    pub since: Option<String>,
    /// Where to; gzip if its name ends in .gz. Standard output without it
    #[arg(long, value_name = "FILE")]
    pub to: Option<PathBuf>,
}
