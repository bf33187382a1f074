//! What changes when the store is made equal to files. Only what came from files is touched.

use article::{Origin, Source};

/// A planned change.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Change {
    /// In the files, not in the store.
    Add(Source),
    /// In both, and different: what differs in words.
    Update(Source, Vec<String>),
    /// In the store from a file, no longer in any.
    Remove(Source),
    /// In the files under an id that a person made: left alone.
    LeftAlone(Source),
}

/// More would be removed than is plausible.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("--prune would remove {removed} of {total} sources, more than a tenth: if that is meant, add --prune-any")]
pub(crate) struct TooMany {
    /// How many would go.
    pub removed: usize,
    /// How many there are from files.
    pub total: usize,
}

/// The difference between the store and the files. Without `prune` nothing is removed; with it no more
/// than a tenth of what came from files, unless `any`.
pub(crate) fn plan(stored: &[Source], wanted: &[Source], prune: bool, any: bool) -> Result<Vec<Change>, TooMany> {
    let mut changes = Vec::new();
    for want in wanted {
        match stored.iter().find(|s| s.id == want.id) {
            None => changes.push(Change::Add(want.clone())),
            Some(have) if have.origin == Origin::Person => changes.push(Change::LeftAlone(want.clone())),
            Some(have) => {
                // An operator's pause outlives a sync; a file can only add one.
                let want = Source { paused: want.paused || have.paused, ..want.clone() };
                let differences = differences(have, &want);
                if !differences.is_empty() {
                    changes.push(Change::Update(want, differences));
                }
            }
        }
    }
    if prune {
        let from_files: Vec<&Source> = stored.iter().filter(|s| s.origin == Origin::File).collect();
        let gone: Vec<&Source> = from_files.iter().copied().filter(|s| !wanted.iter().any(|w| w.id == s.id)).collect();
        if gone.len() * 10 > from_files.len() && !any {
            return Err(TooMany { removed: gone.len(), total: from_files.len() });
        }
        changes.extend(gone.into_iter().cloned().map(Change::Remove));
    }
    Ok(changes)
}

fn differences(have: &Source, want: &Source) -> Vec<String> {
    let mut out = Vec::new();
    let mut note = |what: &str, have: String, want: String| {
        if have != want {
            out.push(format!("{what}: {have} → {want}"));
        }
    };
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "–".to_owned());
    let section = |value: Option<article::Section>| value.map_or("–", article::Section::as_str).to_owned();
    note("name", have.name.clone(), want.name.clone());
    note("home", text(&have.home), text(&want.home));
    note("language", text(&have.language), text(&want.language));
    note("country", text(&have.country), text(&want.country));
    note("section", section(have.section), section(want.section));
    note("carry", have.carry.as_str().to_owned(), want.carry.as_str().to_owned());
    note("licensed", have.licensed.to_string(), want.licensed.to_string());
    note("paused", have.paused.to_string(), want.paused.to_string());
    for feed in &want.feeds {
        match have.feeds.iter().find(|f| f.id == feed.id) {
            None => out.push(format!("feed added: {}", feed.url)),
            Some(old) if old.section != feed.section => {
                out.push(format!("section of {}: {} → {}", feed.url, section(old.section), section(feed.section)));
            }
            Some(_) => {}
        }
    }
    for feed in have.feeds.iter().filter(|f| !want.feeds.iter().any(|w| w.id == f.id)) {
        out.push(format!("feed removed: {}", feed.url));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use article::{Carry, Feed};

    fn source(id: &str, origin: Origin) -> Source {
        Source::new(id, Carry::Full, origin, vec![Feed::new(&format!("https://{id}.example/feed"), None)])
    }

    #[test]
    fn a_persons_source_is_never_touched() {
        let stored = [source("a", Origin::Person)];
        let mut wanted = source("a", Origin::File);
        wanted.carry = Carry::Headline;
        assert_eq!(plan(&stored, &[wanted.clone()], true, true).unwrap(), [Change::LeftAlone(wanted)]);
        assert_eq!(plan(&stored, &[], true, true).unwrap(), []);
    }

    #[test]
    fn an_update_says_what_differs_and_keeps_a_pause() {
        let mut have = source("a", Origin::File);
        have.paused = true;
        let mut want = source("a", Origin::File);
        want.carry = Carry::Headline;
        want.feeds.push(Feed::new("https://a.example/more", None));
        let Change::Update(planned, words) = plan(&[have], &[want], false, false).unwrap().remove(0) else { panic!() };
        assert!(planned.paused);
        assert_eq!(words, ["carry: full → headline", "feed added: https://a.example/more"]);
    }

    #[test]
    fn pruning_more_than_a_tenth_needs_a_word() {
        let stored: Vec<Source> = (0..20).map(|i| source(&format!("s{i}"), Origin::File)).collect();
        assert_eq!(plan(&stored, &stored[..17], true, false), Err(TooMany { removed: 3, total: 20 }));
        assert_eq!(plan(&stored, &stored[..17], true, true).unwrap().len(), 3);
        assert_eq!(plan(&stored, &stored[..18], true, false).unwrap().len(), 2);
        assert_eq!(plan(&stored, &stored[..1], false, false).unwrap().len(), 0);
    }
}
