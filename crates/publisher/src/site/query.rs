//! What a request asks for in its query. Read leniently: what is not understood counts as not asked.

use article::Timestamp;

/// Longest query that is read, in bytes; no link of ours comes near.
const MAX_QUERY: usize = 2_048;
/// Longest search, in characters: more words than anybody types.
const MAX_SEARCH: usize = 200;

/// The parts of a query that pages know.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Asked {
    /// `lang`: only this language (primary subtag).
    pub(crate) language: Option<String>,
    /// `before`: only older, for paging.
    pub(crate) before: Option<Timestamp>,
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
                "before" => asked.before = value.parse().ok().map(Timestamp),
                "q" => asked.words = article::squeeze(&value).chars().take(MAX_SEARCH).collect(),
                _ => {}
            }
        }
        asked
    }
}
