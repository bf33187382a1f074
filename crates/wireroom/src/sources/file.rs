//! Reading lists of sources: our TOML, or OPML. Each error says which entry of which file, and why.

use super::opml;
use article::{Carry, Feed, Origin, Section, Source, SourceId};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// A list that can't be used. Nothing of it is taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListError {
    /// It can't be read.
    #[error("can't read {path}: {why}", path = path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// The operating system's word.
        why: String,
    },
    /// It is neither TOML nor OPML, or not well-formed.
    #[error("{path}: {why}", path = path.display())]
    Syntax {
        /// Which file.
        path: PathBuf,
        /// Where and what.
        why: String,
    },
    /// One of its entries is wrong.
    #[error("{path}: source “{entry}”: {why}", path = path.display())]
    Entry {
        /// Which file.
        path: PathBuf,
        /// The entry's id or name.
        entry: String,
        /// What is wrong with it, and what is expected.
        why: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    #[serde(default)]
    source: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: Option<String>,
    name: String,
    home: Option<String>,
    language: Option<String>,
    country: Option<String>,
    section: Option<String>,
    carry: Option<String>,
    #[serde(default)]
    licensed: bool,
    #[serde(default)]
    paused: bool,
    feeds: Vec<FeedEntry>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum FeedEntry {
    Url(String),
    Table { url: String, section: Option<String> },
}

/// Reads a list. `carry` is what an entry that doesn't say gets; `origin` is who brings it.
pub(crate) fn read(path: &Path, carry: Carry, origin: Origin) -> Result<Vec<Source>, ListError> {
    let text = std::fs::read_to_string(path)
        .map_err(|e| ListError::Unreadable { path: path.to_owned(), why: e.to_string() })?;
    parse(path, &text, carry, origin)
}

/// Reads a list from its text; `path` is for messages and tells OPML from TOML where the text doesn't.
pub(crate) fn parse(path: &Path, text: &str, carry: Carry, origin: Origin) -> Result<Vec<Source>, ListError> {
    let looks_like_xml = text.trim_start_matches('\u{feff}').trim_start().starts_with('<');
    let sources =
        if looks_like_xml { from_opml(path, text, carry, origin)? } else { from_toml(path, text, carry, origin)? };
    let mut ids: Vec<&str> = sources.iter().map(|s| s.id.as_str()).collect();
    ids.sort_unstable();
    if let Some(twice) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
        let why = "two sources have this id: give each its own".to_owned();
        return Err(ListError::Entry { path: path.to_owned(), entry: twice[0].to_owned(), why });
    }
    Ok(sources)
}

fn from_toml(path: &Path, text: &str, carry: Carry, origin: Origin) -> Result<Vec<Source>, ListError> {
    let list: List = toml::from_str(text)
        .map_err(|e| ListError::Syntax { path: path.to_owned(), why: e.to_string().trim().to_owned() })?;
    list.source
        .into_iter()
        .map(|entry| {
            let name = entry.id.clone().unwrap_or_else(|| entry.name.clone());
            from_entry(entry, carry, origin).map_err(|why| ListError::Entry { path: path.to_owned(), entry: name, why })
        })
        .collect()
}

fn from_entry(entry: Entry, carry: Carry, origin: Origin) -> Result<Source, String> {
    let section = |name: Option<String>| name.map(|n| section(&n)).transpose();
    let carry = match entry.carry {
        Some(name) => {
            Carry::from_name(&name).ok_or_else(|| format!("carry = “{name}”: full, excerpt or headline is expected"))?
        }
        None => carry,
    };
    if entry.feeds.is_empty() {
        return Err("it has no feeds".to_owned());
    }
    let mut feeds = Vec::new();
    for feed in entry.feeds {
        let (url, of) = match feed {
            FeedEntry::Url(url) => (url, None),
            FeedEntry::Table { url, section } => (url, section),
        };
        feeds.push(Feed::new(&feed_url(&url)?, section(of)?));
    }
    Ok(Source {
        id: SourceId::from_name(entry.id.as_deref().unwrap_or(&entry.name)),
        home: entry.home,
        language: entry.language,
        country: entry.country,
        section: section(entry.section)?,
        licensed: entry.licensed,
        paused: entry.paused,
        ..Source::new(&entry.name, carry, origin, feeds)
    })
}

