//! Names. They are derived, never drawn: the same thing has the same name on every replica, at every
//! redelivery and at every replay.

use crate::CanonicalUrl;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A text that is not the 32 hexadecimal digits of an id.
#[derive(Debug, thiserror::Error)]
#[error("“{0}” is not an id: 32 hexadecimal digits are expected")]
pub struct IdError(String);

macro_rules! hex_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name([u8; 16]);

        impl $name {
            /// The first 128 bits of BLAKE3 over `parts`, each preceded by its length so that no two
            /// lists of parts are the same bytes.
            pub fn derive(parts: &[&[u8]]) -> Self {
                let mut h = blake3::Hasher::new_derive_key(concat!("wireroom 1 ", stringify!($name)));
                for part in parts {
                    h.update(&(part.len() as u64).to_le_bytes());
                    h.update(part);
                }
                let mut id = [0; 16];
                id.copy_from_slice(&h.finalize().as_bytes()[..16]);
                Self(id)
            }

            /// The id that has these bits, as kept in an index or a database.
            pub fn from_bytes(bits: [u8; 16]) -> Self {
                Self(bits)
            }

            /// Its 128 bits.
            pub fn bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                const DIGITS: &[u8; 16] = b"0123456789abcdef";
                // One write instead of sixteen formatted ones: every message has ids written several times.
                let mut text = [0; 32];
                for (digits, byte) in text.chunks_exact_mut(2).zip(self.0) {
                    digits[0] = DIGITS[usize::from(byte >> 4)];
                    digits[1] = DIGITS[usize::from(byte & 15)];
                }
                f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                let bad = || IdError(text.to_owned());
                if text.len() != 32 || !text.is_ascii() {
                    return Err(bad());
                }
                let mut id = [0; 16];
                for (i, byte) in id.iter_mut().enumerate() {
                    *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).map_err(|_| bad())?;
                }
                Ok(Self(id))
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.to_string()
            }
        }
    };
}

hex_id!(
    /// An article's name: the hash of its canonical URL.
    ArticleId
);
hex_id!(
    /// A story's name: derived from the article that opened it, and kept when others join or take the lead.
    StoryId
);
hex_id!(
    /// A feed's name: the hash of its address.
    FeedId
);
hex_id!(
    /// The hash of an article's normalised text. (article id, content hash) names a revision.
    ContentHash
);

impl ArticleId {
    /// The article that lives at `url`. Whether by http or https does not count: sites move from one to
    /// the other, and both then name the same page.
    pub fn of(url: &CanonicalUrl) -> Self {
        let text = url.as_str();
        Self::derive(&[text.split_once("://").map_or(text, |(_, rest)| rest).as_bytes()])
    }
}

impl StoryId {
    /// The story that `article` opens.
    pub fn opened_by(article: &ArticleId) -> Self {
        Self::derive(&[article.bytes()])
    }
}

impl FeedId {
    /// The feed at this address: sources that list the same address share one feed and one poll.
    pub fn of(url: &str) -> Self {
        Self::derive(&[url.as_bytes()])
    }
}

impl ContentHash {
    /// Of a text: it is normalised first, so typography, case and white space do not count.
    pub fn of_text(text: &str) -> Self {
        Self::derive(&[crate::normalise(text).as_bytes()])
    }
}

/// A source's name, chosen by whoever adds it: lower-case letters, digits and hyphens, as in `le-monde`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceId(String);

impl SourceId {
    /// Makes a name out of any text: letters and digits of every script stay, all else becomes a hyphen,
    /// at most 64 characters. An empty result becomes `source`.
    pub fn from_name(name: &str) -> Self {
        let mut id = String::new();
        for c in name.to_lowercase().chars() {
            if c.is_alphanumeric() {
                id.push(c);
            } else if !id.ends_with('-') && !id.is_empty() {
                id.push('-');
            }
            if id.chars().count() >= 64 {
                break;
            }
        }
        let id = id.trim_matches('-');
        Self(if id.is_empty() { "source".to_owned() } else { id.to_owned() })
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
