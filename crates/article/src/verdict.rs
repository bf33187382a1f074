//! What the deduplicator found.

use crate::{ArticleId, StoryId};
use serde::{Deserialize, Serialize};

/// Kinds of verdict.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictKind {
    /// Not had before.
    New,
    /// The same article with another text.
    Revision,
    /// Another article with the same normalised text.
    ExactCopy,
    /// Another article with much of the same text, or part of it.
    NearCopy,
}

impl VerdictKind {
    /// As written in databases, labels and output.
    pub fn as_str(self) -> &'static str {
        match self {
            VerdictKind::New => "new",
            VerdictKind::Revision => "revision",
            VerdictKind::ExactCopy => "exact_copy",
            VerdictKind::NearCopy => "near_copy",
        }
    }

    /// Reads what [`VerdictKind::as_str`] writes.
    pub fn from_name(name: &str) -> Option<Self> {
        [VerdictKind::New, VerdictKind::Revision, VerdictKind::ExactCopy, VerdictKind::NearCopy]
            .into_iter()
            .find(|k| k.as_str() == name)
    }
}

/// Why two articles are one story, in numbers a person can check.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Evidence {
    /// Sketch postings of this article that count (common ones don't).
    pub postings: u32,
    /// Of them, how many the story already had.
    pub shared: u32,
    /// Estimated share of this article's text that is in the story, 0 to 1.
    pub containment: f32,
    /// Estimated share of both texts together that is common, 0 to 1.
    pub jaccard: f32,
    /// Further reasons in words: a canonical link, a credit line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// What the deduplicator says of an article: evidence, on which the publisher decides.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Verdict {
    /// What it is.
    pub kind: VerdictKind,
    /// The story it belongs to; for [`VerdictKind::New`] the one it opens.
    pub story: StoryId,
    /// The article it is a copy or revision of, where known.
    pub of: Option<ArticleId>,
    /// How sure, 0 to 1. 1 for exact matches and new articles.
    pub score: f32,
    /// What it rests on.
    pub evidence: Evidence,
    /// Other stories that it shows to be parts of the same: two halves that came before their whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<StoryId>,
}

impl Verdict {
    /// Nothing like it was there: the article opens a story.
    pub fn new_story(article: &ArticleId) -> Self {
        Self {
            kind: VerdictKind::New,
            story: StoryId::opened_by(article),
            of: None,
            score: 1.0,
            evidence: Evidence::default(),
            also: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_of_before_there_was_also_is_read() {
        let article = ArticleId::derive(&[b"first"]);
        let mut verdict = Verdict::new_story(&article);
        let written = serde_json::to_string(&verdict).unwrap();
        assert!(!written.contains("also"), "{written}");
        assert_eq!(serde_json::from_str::<Verdict>(&written).unwrap(), verdict);
        verdict.also.push(StoryId::opened_by(&ArticleId::derive(&[b"second"])));
        let written = serde_json::to_string(&verdict).unwrap();
        assert_eq!(serde_json::from_str::<Verdict>(&written).unwrap(), verdict);
    }
}
