//! What is an article? Types and pure rules.
//!
//! This crate knows no database, no broker, no network and no clock but the one it is handed: everything
//! here is a function of its arguments, so every rule can be tested alone and gives the same answer on
//! every replica, at every redelivery and at every replay.
#![forbid(unsafe_code)]

mod article;
mod block;
mod id;
mod rights;
mod section;
mod sketch;
mod source;
mod story;
mod text;
mod time;
mod url;
mod verdict;

pub use article::{Arrival, Article, Image, PrimaryHints, Withdrawal, WithdrawalCause};
pub use block::{Block, is_telling, plain_text, word_count};
pub use id::{ArticleId, ContentHash, FeedId, IdError, SourceId, StoryId};
pub use rights::{Carry, CarryReason, Rights};
pub use section::Section;
pub use sketch::{Figures, Mark, Place, Sketch, shingles};
pub use source::{Feed, FeedFormat, Origin, Source};
pub use story::{Candidate, elect_face, elect_primary};
pub use text::{clean, is_unspaced_script, normalise, squeeze};
pub use time::{Timestamp, TimestampError};
pub use url::{CanonicalUrl, UrlError, registrable_domain};
pub use verdict::{Evidence, Verdict, VerdictKind};
