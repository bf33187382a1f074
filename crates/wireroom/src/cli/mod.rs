//! The command line: what can be asked of the binary.

mod archives;
mod dead;
mod measure;
mod sources;

pub use archives::{Captures, ExportCaptures, Ingest, IngestWarc};
pub use dead::{Dead, DeadFilterArgs, Replay};
pub use measure::{Dedup, Reading, Robots};
pub use sources::Sources;

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Reads the world's feeds, keeps each article that is free to read, recognises the same story when others
/// carry it, and publishes it with its author and a link to its primary source.
#[derive(Parser, Debug)]
#[command(name = "wireroom", version, propagate_version = true, arg_required_else_help = true)]
pub struct Cli {
    /// Settings file [default: wireroom.toml, if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// A setting for this run, as section.key=value; may be given several times
    #[arg(long = "set", global = true, value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// All roles in one process; the default needs nothing installed
    Run,
    /// A simulated press and the whole pipeline: see it work in a minute
    Demo(Demo),
    /// Say which feed is due; keep the dead letters' ledger
    Scheduler,
    /// Read feeds and fetch pages
    Fetcher,
    /// Compare articles with what was had before
    Deduplicator,
    /// Put articles into the store
    Publisher,
    /// Serve the site
    Site,
    /// Carry webhooks out of the house
    Courier,
    /// The publishers whose news is read
    #[command(subcommand)]
    Sources(Sources),
    /// Dead letters: see why, mend the cause, send them again
    #[command(subcommand)]
    Dead(Dead),
    /// Owners' requests to take something down
    #[command(subcommand)]
    Takedown(Takedown),
    /// Read what others have archived
    #[command(subcommand)]
    Ingest(Ingest),
    /// Responses as fetched, which are kept for a while
    #[command(subcommand)]
    Captures(Captures),
    /// What became of an address, an article or a message, in time order
    Explain(Explain),
    /// The deduplicator's index
    #[command(subcommand)]
    Index(Index),
    /// Check or show the settings in force
    #[command(subcommand)]
    Config(Config),
    /// Ask four questions and write wireroom.toml
    Init(Init),
    /// Serve the simulated press alone and write the truth about it
    Press(Press),
    /// The queues, as workers declare them
    #[command(subcommand)]
    Topology(Topology),
    /// What the fetcher sees in a page, and where each field comes from
    Extract(Reading),
    /// What the fetcher sees in a feed
    Feed(Reading),
    /// Decisions about robots.txt cases
    Robots(Robots),
    /// The canonical form of an address
    Canonical {
        /// The address
        url: String,
    },
    /// Compare articles in arrival order, one JSON object a line
    Dedup(Dedup),
    /// Why two texts are or aren't the same story
    Compare {
        /// A text file
        a: PathBuf,
        /// Another
        b: PathBuf,
    },
}

/// `wireroom demo`.
#[derive(Args, Debug, Clone)]
pub struct Demo {
    /// Where the site is served
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub listen: String,
    /// Where the simulated press is served
    #[arg(long, default_value = "127.0.0.1:8090")]
    pub press: String,
    /// Seed of the press: the same seed is the same press
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Publishers of the press
    #[arg(long, default_value_t = 30)]
    pub publishers: u32,
    /// New articles a second
    #[arg(long, default_value_t = 1.0)]
    pub rate: f64,
    /// Keep the demo's data in this folder [default: a temporary one]
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// End after this many seconds, for tests and screenshots
    #[arg(long)]
    pub seconds: Option<u64>,
}

/// `wireroom takedown …`.
#[derive(Subcommand, Debug)]
pub enum Takedown {
    /// Record a request; it is due in 24 hours
    Add {
        /// The address it names: the article's at its publisher, or the story's on this site
        url: String,
        /// Who asks
        #[arg(long)]
        by: String,
        /// Why, in their words
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// All requests, open ones first
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Take it off the site, its feeds and the search, for good
    Execute {
        /// The address: the article's at its publisher, or the story's on this site
        url: String,
        /// Who asks, if the request was not recorded before
        #[arg(long)]
        by: Option<String>,
    },
    /// Lift a tombstone: the article may come again
    Lift {
        /// The address
        url: String,
    },
}

/// `wireroom explain`.
#[derive(Args, Debug)]
pub struct Explain {
    /// An address, an article's id or a message's id
    pub what: String,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// `wireroom index …`.
#[derive(Subcommand, Debug)]
pub enum Index {
    /// How much it holds
    Stats {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Fill it from the store
    Rebuild,
    /// Compare it with the store
    Verify,
}

/// `wireroom config …`.
#[derive(Subcommand, Debug)]
pub enum Config {
    /// Read the settings and say what is wrong
    Check,
    /// Print the settings in force, secrets hidden
    Show,
}

/// `wireroom init`.
#[derive(Args, Debug)]
pub struct Init {
    /// Where to write
    #[arg(long, default_value = "wireroom.toml")]
    pub to: PathBuf,
    /// The site's name, instead of asking
    #[arg(long)]
    pub name: Option<String>,
    /// Where readers reach it
    #[arg(long)]
    pub public_url: Option<String>,
    /// Who runs it
    #[arg(long)]
    pub operator: Option<String>,
    /// Mail address for removals and questions
    #[arg(long)]
    pub contact: Option<String>,
}

/// `wireroom press`.
#[derive(Args, Debug)]
pub struct Press {
    /// Seed: the same seed is the same press
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// How many publishers
    #[arg(long, default_value_t = 30)]
    pub publishers: u32,
    /// New articles a second
    #[arg(long, default_value_t = 1.0)]
    pub rate: f64,
    /// Where it is served
    #[arg(long, default_value = "127.0.0.1:8090")]
    pub listen: String,
    /// Write the truth, an article a line
    #[arg(long)]
    pub truth: Option<PathBuf>,
    /// Write its sources as a list for `sources import`
    #[arg(long)]
    pub sources: Option<PathBuf>,
    /// This many articles at once at the start, and none after
    #[arg(long)]
    pub articles: Option<u32>,
}

/// `wireroom topology …`.
#[derive(Subcommand, Debug)]
pub enum Topology {
    /// Print every queue with its arguments as JSON
    Export,
}
