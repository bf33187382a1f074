//! The connected groups of articles that share keys.

use article::{ContentHash, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Hashes and story ids share a table and must not meet.
pub(super) fn hash_key(hash: &ContentHash) -> String {
    format!("hash:{hash}")
}

fn is_hash(key: &str) -> bool {
    key.starts_with("hash:")
}

/// A linking key of an article.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) key: String,
    pub(super) article: String,
    pub(super) placed_at: Timestamp,
}

/// Articles that hang together, and the keys that hold them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Component {
    pub(super) articles: BTreeSet<String>,
    pub(super) keys: BTreeSet<String>,
}

/// The connected groups. Two articles with the same exact hash are linked if they came within the window
/// of each other; sorted by time, neighbours decide.
pub(super) fn components(links: &[Link], articles: &[&String], window: Duration) -> Vec<Component> {
    let index: BTreeMap<&str, usize> = articles.iter().enumerate().map(|(i, a)| (a.as_str(), i)).collect();
    let mut parent: Vec<usize> = (0..articles.len()).collect();
    let mut by_key: BTreeMap<&str, Vec<(Timestamp, usize)>> = BTreeMap::new();
    for link in links {
        if let Some(&article) = index.get(link.article.as_str()) {
            by_key.entry(&link.key).or_default().push((link.placed_at, article));
        }
    }
    for (key, holders) in &mut by_key {
        holders.sort_unstable();
        for pair in holders.windows(2) {
            if !is_hash(key) || pair[1].0.since(pair[0].0) <= window {
                let (a, b) = (root(&mut parent, pair[0].1), root(&mut parent, pair[1].1));
                parent[a] = b;
            }
        }
    }
    let mut found: BTreeMap<usize, Component> = BTreeMap::new();
    for (i, article) in articles.iter().enumerate() {
        let component = found
            .entry(root(&mut parent, i))
            .or_insert_with(|| Component { articles: BTreeSet::new(), keys: BTreeSet::new() });
        component.articles.insert((*article).clone());
    }
    for (key, holders) in by_key {
        for (_, article) in holders {
            if let Some(component) = found.get_mut(&root(&mut parent, article)) {
                component.keys.insert(key.to_owned());
            }
        }
    }
    found.into_values().collect()
}

/// The representative of `i`'s group, shortening the way to it.
fn root(parent: &mut [usize], mut i: usize) -> usize {
    while parent[i] != i {
        parent[i] = parent[parent[i]];
        i = parent[i];
    }
    i
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(key: &str, article: &str, minute: i64) -> Link {
        Link { key: key.to_owned(), article: article.to_owned(), placed_at: Timestamp::from_secs(minute * 60) }
    }

    #[track_caller]
    fn check(links: &[Link], expected: &[&[&str]]) {
        let names: BTreeSet<String> = links.iter().map(|l| l.article.clone()).collect();
        let articles: Vec<&String> = names.iter().collect();
        let mut found: Vec<Vec<String>> = components(links, &articles, Duration::from_secs(600))
            .into_iter()
            .map(|c| c.articles.into_iter().collect())
            .collect();
        found.sort();
        assert_eq!(found, expected);
    }

    #[test]
    fn shared_keys_make_groups_also_through_a_third() {
        check(
            &[link("s", "a", 0), link("s", "b", 0), link("t", "b", 0), link("t", "c", 0), link("u", "d", 0)],
            &[&["a", "b", "c"], &["d"]],
        );
    }

    #[test]
    fn an_exact_hash_links_within_the_window_only() {
        check(
            &[link("hash:x", "a", 0), link("hash:x", "b", 9), link("hash:x", "c", 18), link("hash:x", "d", 40)],
            &[&["a", "b", "c"], &["d"]],
        );
        check(&[link("s", "a", 0), link("s", "b", 4000)], &[&["a", "b"]]);
    }
}
