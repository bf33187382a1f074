//! What can be asked about one input, or about many with known truth.

use clap::Args;
use std::path::PathBuf;

/// `wireroom extract` and `wireroom feed`: one input, or all of a manifest.
#[derive(Args, Debug)]
pub struct Reading {
    /// A file or an address
    #[arg(required_unless_present = "manifest")]
    pub what: Option<String>,
    /// Its address, where a file is given
    #[arg(long)]
    pub url: Option<String>,
    /// As JSON
    #[arg(long)]
    pub json: bool,
    /// Read the files of a manifest, one JSON object a line
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<PathBuf>,
    /// Threads
    #[arg(long, default_value_t = 1)]
    pub jobs: usize,
}

/// `wireroom robots`.
#[derive(Args, Debug)]
pub struct Robots {
    /// Cases as in the test data: robots.txt, agent, address
    #[arg(long)]
    pub cases: PathBuf,
}

/// `wireroom dedup`.
#[derive(Args, Debug)]
pub struct Dedup {
    /// Articles, one JSON object a line, in arrival order
    pub file: PathBuf,
    /// Against the index in the settings; without it an empty one in memory
    #[arg(long)]
    pub index: bool,
}
