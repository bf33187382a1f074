//! What an operator decides about the site.

use serde::{Deserialize, Serialize};
use std::time::Duration;
use url::Url;

/// The site: whose it is, where it is, how much of it is shown at once.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SiteSettings {
    /// Its name, on every page.
    pub name: String,
    /// One line under the name.
    pub tagline: String,
    /// Where readers reach it, without a path: feeds and the User-Agent name it.
    pub public_url: Url,
    /// Who runs it: a person or an organisation, shown on `/about`.
    pub operator: String,
    /// Mail address for removals and questions, shown in plain text.
    pub contact: String,
    /// Address and port to serve on. Loopback until a contact is set.
    pub listen: String,
    /// Headlines beside the lead story.
    pub front_latest: u32,
    /// Stories a section shows on the front page.
    pub front_section_stories: u32,
    /// Stories a page of a list shows.
    pub page_size: u32,
    /// Stories in an outgoing feed: about what a reader polled once an hour would miss.
    pub feed_items: u32,
    /// Stories a search shows: who needs more asks more precisely.
    pub search_results: u32,
    /// Longest excerpt, in characters, of what may be carried only in part.
    pub excerpt_chars: u32,
    /// Whether pictures are shown. They come from their owners, who then see their readers' addresses.
    pub pictures: bool,
    /// Seconds a page may be kept by browsers and proxies before they ask again: also the longest a
    /// removed story may still be read from them.
    pub cache_secs: u32,
    /// Seconds a request may take, so that a slow store can't pile up requests.
    pub request_timeout_secs: u64,
    /// Requests answered at once; the rest is told to come back.
    pub max_requests: usize,
}

impl Default for SiteSettings {
    fn default() -> Self {
        // The address is a constant and parses.
        #[allow(clippy::expect_used)]
        let public_url = Url::parse("http://localhost:8080").expect("a constant address");
        Self {
            name: "Wireroom".to_owned(),
            tagline: "The news from many sources, each story credited to where it was written".to_owned(),
            public_url,
            operator: String::new(),
            contact: String::new(),
            listen: "127.0.0.1:8080".to_owned(),
            front_latest: 8,
            front_section_stories: 4,
            page_size: 30,
            feed_items: 50,
            search_results: 50,
            excerpt_chars: 400,
            pictures: true,
            cache_secs: 15,
            request_timeout_secs: 10,
            max_requests: 256,
        }
    }
}

impl SiteSettings {
    /// The absolute address of a path of the site.
    pub fn absolute(&self, path: &str) -> String {
        format!("{}{path}", self.public_url.as_str().trim_end_matches('/'))
    }
}

/// What `/about/robot` says of our robot. The binary fills it from the fetcher's own settings, so that the
/// page can't promise what the robot doesn't do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RobotFacts {
    /// The whole User-Agent.
    pub user_agent: String,
    /// The name a robots.txt group addresses.
    pub product: String,
    /// Least time between two polls of a feed.
    pub poll_min: Duration,
    /// Most time between two polls of a feed.
    pub poll_max: Duration,
    /// Least time between two requests to one host.
    pub host_interval: Duration,
    /// Longest Crawl-delay that is waited for; above it pages are left alone.
    pub crawl_delay_max: Duration,
}

impl Default for RobotFacts {
    fn default() -> Self {
        Self {
            user_agent: "Wireroom/0.1".to_owned(),
            product: "Wireroom".to_owned(),
            poll_min: Duration::from_secs(2 * 60),
            poll_max: Duration::from_secs(24 * 3600),
            host_interval: Duration::from_secs(1),
            crawl_delay_max: Duration::from_secs(30),
        }
    }
}

/// A duration in words: `90 seconds`, `2 minutes`, `24 hours`.
pub(super) fn in_words(duration: Duration) -> String {
    let secs = duration.as_secs();
    let (n, unit) = match secs {
        s if s >= 2 * 3600 && s % 3600 == 0 => (s / 3600, "hour"),
        s if s >= 2 * 60 && s % 60 == 0 => (s / 60, "minute"),
        0 => return format!("{} milliseconds", duration.as_millis()),
        s => (s, "second"),
    };
    if n == 1 { format!("one {unit}") } else { format!("{n} {unit}s") }
}
