//! What an index is asked, and what it answers.

use article::{Article, ArticleId, ContentHash, Sketch, StoryId, Timestamp, Verdict, VerdictKind};
use async_trait::async_trait;
use serde::Serialize;

/// What the index must know of an article to decide about it.
#[derive(Clone, PartialEq, Debug)]
pub struct Query {
    /// Which article.
    pub article: ArticleId,
    /// Hash of its normalised text.
    pub hash: ContentHash,
    /// When this revision was seen.
    pub observed_at: Timestamp,
    /// When it was published, as far as known ([`Article::time`]): a whole is told from a round-up of its parts by
    /// being no younger than they are.
    pub published: Timestamp,
    /// Primary subtag of its language (`de`), `und` where unknown. Only texts of one language are compared:
    /// copies share it, and it keeps a near decision in one slot of a Redis Cluster.
    pub language: String,
    /// A hash of its site's registrable domain: what recurs across one site is the site's, not a story's.
    pub site: u32,
    /// Of its text; `None` where there is none that says enough to be compared, and then only its name decides.
    pub sketch: Option<Sketch>,
}

impl Query {
    /// About this article.
    pub fn of(article: &Article) -> Self {
        let text = article::plain_text(&article.blocks);
        Self {
            article: article.id.clone(),
            hash: article.content_hash.clone(),
            observed_at: article.observed_at,
            published: article.time(),
            language: language_tag(article.language.as_deref()),
            site: site_hash(article.url.domain()),
            sketch: article::is_telling(&text).then(|| Sketch::of_text(&text)),
        }
    }

    /// The story it opens if it is new.
    pub fn own_story(&self) -> StoryId {
        StoryId::opened_by(&self.article)
    }

    /// [`Query::published`] in the seconds that an index keeps, until 2106.
    pub(crate) fn published_secs(&self) -> u32 {
        u32::try_from(self.published.secs().max(0)).unwrap_or(u32::MAX)
    }
}

/// The primary subtag of a BCP 47 tag in lower case; `und` for none and for what is no tag.
pub(crate) fn language_tag(language: Option<&str>) -> String {
    let primary = language.unwrap_or_default().split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    let valid = (2..=8).contains(&primary.len()) && primary.bytes().all(|b| b.is_ascii_lowercase());
    if valid { primary } else { "und".to_owned() }
}

/// A site's name in postings: 32 bits suffice, since a collision only makes the rule stricter between two sites.
pub(crate) fn site_hash(domain: &str) -> u32 {
    let hash = blake3::hash(domain.as_bytes());
    let mut four = [0; 4];
    four.copy_from_slice(&hash.as_bytes()[..4]);
    u32::from_be_bytes(four)
}

/// What an index holds about an article.
#[derive(Clone, PartialEq, Debug)]
pub struct Known {
    /// The verdict its first text got.
    pub verdict: Verdict,
    /// The newest revision's time.
    pub newest: Timestamp,
}

/// How full an index is.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct IndexStats {
    /// `embedded` or `redis`.
    pub backend: &'static str,
    /// Articles with a claim.
    pub articles: u64,
    /// Exact texts held.
    pub hashes: u64,
    /// Stories that near copies are found of.
    pub stories: u64,
    /// Shingles held, boilerplate included.
    pub shingles: u64,
    /// Bytes its log takes, as far as its backend can tell.
    pub bytes: u64,
    /// Bytes that each replica's memory of it takes, about.
    pub memory: u64,
}

impl IndexStats {
    /// Bytes an article takes in the log; 0 of an empty index.
    pub fn bytes_per_article(&self) -> f64 {
        if self.articles == 0 { 0.0 } else { self.bytes as f64 / self.articles as f64 }
    }
}

/// A failure of the index, by what a caller does about it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum IndexError {
    /// It does not answer, is full, or is loading: wait and probe; nothing is wrong with what was asked.
    #[error("the index is away: {0}")]
    Away(String),
    /// A setting is wrong.
    #[error("index: {0}")]
    Settings(String),
    /// Its log can't be read or written: damage, or somebody else's key under its name. Everything waits until it was
    /// rebuilt.
    #[error("the index is damaged, run `wireroom index rebuild`: {0}")]
    Damaged(String),
}

/// A memory of what was seen within the window.
///
/// Every method is safe from many tasks and, on Redis, from many processes at once.
#[async_trait]
pub trait Index: Send + Sync {
    /// Checks and claims in one atomic step.
    ///
    /// The claim names its article and keeps its verdict: the same text of the same article asked about again
    /// gets the same verdict, another text of it is a revision in its own story, and only another article
    /// is a copy. `now` dates what is remembered, so that the window is the caller's clock's.
    async fn decide(&self, query: &Query, now: Timestamp) -> Result<Verdict, IndexError>;

    /// Puts back what the store knows: this article, with this verdict, in this story. What is held already stays.
    async fn restore(&self, query: &Query, verdict: &Verdict, now: Timestamp) -> Result<(), IndexError>;

    /// What is held about an article.
    async fn known(&self, article: &ArticleId) -> Result<Option<Known>, IndexError>;

    /// Forgets everything.
    async fn clear(&self) -> Result<(), IndexError>;

    /// How full it is. Reads the log to its end, which takes a replica that has just begun seconds where it is long.
    async fn stats(&self) -> Result<IndexStats, IndexError>;

    /// Gives back the space of what has left the window, bit by bit: to be called once a minute or
    /// oftener. What has left the window is never looked at, whether its space was given back or not.
    async fn tidy(&self, now: Timestamp) -> Result<(), IndexError>;

    /// Whether it can be written to.
    async fn ping(&self) -> Result<(), IndexError>;
}

/// The verdict of another text of a known article: in its story, whatever else the text is like.
pub(crate) fn revision(article: &ArticleId, story: &StoryId) -> Verdict {
    Verdict {
        kind: VerdictKind::Revision,
        story: story.clone(),
        of: Some(article.clone()),
        score: 1.0,
        evidence: article::Evidence::default(),
        also: Vec::new(),
    }
}
