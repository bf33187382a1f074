//! Articles from a file of JSON lines through an index, for `wireroom dedup` and for measuring.

use crate::index::{language_tag, site_hash};
use crate::{Index, IndexError, Query};
use article::{ArticleId, ContentHash, Evidence, Sketch, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::io::{BufRead, Write};

/// Why the lines could not be read through.
#[derive(Debug, thiserror::Error)]
pub enum LinesError {
    /// A line is no article.
    #[error("line {line} is no article: {why}")]
    Line {
        /// From 1.
        line: usize,
        /// The parser's word.
        why: serde_json::Error,
    },
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The index failed.
    #[error(transparent)]
    Index(#[from] IndexError),
}

/// An article a line. Only `id` and `text` are needed; more fields are allowed.
#[derive(Deserialize)]
struct Input {
    id: String,
    #[serde(default)]
    url: Option<String>,
    text: String,
    #[serde(default)]
    published: Option<String>,
    #[serde(default, alias = "publisher")]
    source: Option<String>,
    #[serde(default)]
    language: Option<String>,
}

/// A verdict a line.
#[derive(Serialize)]
struct Output<'a> {
    id: &'a str,
    verdict: &'static str,
    story: String,
    /// The article it is a copy or revision of, by the input's ids.
    of: Option<&'a str>,
    score: f32,
    evidence: Evidence,
    /// Other stories that it shows to be parts of the same.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    also: Vec<String>,
}

/// Reads articles in arrival order and writes a verdict for each. Two lines with one `url` (or one `id`, where there
/// is none) are one article.
pub async fn dedup_lines(reader: impl BufRead, mut writer: impl Write, index: &dyn Index) -> Result<(), LinesError> {
    let mut names: HashMap<ArticleId, String> = HashMap::new();
    for (number, line) in reader.lines().enumerate() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let input: Input = serde_json::from_str(&line).map_err(|why| LinesError::Line { line: number + 1, why })?;
        // The file's order is the order of arrival; its dates are the publishers', and only say which text is newer.
        let published = input.published.as_deref().and_then(|p| Timestamp::parse_rfc3339(p).ok());
        let now = Timestamp::now();
        let query = query(&input, published, now);
        let verdict = index.decide(&query, now).await?;
        names.entry(query.article).or_insert_with(|| input.id.clone());
        let output = Output {
            id: &input.id,
            verdict: verdict.kind.as_str(),
            story: verdict.story.to_string(),
            of: verdict.of.as_ref().and_then(|of| names.get(of)).map(String::as_str),
            score: verdict.score,
            evidence: verdict.evidence,
            also: verdict.also.iter().map(ToString::to_string).collect(),
        };
        serde_json::to_writer(&mut writer, &output).map_err(std::io::Error::from)?;
        writer.write_all(b"\n")?;
    }
    writer.flush()?;
    Ok(())
}

fn query(input: &Input, published: Option<Timestamp>, now: Timestamp) -> Query {
    let url = input.url.as_deref().and_then(|u| article::CanonicalUrl::parse(u).ok());
    let article = url.as_ref().map_or_else(|| ArticleId::derive(&[b"line", input.id.as_bytes()]), ArticleId::of);
    let site = match (&input.source, &url) {
        (Some(source), _) => source.clone(),
        (None, Some(url)) => url.domain().to_owned(),
        (None, None) => input.id.clone(),
    };
    let text = article::normalise(&input.text);
    Query {
        hash: if text.is_empty() {
            ContentHash::derive(&[b"no text", article.bytes()])
        } else {
            ContentHash::of_text(&input.text)
        },
        article,
        observed_at: published.unwrap_or_default(),
        published: published.unwrap_or(now),
        language: language_tag(input.language.as_deref()),
        site: site_hash(&site),
        sketch: (!text.is_empty()).then(|| Sketch::of_normalised(&text)),
    }
}
