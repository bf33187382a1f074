//! What the log says of one article: what was decided about it, and all that follows from that.
//!
//! A record names its verdict, so that whoever reads it need not judge again: replicas of two releases, or with other
//! thresholds, or that have read less of the past, hold the same claims.

use crate::bytes::Bytes;
use crate::held::{Claim, StoryNumber};
use crate::marks::{Mark, Marks};
use article::{ArticleId, ContentHash, Figures};

/// How an article's text stands to what is held of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Standing {
    /// The first text of it that is seen.
    First,
    /// A newer text.
    Newer,
    /// An older one, come late.
    Older,
}

/// One article's record.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Record {
    pub(crate) language: String,
    pub(crate) article: ArticleId,
    pub(crate) hash: ContentHash,
    /// The day it was made, since 1970.
    pub(crate) day: u16,
    pub(crate) site: u32,
    /// In seconds since 1970.
    pub(crate) published: u32,
    pub(crate) standing: Standing,
    /// Whether its text is the article's from here on: other articles with it are copies.
    pub(crate) claims_text: bool,
    /// The article's claim as it stands from here on.
    pub(crate) claim: Claim,
    /// Of a text that is long enough to be compared and no exact copy.
    pub(crate) learned: Option<Learned>,
}

/// What is to be remembered of a text.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Learned {
    /// Whether the text is the story's body.
    pub(crate) opens: bool,
    /// Every story that it is a copy of.
    pub(crate) copies: Vec<StoryNumber>,
    pub(crate) marks: Marks,
}

const STANDING: u8 = 3;
const CLAIMS_TEXT: u8 = 4;
const LEARNED: u8 = 8;
const OPENS: u8 = 16;

impl Record {
    /// Adds its bytes to a batch. Integers are big-endian; what may vary in length has it before it.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        let mut kind = match self.standing {
            Standing::First => 0,
            Standing::Newer => 1,
            Standing::Older => 2,
        };
        if self.claims_text {
            kind |= CLAIMS_TEXT;
        }
        if let Some(learned) = &self.learned {
            kind |= LEARNED | if learned.opens { OPENS } else { 0 };
        }
        out.push(kind);
        short(self.language.as_bytes(), out);
        out.extend_from_slice(self.article.bytes());
        out.extend_from_slice(self.hash.bytes());
        out.extend_from_slice(&self.day.to_be_bytes());
        out.extend_from_slice(&self.site.to_be_bytes());
        out.extend_from_slice(&self.published.to_be_bytes());
        short(&self.claim.encode(), out);
        let Some(Learned { copies, marks, .. }) = &self.learned else { return };
        let copies = &copies[..copies.len().min(u8::MAX.into())];
        out.push(copies.len() as u8);
        copies.iter().for_each(|story| out.extend_from_slice(&story.0));
        out.push(marks.level);
        out.extend_from_slice(&marks.figures.bytes());
        let all = &marks.all[..marks.all.len().min(u16::MAX.into())];
        out.extend_from_slice(&(all.len() as u16).to_be_bytes());
        all.iter().for_each(|mark| out.extend_from_slice(&mark.encode()));
    }

    /// The records of a batch; `None` if it is none.
    pub(crate) fn decode_batch(batch: &[u8]) -> Option<Vec<Self>> {
        let mut bytes = Bytes(batch);
        let mut records = Vec::new();
        while !bytes.0.is_empty() {
            records.push(Self::decode(&mut bytes)?);
        }
        Some(records)
    }

    fn decode(bytes: &mut Bytes<'_>) -> Option<Self> {
        let kind = bytes.u8()?;
        let length = bytes.u8()?;
        let language = std::str::from_utf8(bytes.slice(length.into())?).ok()?.to_owned();
        let article = ArticleId::from_bytes(bytes.take()?);
        Some(Self {
            hash: ContentHash::from_bytes(bytes.take()?),
            day: bytes.u16()?,
            site: bytes.u32()?,
            published: bytes.u32()?,
            standing: match kind & STANDING {
                0 => Standing::First,
                1 => Standing::Newer,
                2 => Standing::Older,
                _ => return None,
            },
            claims_text: kind & CLAIMS_TEXT != 0,
            claim: {
                let length = bytes.u8()?;
                Claim::decode(bytes.slice(length.into())?, &article)?
            },
            learned: if kind & LEARNED != 0 { Some(Learned::decode(kind & OPENS != 0, bytes)?) } else { None },
            language,
            article,
        })
    }
}

impl Learned {
    fn decode(opens: bool, bytes: &mut Bytes<'_>) -> Option<Self> {
        let count = bytes.u8()?;
        let copies = (0..count).map(|_| bytes.take().map(StoryNumber)).collect::<Option<_>>()?;
        let (level, figures, count) = (bytes.u8()?, Figures::from_bytes(bytes.take()?), bytes.u16()?);
        let marks = bytes.slice(usize::from(count) * Mark::BYTES)?;
        let all = marks.chunks_exact(Mark::BYTES).filter_map(|m| m.first_chunk().copied().map(Mark::decode)).collect();
        Some(Self { opens, copies, marks: Marks { level, figures, all } })
    }
}

/// A length of one byte, and what has it.
fn short(bytes: &[u8], out: &mut Vec<u8>) {
    let bytes = &bytes[..bytes.len().min(u8::MAX.into())];
    out.push(bytes.len() as u8);
    out.extend_from_slice(bytes);
}
