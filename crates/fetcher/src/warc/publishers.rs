//! Whose page an archive's is: the source that names its host, else one of its domain.

use article::{CanonicalUrl, Carry, Origin, Source, registrable_domain};
use std::collections::HashMap;

/// All sources, by where they publish.
#[derive(Debug)]
pub(super) struct Publishers {
    by_host: HashMap<String, Source>,
    by_domain: HashMap<String, Source>,
    /// What may be carried of the others' pages; none where they aren't read.
    strangers: Option<Carry>,
}

impl Publishers {
    pub(super) fn new(sources: Vec<Source>, strangers: Option<Carry>) -> Self {
        let (mut by_host, mut by_domain) = (HashMap::new(), HashMap::new());
        for source in sources {
            for host in hosts(&source) {
                stricter(&mut by_domain, registrable_domain(&host).to_owned(), &source);
                stricter(&mut by_host, host, &source);
            }
        }
        Self { by_host, by_domain, strangers }
    }

    /// The source that publishes at this address; none where pages of strangers aren't read.
    pub(super) fn of(&self, url: &CanonicalUrl) -> Option<Source> {
        let known = self.by_host.get(bare(url.host())).or_else(|| self.by_domain.get(url.domain()));
        known.cloned().or_else(|| Some(Source::new(url.domain(), self.strangers?, Origin::Person, Vec::new())))
    }
}

/// Where several sources publish, the one of which least may be carried speaks for the place.
fn stricter(map: &mut HashMap<String, Source>, place: String, source: &Source) {
    let other = map.entry(place).or_insert_with(|| source.clone());
    if source.carry < other.carry || (source.paused && !other.paused) {
        *other = source.clone();
    }
}

/// The home page's host; the feeds' only where there is no home: many are served by somebody else.
fn hosts(source: &Source) -> Vec<String> {
    let host = |url: &str| CanonicalUrl::parse(url).ok().map(|url| bare(url.host()).to_owned());
    match source.home.as_deref().and_then(host) {
        Some(home) => vec![home],
        None => source.feeds.iter().filter_map(|feed| host(&feed.url)).collect(),
    }
}

fn bare(host: &str) -> &str {
    host.strip_prefix("www.").unwrap_or(host)
}
