//! What can be asked about dead letters.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Which dead letters. All given parts must hold.
#[derive(Args, Debug, Clone, Default)]
pub struct DeadFilterArgs {
    /// Belt it came from: feeds, pages, articles, stories, notices
    #[arg(long)]
    pub queue: Option<String>,
    /// What it died of
    #[arg(long)]
    pub reason: Option<String>,
    /// Where it died
    #[arg(long)]
    pub stage: Option<String>,
    /// Host it is about
    #[arg(long)]
    pub host: Option<String>,
    /// Source it is about
    #[arg(long)]
    pub source: Option<String>,
    /// Died longer ago than this: 90s, 15m, 6h, 2d
    #[arg(long, value_name = "AGE")]
    pub older_than: Option<String>,
    /// Died more recently than this
    #[arg(long, value_name = "AGE")]
    pub newer_than: Option<String>,
    /// Release that failed
    #[arg(long)]
    pub release: Option<String>,
    /// Row numbers, parted by commas
    #[arg(long, value_delimiter = ',')]
    pub ids: Vec<i64>,
    /// At most this many, oldest first
    #[arg(long)]
    pub limit: Option<u32>,
}

/// `wireroom dead …`.
#[derive(Subcommand, Debug)]
pub enum Dead {
    /// How many of which kind
    Groups {
        #[command(flatten)]
        #[allow(missing_docs)]
        filter: DeadFilterArgs,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// One by one
    List {
        #[command(flatten)]
        #[allow(missing_docs)]
        filter: DeadFilterArgs,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// One with headers and body
    Show {
        /// Row number, as in `dead list`
        id: i64,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Send again
    Replay(Box<Replay>),
    /// Write as JSON Lines
    Export {
        #[command(flatten)]
        #[allow(missing_docs)]
        filter: DeadFilterArgs,
        /// The file [default: standard output]
        #[arg(long)]
        to: Option<PathBuf>,
    },
    /// Take in what `export` wrote, edited or not
    Import {
        /// The file
        file: PathBuf,
    },
    /// Remove for good; exports first
    Purge {
        #[command(flatten)]
        #[allow(missing_docs)]
        filter: DeadFilterArgs,
        /// Don't ask
        #[arg(long)]
        yes: bool,
        /// Don't export first
        #[arg(long)]
        no_export: bool,
    },
}

/// `wireroom dead replay`.
#[derive(Args, Debug)]
pub struct Replay {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub filter: DeadFilterArgs,
    /// Which would be sent; nothing runs
    #[arg(long)]
    pub dry_run: bool,
    /// What would become of each now: its stage looks at it, nothing is sent and nothing changes
    #[arg(long = "try", conflicts_with_all = ["dry_run", "canary", "rate"])]
    pub trial: bool,
    /// One, then a tenth, then all; stops when too many die again
    #[arg(long)]
    pub canary: bool,
    /// Messages a second
    #[arg(long)]
    pub rate: Option<f64>,
    /// Also what has come back too often already
    #[arg(long)]
    pub force: bool,
    /// Seconds to wait for outcomes before the account is printed
    #[arg(long, default_value_t = 30)]
    pub wait: u64,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}
