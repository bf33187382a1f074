//! What a feed says, whatever format it says it in.

use article::Timestamp;
use std::time::Duration;

/// What was around the bytes: the response they came in.
#[derive(Clone, Copy, Debug, Default)]
pub struct FeedContext<'a> {
    /// Address after redirects: relative addresses start there, unless something nearer says otherwise.
    pub url: Option<&'a str>,
    /// `Content-Type`, as sent.
    pub content_type: Option<&'a str>,
    /// `Content-Location` (RFC 9110 section 8.7): a base nearer than the address.
    pub content_location: Option<&'a str>,
    /// `Content-Language`: the language where the document names none.
    pub content_language: Option<&'a str>,
    /// Bounds; the defaults suit a newspaper.
    pub limits: FeedLimits,
}

/// What one document may cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FeedLimits {
    /// Bytes, after decompression. A newspaper's largest feeds are about 2 MB.
    pub bytes: usize,
    /// Elements and pieces of text of an XML document: what lies behind them is treated as cut off.
    /// A node takes some 100 bytes of memory.
    pub nodes: usize,
    /// Entries: more are not read. A news sitemap has at most 1,000 by its specification, a sitemap 50,000.
    pub entries: usize,
}

impl Default for FeedLimits {
    fn default() -> Self {
        Self { bytes: 10 << 20, nodes: 500_000, entries: 5_000 }
    }
}

/// The format a document is in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// RSS 0.91 to 2.0 (<https://www.rssboard.org/rss-specification>).
    Rss,
    /// RSS 0.90 and 1.0, in RDF (<https://web.resource.org/rss/1.0/spec>).
    Rdf,
    /// Atom 1.0 (RFC 4287) and its draft 0.3.
    Atom,
    /// JSON Feed 1.x (<https://www.jsonfeed.org/version/1.1/>).
    JsonFeed,
    /// A sitemap or news sitemap (<https://www.sitemaps.org/protocol.html>).
    Sitemap,
    /// A sitemap of sitemaps: no entries, [`ParsedFeed::sitemaps`] instead.
    SitemapIndex,
    /// XML of a kind that is not known. It may hold entries all the same: some feeds have a root of their own.
    Unknown,
}

impl Format {
    /// As in labels and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Format::Rss => "rss",
            Format::Rdf => "rdf",
            Format::Atom => "atom",
            Format::JsonFeed => "json_feed",
            Format::Sitemap => "sitemap",
            Format::SitemapIndex => "sitemap_index",
            Format::Unknown => "unknown",
        }
    }
}

/// A feed, read.
#[derive(Clone, PartialEq, Debug, serde::Serialize)]
pub struct ParsedFeed {
    /// What it is.
    pub format: Format,
    /// Its title, plain text.
    pub title: Option<String>,
    /// Its description, plain text.
    pub description: Option<String>,
    /// BCP 47 language: declared in the feed, else by the response.
    pub language: Option<String>,
    /// The site it belongs to.
    pub home: Option<String>,
    /// Where it says it is itself (`rel=self`).
    pub self_url: Option<String>,
    /// Its WebSub hub.
    pub hub: Option<String>,
    /// When it was last changed or built, by its own word.
    pub updated: Option<Timestamp>,
    /// How often it wants to be asked.
    pub hints: PollHints,
    /// What it lists, in document order.
    pub items: Vec<Entry>,
    /// Of a sitemap index: the sitemaps it lists.
    pub sitemaps: Vec<SitemapRef>,
    /// The document broke off (or passed a limit). The entries before the break are whole.
    pub truncated: bool,
    /// The charset it was read in, by its WHATWG name.
    pub charset: &'static str,
    /// The name of the root element, for XML.
    pub root: String,
}

impl ParsedFeed {
    /// Nothing known yet.
    pub(super) fn new(format: Format) -> Self {
        Self {
            format,
            title: None,
            description: None,
            language: None,
            home: None,
            self_url: None,
            hub: None,
            updated: None,
            hints: PollHints::default(),
            items: Vec::new(),
            sitemaps: Vec::new(),
            truncated: false,
            charset: "UTF-8",
            root: String::new(),
        }
    }

