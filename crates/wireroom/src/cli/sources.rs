//! What can be asked about sources.

use clap::Subcommand;
use std::path::PathBuf;

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
