//! What a request asks for in its query. Read leniently: what is not understood counts as not asked.

use article::Timestamp;
use store::ListedAfter;

/// Longest query that is read, in bytes; no link of ours comes near.
const MAX_QUERY: usize = 2_048;
/// Longest search, in characters: more words than anybody types.
const MAX_SEARCH: usize = 200;

/// The parts of a query that pages know.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Asked {
    /// `lang`: only this language (primary subtag).
    pub(crate) language: Option<String>,
    /// `after`: where the list goes on, for paging.
    pub(crate) after: Option<ListedAfter>,
    /// `q`: words to search.
    pub(crate) words: String,
}

impl Asked {
    pub(crate) fn read(query: Option<&str>) -> Self {
        let mut asked = Self::default();
        let query = query.filter(|q| q.len() <= MAX_QUERY).unwrap_or_default();
        for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match key.as_ref() {
                "lang" => {
                    let code = value.to_ascii_lowercase();
                    let well_formed = (2..=3).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_lowercase());
                    asked.language = well_formed.then_some(code);
                }
                "after" => asked.after = read_place(&value),
                "q" => asked.words = article::squeeze(&value).chars().take(MAX_SEARCH).collect(),
                _ => {}
            }
        }
        asked
    }
}

/// A place in a list as `after` holds it: the time in milliseconds and the story's id.
pub(crate) fn place(after: &ListedAfter) -> String {
    format!("{}.{}", after.time.millis(), after.story)
}

fn read_place(text: &str) -> Option<ListedAfter> {
    let (time, story) = text.split_once('.')?;
    Some(ListedAfter { time: Timestamp(time.parse().ok()?), story: story.parse().ok()? })
}