/// Subscription lists name feeds, not publishers: feeds of one name become one source.
fn from_opml(path: &Path, text: &str, carry: Carry, origin: Origin) -> Result<Vec<Source>, ListError> {
    let outlines = opml::outlines(text).map_err(|why| ListError::Syntax { path: path.to_owned(), why })?;
    let mut sources: Vec<Source> = Vec::new();
    for outline in outlines {
        let wrong = |why| ListError::Entry { path: path.to_owned(), entry: outline.title.clone(), why };
        let url = feed_url(&outline.feed).map_err(wrong)?;
        let feed = Feed::new(&url, outline.category.as_deref().and_then(Section::from_label));
        let id = SourceId::from_name(&outline.title);
        match sources.iter_mut().find(|s| s.id == id) {
            Some(source) if source.feeds.iter().any(|f| f.id == feed.id) => {}
            Some(source) => source.feeds.push(feed),
            None => sources.push(Source {
                home: outline.home.clone(),
                language: outline.language.clone(),
                ..Source::new(&outline.title, carry, origin, vec![feed])
            }),
        }
    }
    Ok(sources)
}

/// A section by its name, or what names there are.
pub(crate) fn section(name: &str) -> Result<Section, String> {
    Section::from_name(name).ok_or_else(|| {
        let names: Vec<&str> = Section::ALL.iter().map(|s| s.as_str()).collect();
        format!("section “{name}” is none of {}", names.join(", "))
    })
}

/// An address that a feed can be polled at. Unlike an article's it is kept as given: its query may be what selects the feed.
pub(crate) fn feed_url(text: &str) -> Result<String, String> {
    // `feed://example.org/rss` is how some readers' exports write it.
    let text = text.trim();
    let text = text
        .strip_prefix("feed://")
        .map_or_else(|| text.strip_prefix("feed:").unwrap_or(text).to_owned(), |rest| format!("http://{rest}"));
    let url = url::Url::parse(&text)
        .map_err(|e| format!("“{text}” is not an address: {e}; write it as https://example.org/feed"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return Err(format!("“{text}” is not a web address: it must begin with https:// or http://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("an address with a user name or password in it would end up in logs: remove them".to_owned());
    }
    Ok(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Vec<Source>, String> {
        parse(Path::new("list"), text, Carry::Excerpt, Origin::File).map_err(|e| e.to_string())
    }

    #[test]
    fn the_starter_list_is_valid() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/sources/world.toml");
        let sources = read(&path, Carry::Excerpt, Origin::File).unwrap();
        let languages: std::collections::BTreeSet<_> = sources.iter().filter_map(|s| s.language.clone()).collect();
        assert!(sources.len() >= 20 && languages.len() >= 8, "{} sources, {languages:?}", sources.len());
    }

    #[test]
    fn an_entry_that_is_wrong_is_named_with_what_is_expected() {
        let check = |text: &str, expected: &str| assert_eq!(parsed(text).unwrap_err(), expected);
        check("[[source]]\nname = \"A\"\nfeeds = []\n", "list: source “A”: it has no feeds");
        check(
            "[[source]]\nname = \"A\"\nfeeds = [\"example.org/feed\"]\n",
            "list: source “A”: “example.org/feed” is not an address: relative URL without a base; write it as https://example.org/feed",
        );
        check(
            "[[source]]\nname = \"A\"\ncarry = \"all\"\nfeeds = [\"https://a.example/f\"]\n",
            "list: source “A”: carry = “all”: full, excerpt or headline is expected",
        );
        check(
            "[[source]]\nname = \"A\"\nsection = \"sports\"\nfeeds = [\"https://a.example/f\"]\n",
            "list: source “A”: section “sports” is none of world, politics, business, technology, science, health, sport, culture, society, opinion",
        );
        let twice = "[[source]]\nname = \"A\"\nfeeds = [\"https://a.example/f\"]\n".repeat(2);
        check(&twice, "list: source “a”: two sources have this id: give each its own");
        assert!(parsed("[[source]]\nname = 1\n").unwrap_err().contains("line 2"));
    }

    #[test]
    fn an_opml_list_gives_a_source_a_name() {
        let text = r#"<?xml version="1.0"?><opml version="2.0"><body>
            <outline text="Sport"><outline type="rss" text="A &amp; B" xmlUrl="feed://a.example/f1" htmlUrl="https://a.example/"/></outline>
            <outline text="A &amp; B" xmlUrl="https://a.example/f2"/></body></opml>"#;
        let sources = parsed(text).unwrap();
        assert_eq!(sources.len(), 1);
        assert_eq!(sources[0].name, "A & B");
        assert_eq!(sources[0].home.as_deref(), Some("https://a.example/"));
        let feeds: Vec<_> = sources[0].feeds.iter().map(|f| (f.url.as_str(), f.section)).collect();
        assert_eq!(feeds, [("http://a.example/f1", Some(Section::Sport)), ("https://a.example/f2", None)]);
    }
}