    /// Whether this can be a source's feed at all. [`super::parse`] reads any XML and takes what looks like
    /// entries; whoever polls or adds a feed asks this as well.
    pub fn verify(&self) -> Result<(), FeedError> {
        if !self.items.is_empty() || !self.sitemaps.is_empty() {
            return Ok(());
        }
        match self.format {
            Format::Unknown => Err(FeedError::NotAFeed { found: format!("XML with the root <{}>", self.root) }),
            Format::Rss | Format::Rdf | Format::Atom | Format::JsonFeed | Format::Sitemap | Format::SitemapIndex => {
                if self.truncated {
                    Err(FeedError::CutOff)
                } else {
                    Ok(())
                }
            }
        }
    }
}

/// A sitemap that a sitemap index lists.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct SitemapRef {
    /// Where it is.
    pub url: String,
    /// When it was last changed.
    pub updated: Option<Timestamp>,
}

/// What a feed says about when to ask again.
#[derive(Clone, PartialEq, Eq, Debug, Default, serde::Serialize)]
pub struct PollHints {
    /// RSS `ttl`: minutes that it may be cached.
    pub ttl: Option<Duration>,
    /// `sy:updatePeriod` divided by `sy:updateFrequency` (RSS 1.0 module Syndication).
    pub update_every: Option<Duration>,
    /// RSS `skipHours`: hours of the day, UTC, 0 to 23, in which nothing comes.
    pub skip_hours: Vec<u8>,
    /// RSS `skipDays`: days of the week, 0 is Monday, in which nothing comes.
    pub skip_days: Vec<u8>,
}

/// What a feed lists. Texts have no markup, white space squeezed, unless said otherwise.
#[derive(Clone, PartialEq, Debug, Default, serde::Serialize)]
pub struct Entry {
    /// Headline.
    pub title: Option<String>,
    /// Permalink, absolute where a base is known.
    pub link: Option<String>,
    /// The publisher's own address of it, where `link` leads through a redirector (`feedburner:origLink`).
    pub original_link: Option<String>,
    /// GUID, `atom:id`, `rdf:about`: as given, resolved where it is a relative address.
    pub id: Option<String>,
    /// When it was published.
    pub published: Option<Timestamp>,
    /// When it was last changed.
    pub updated: Option<Timestamp>,
    /// Standfirst.
    pub summary: Option<String>,
    /// Full text, HTML as given: not to be trusted.
    pub content: Option<String>,
    /// Who wrote it: names.
    pub authors: Vec<String>,
    /// Categories and keywords.
    pub categories: Vec<String>,
    /// BCP 47 language of this entry, where it names one.
    pub language: Option<String>,
    /// Address of its lead picture.
    pub image: Option<String>,
}

/// Why bytes are no feed. Each says what was found and what to do.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FeedError {
    /// Nothing there.
    #[error(
        "the feed is empty: the response had no text in it; it is asked again later, and if that stays so, its address is wrong"
    )]
    Empty,
    /// A web page.
    #[error("there is a web page instead of a feed{}", html_advice(title.as_deref(), feeds))]
    Html {
        /// The page's title.
        title: Option<String>,
        /// The feeds that the page names.
        feeds: Vec<String>,
    },
    /// Something else.
    #[error(
        "this is no feed but {found}; RSS, Atom, JSON Feed and sitemaps are read: check the address, or give the site's own and let `wireroom sources add` look"
    )]
    NotAFeed {
        /// What it is instead.
        found: String,
    },
    /// Broke off before the first entry was whole.
    #[error("the feed breaks off before its first entry is whole; it is asked again later")]
    CutOff,
    /// Beyond [`FeedLimits::bytes`].
    #[error("the feed has {bytes} bytes, more than {limit}; raise `poller.max_bytes` if it is meant to be so large")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// What is allowed.
        limit: usize,
    },
    /// Not text in any charset.
    #[error(
        "the feed can't be read as text: read as {charset}, {replaced} characters in a thousand are broken; its publisher declares a wrong charset"
    )]
    Charset {
        /// The best guess.
        charset: &'static str,
        /// Replacement characters in a thousand.
        replaced: usize,
    },
}

fn html_advice(title: Option<&str>, feeds: &[String]) -> String {
    let title = title.map(|t| format!(" (“{t}”)")).unwrap_or_default();
    match feeds {
        [] => format!("{title}; it names no feed of its own: look for the site's feed address"),
        [first, ..] => format!("{title}; it names this feed: {first}"),
    }
}
