//! The command line: what can be asked of the binary.

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
    Extract(Extract),
    /// What the fetcher sees in a feed
    Feed(Feed),
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

/// `wireroom sources …`.
#[derive(Subcommand, Debug)]
pub enum Sources {
    /// Add a source by its feed's address, or find the feeds of a site
    Add {
        /// Address of a feed or of a site
        url: String,
        /// Its name for readers [default: the feed's title]
        #[arg(long)]
        name: Option<String>,
        /// How much is carried: full, excerpt or headline
        #[arg(long)]
        carry: Option<String>,
        /// Section of its articles, where nothing else tells
        #[arg(long)]
        section: Option<String>,
        /// BCP 47 language, where a page doesn't say
        #[arg(long)]
        language: Option<String>,
        /// Take every feed found without asking
        #[arg(long)]
        yes: bool,
        /// Add without reading the feed first
        #[arg(long)]
        unchecked: bool,
    },
    /// Add the sources of an OPML or TOML file
    Import {
        /// The file
        file: PathBuf,
    },
    /// All sources
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Remove a source; its articles stay
    Remove {
        /// Its id, as in `sources list`
        id: String,
    },
    /// Poll no feed of a source
    Pause {
        /// Its id
        id: String,
    },
    /// Poll again
    Resume {
        /// Its id
        id: String,
    },
    /// Poll a source's feeds at once
    Poll {
        /// Its id
        id: String,
    },
    /// Read feeds now and say what is wrong with them; nothing is stored
    Check {
        /// A source's id, a feed's address, or nothing for all sources
        what: Option<String>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Every feed with its state, worst first
    Health {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Make the store equal to files and print the difference; touches only what came from files
    Sync {
        /// OPML or TOML files
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Only print the difference
        #[arg(long)]
        dry_run: bool,
        /// Remove what is in no file any more, at most a tenth
        #[arg(long)]
        prune: bool,
        /// With --prune: however many
        #[arg(long, requires = "prune")]
        prune_any: bool,
    },
}

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

/// `wireroom takedown …`.
#[derive(Subcommand, Debug)]
pub enum Takedown {
    /// Record a request; it is due in 24 hours
    Add {
        /// The address it names
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
        /// The address
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

/// `wireroom extract`.
#[derive(Args, Debug)]
pub struct Extract {
    /// A file or an address
    #[arg(required_unless_present = "manifest")]
    pub what: Option<String>,
    /// The page's address, where a file is given
    #[arg(long)]
    pub url: Option<String>,
    /// As JSON
    #[arg(long)]
    pub json: bool,
    /// Read the pages of a manifest, one JSON object a line
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<PathBuf>,
    /// Threads
    #[arg(long, default_value_t = 1)]
    pub jobs: usize,
}

/// `wireroom feed`.
#[derive(Args, Debug)]
pub struct Feed {
    /// A file or an address
    #[arg(required_unless_present = "manifest")]
    pub what: Option<String>,
    /// The feed's address, where a file is given
    #[arg(long)]
    pub url: Option<String>,
    /// As JSON
    #[arg(long)]
    pub json: bool,
    /// Read the feeds of a manifest, one JSON object a line
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
