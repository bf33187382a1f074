//! The article and what can happen to it.

use crate::{ArticleId, Block, CanonicalUrl, ContentHash, FeedId, Rights, Section, SourceId, Timestamp};
use serde::{Deserialize, Serialize};

/// A picture that belongs to an article. Only its address is kept: the picture stays with its owner.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Image {
    /// Its address.
    pub url: String,
    /// What is written under it.
    pub caption: Option<String>,
    /// Width in pixels, where the page says it.
    pub width: Option<u32>,
    /// Height in pixels, where the page says it.
    pub height: Option<u32>,
}

/// What a page says about where its text comes from. Evidence for the primary source, never identity.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct PrimaryHints {
    /// Articles on other domains that the page's canonical link, `isBasedOn` or syndication tag names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<CanonicalUrl>,
    /// Names in credit lines: “(Reuters)”, “Source: …”, “originally published on …”.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credits: Vec<String>,
}

/// An article as extracted: one revision of it, seen at one time.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Article {
    /// Hash of [`Article::url`].
    pub id: ArticleId,
    /// Its identity: `rel=canonical` if that stays on the page's own registrable domain, else the
    /// permalink after redirects.
    pub url: CanonicalUrl,
    /// Other addresses of it: the feed's link, GUID, old slugs, AMP.
    pub aliases: Vec<String>,
    /// Who published it.
    pub source: SourceId,
    /// Its publisher's name for readers.
    pub source_name: String,
    /// The feed that listed it.
    pub feed: Option<FeedId>,
    /// Headline, without the site's name.
    pub title: String,
    /// Standfirst or subtitle.
    pub subtitle: Option<String>,
    /// Who wrote it: names only.
    pub authors: Vec<String>,
    /// BCP 47 language, declared or detected.
    pub language: Option<String>,
    /// Where it belongs on the site.
    pub section: Section,
    /// Keywords as the publisher gave them.
    pub keywords: Vec<String>,
    /// Lead picture.
    pub image: Option<Image>,
    /// The text. Empty where [`Rights::carry`] is `headline`.
    pub blocks: Vec<Block>,
    /// When its publisher says it was published.
    pub published: Option<Timestamp>,
    /// When its publisher says it was last changed.
    pub modified: Option<Timestamp>,
    /// When the response came that this was extracted from. Age decides: of two sightings the later counts.
    pub observed_at: Timestamp,
    /// What may be carried.
    pub rights: Rights,
    /// Where the text comes from, as the page says.
    pub primary: PrimaryHints,
    /// Hash of the normalised running text; of the canonical URL and title where there is no text, so that two
    /// headlines alone never make a copy.
    pub content_hash: ContentHash,
}

impl Article {
    /// The hash that [`Article::content_hash`] must hold.
    pub fn compute_hash(url: &CanonicalUrl, title: &str, blocks: &[Block]) -> ContentHash {
        let text = crate::plain_text(blocks);
        if crate::normalise(&text).is_empty() {
            ContentHash::derive(&[b"no text", url.as_str().as_bytes(), crate::normalise(title).as_bytes()])
        } else {
            ContentHash::of_text(&text)
        }
    }

    /// When it was published, as far as known: its own word, but never later than it was seen.
    pub fn time(&self) -> Timestamp {
        self.published.map_or(self.observed_at, |p| p.min(self.observed_at))
    }

    /// Whether there is a text to compare and show.
    pub fn has_text(&self) -> bool {
        self.blocks.iter().any(|b| b.is_prose() && !b.text().is_empty())
    }
}

/// Why an article was taken off by its own publisher.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WithdrawalCause {
    /// 404 Not Found at a revisit.
    NotFound,
    /// 410 Gone.
    Gone,
    /// 451 Unavailable For Legal Reasons (RFC 7725).
    Legal,
    /// The address now leads to the site's home page.
    RedirectedHome,
}

impl WithdrawalCause {
    /// As written in databases and `explain`.
    pub fn as_str(self) -> &'static str {
        match self {
            WithdrawalCause::NotFound => "not_found",
            WithdrawalCause::Gone => "gone",
            WithdrawalCause::Legal => "legal",
            WithdrawalCause::RedirectedHome => "redirected_home",
        }
    }
}

/// An article's publisher took it down.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Withdrawal {
    /// Which.
    pub id: ArticleId,
    /// Its address.
    pub url: CanonicalUrl,
    /// Who published it.
    pub source: SourceId,
    /// When the response came that said so.
    pub observed_at: Timestamp,
    /// What the response was.
    pub cause: WithdrawalCause,
}

/// What travels on the articles belt.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case", try_from = "Wire")]
pub enum Arrival {
    /// An article was seen, for the first time or again.
    Seen {
        /// As extracted.
        article: Box<Article>,
    },
    /// An article was withdrawn.
    Withdrawn {
        /// Which, when and why.
        withdrawal: Withdrawal,
    },
}

/// An arrival as it is read: serde's own way with a tag inside takes the whole article into its memory before it knows
/// what to make of it.
#[derive(Deserialize)]
struct Wire {
    event: Event,
    article: Option<Box<Article>>,
    withdrawal: Option<Withdrawal>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Event {
    Seen,
    Withdrawn,
}

impl TryFrom<Wire> for Arrival {
    type Error = &'static str;

    fn try_from(wire: Wire) -> Result<Self, &'static str> {
        match wire.event {
            Event::Seen => Ok(Arrival::Seen { article: wire.article.ok_or("missing field `article`")? }),
            Event::Withdrawn => {
                Ok(Arrival::Withdrawn { withdrawal: wire.withdrawal.ok_or("missing field `withdrawal`")? })
            }
        }
    }
}

impl Arrival {
    /// The article it is about.
    pub fn id(&self) -> &ArticleId {
        match self {
            Arrival::Seen { article } => &article.id,
            Arrival::Withdrawn { withdrawal } => &withdrawal.id,
        }
    }

    /// The article's address.
    pub fn url(&self) -> &CanonicalUrl {
        match self {
            Arrival::Seen { article } => &article.url,
            Arrival::Withdrawn { withdrawal } => &withdrawal.url,
        }
    }

    /// Who published it.
    pub fn source(&self) -> &SourceId {
        match self {
            Arrival::Seen { article } => &article.source,
            Arrival::Withdrawn { withdrawal } => &withdrawal.source,
        }
    }

    /// When it was observed.
    pub fn observed_at(&self) -> Timestamp {
        match self {
            Arrival::Seen { article } => article.observed_at,
            Arrival::Withdrawn { withdrawal } => withdrawal.observed_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arrival_without_its_article_says_what_is_missing() {
        let read = |json: &str| serde_json::from_str::<Arrival>(json).map_err(|why| why.to_string());
        for (json, why) in [
            (r#"{"event":"seen","withdrawal":null}"#, "missing field `article`"),
            (r#"{"event":"withdrawn"}"#, "missing field `withdrawal`"),
            (r#"{"article":null}"#, "missing field `event`"),
            (r#"{"event":"moved"}"#, "unknown variant `moved`, expected `seen` or `withdrawn`"),
            (r#"{"event":"seen","article":{"id":"12"}}"#, "“12” is not an id"),
        ] {
            let found = read(json).unwrap_err();
            assert!(found.contains(why), "{json}: {found}");
        }
    }
}
