//! Which page an entry of a feed means.

use crate::feed::{Entry, ParsedFeed};
use article::{ArticleId, CanonicalUrl};
use std::collections::{HashMap, HashSet};

/// An entry with the address of its page.
#[derive(Debug)]
pub(super) struct Listed<'f> {
    pub(super) entry: &'f Entry,
    pub(super) permalink: CanonicalUrl,
}

/// The pages that a feed lists, each once, in the feed's order, and how many entries name none.
///
/// An entry's page is the original behind a redirector if the feed names it, else its link (also a
/// redirector's: the retriever follows it), else its GUID if that is an address. A link that several entries
/// share names none of them: there the GUID is asked first.
pub(super) fn pages(feed: &ParsedFeed) -> (Vec<Listed<'_>>, usize) {
    let mut uses: HashMap<&str, usize> = HashMap::new();
    for link in feed.items.iter().filter_map(|e| e.link.as_deref()) {
        *uses.entry(link).or_default() += 1;
    }
    let mut seen: HashSet<ArticleId> = HashSet::new();
    let mut listed = Vec::with_capacity(feed.items.len());
    let mut without = 0;
    for entry in &feed.items {
        let shared = entry.link.as_deref().is_some_and(|l| uses.get(l).is_some_and(|n| *n > 1));
        let candidates = if shared {
            [&entry.original_link, &entry.id, &entry.link]
        } else {
            [&entry.original_link, &entry.link, &entry.id]
        };
        match candidates.into_iter().flatten().find_map(|c| CanonicalUrl::parse(c).ok()) {
            Some(permalink) => {
                if seen.insert(ArticleId::of(&permalink)) {
                    listed.push(Listed { entry, permalink });
                }
            }
            None => without += 1,
        }
    }
    (listed, without)
}
