//! What an index holds.

use crate::Query;
use crate::bytes::Bytes;
use crate::marks::{Mark, Marks};
use article::{ArticleId, ContentHash, Evidence, Figures, Place, Sketch, StoryId, Timestamp, Verdict, VerdictKind};
use smallvec::{SmallVec, smallvec};

/// A story's name in postings: the first 40 bits of its id, which is a hash already. Among a million
/// stories some two share a name one time in three; then near copies of the later are not found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct StoryNumber(pub [u8; 5]);

impl StoryNumber {
    pub(crate) fn of(story: &StoryId) -> Self {
        let [a, b, c, d, e, ..] = *story.bytes();
        Self([a, b, c, d, e])
    }
}

/// What a shingle is to the story that holds it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Part {
    /// In the middle of the article that opened it.
    Core,
    /// Elsewhere in it.
    Edge,
    /// Only in a copy of it: a frame, an addition, or the rest of a text whose beginning came first.
    Extra,
}

impl Part {
    pub(crate) fn from_bits(bits: u8) -> Self {
        match bits {
            0 => Part::Core,
            1 => Part::Edge,
            _ => Part::Extra,
        }
    }

    pub(crate) fn bits(self) -> u8 {
        match self {
            Part::Core => 0,
            Part::Edge => 1,
            Part::Extra => 2,
        }
    }
}

/// Which stories have a shingle. A story is named once, however many articles carry it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Posting {
    /// When it was last seen, of one that is common; others are as old as their stories.
    pub(crate) day: u16,
    /// The stories; none once the shingle is common and counts no more.
    pub(crate) holders: SmallVec<[(StoryNumber, Part); 2]>,
}

impl Posting {
    pub(crate) fn common(day: u16) -> Self {
        Self { day, holders: SmallVec::new() }
    }

    pub(crate) fn of(story: StoryNumber, part: Part) -> Self {
        Self { day: 0, holders: smallvec![(story, part)] }
    }

    pub(crate) fn is_common(&self) -> bool {
        self.holders.is_empty()
    }

    /// Forgets the stories that aren't wanted; whether any is left.
    pub(crate) fn keep(&mut self, mut wanted: impl FnMut(&StoryNumber) -> bool) -> bool {
        self.holders.retain(|(number, _)| wanted(number));
        !self.holders.is_empty()
    }
}

/// Marks of a story that count, at one level of its opener's sketch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) all: u16,
    pub(crate) core: u16,
}

/// [`Counts`] at every level, 0 below the sketch's own.
pub(crate) type LevelCounts = [Counts; Sketch::MAX_LEVEL as usize + 1];

/// A story that near copies can be found of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct KnownStory {
    pub(crate) day: u16,
    /// The site of the article that is its body.
    pub(crate) site: u32,
    /// When that article was published, in seconds since 1970.
    pub(crate) published: u32,
    /// The article that is its body: the one that opened it, until an older one with as much of it comes.
    pub(crate) opener: ArticleId,
    pub(crate) story: StoryId,
    /// Level of its opener's sketch.
    pub(crate) level: u8,
    /// Marks that count, by level.
    pub(crate) counts: LevelCounts,
    /// The order of its body's figures.
    pub(crate) figures: Figures,
}

/// Adds a mark at every level from `first` up that keeps it.
pub(crate) fn count(counts: &mut LevelCounts, first: u8, mark: Mark, core: bool) {
    for level in (first..=Sketch::MAX_LEVEL).filter(|l| mark.is_kept_at(*l)) {
        counts[usize::from(level)].all += 1;
        counts[usize::from(level)].core += u16::from(core);
    }
}

impl KnownStory {
    /// Of a text that nobody else has anything of.
    pub(crate) fn alone(marks: &Marks) -> Self {
        let nobody = ArticleId::derive(&[]);
        let mut counts = LevelCounts::default();
        for mark in &marks.all {
            count(&mut counts, marks.level, *mark, mark.place == Place::Core);
        }
        let (story, level, figures) = (StoryId::opened_by(&nobody), marks.level, marks.figures);
        Self { day: 0, site: 0, published: 0, opener: nobody, story, level, counts, figures }
    }
}

/// A claim by article id: its first text's verdict, which every redelivery gets back.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Claim {
    pub(crate) day: u16,
    /// When the newest of its revisions was seen.
    pub(crate) newest: Timestamp,
    /// The first 64 bits of the first text's hash: enough to tell one article's texts apart.
    pub(crate) hash: [u8; 8],
    pub(crate) verdict: Verdict,
}

/// [`Claim::encode`]'s.
pub(crate) type Encoded = Box<[u8]>;

impl Claim {
    pub(crate) fn new(query: &Query, verdict: &Verdict, day: u16) -> Self {
        Self { day, newest: query.observed_at, hash: short_hash(&query.hash), verdict: verdict.clone() }
    }

    /// 27 bytes of a new article, 59 of a copy, 16 more for each story that a whole joins beside. Integers are big-endian.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let verdict = &self.verdict;
        let mut out = self.day.to_be_bytes().to_vec();
        out.extend_from_slice(&self.newest.millis().to_be_bytes()[2..]);
        out.extend_from_slice(&self.hash);
        out.push(match verdict.kind {
            VerdictKind::New => b'n',
            VerdictKind::Revision => b'r',
            VerdictKind::ExactCopy => b'e',
            VerdictKind::NearCopy => b'c',
        });
        let small = |n: u32| u16::try_from(n).unwrap_or(u16::MAX).to_be_bytes();
        out.extend_from_slice(&small(verdict.evidence.postings));
        out.extend_from_slice(&small(verdict.evidence.shared));
        for share in [verdict.evidence.containment, verdict.evidence.jaccard, verdict.score] {
            out.extend_from_slice(&small((share * SHARE).round() as u32));
        }
        if verdict.kind != VerdictKind::New {
            out.extend_from_slice(verdict.story.bytes());
            out.extend_from_slice(verdict.of.as_ref().map_or(&[][..], |of| of.bytes()));
            verdict.also.iter().for_each(|story| out.extend_from_slice(story.bytes()));
        }
        out
    }

    pub(crate) fn decode(bytes: &[u8], article: &ArticleId) -> Option<Self> {
        let mut bytes = Bytes(bytes);
        let day = bytes.u16()?;
        let mut millis = [0; 8];
        millis[2..].copy_from_slice(&bytes.take::<6>()?);
        let hash = bytes.take()?;
        let kind = match bytes.take::<1>()? {
            [b'n'] => VerdictKind::New,
            [b'r'] => VerdictKind::Revision,
            [b'e'] => VerdictKind::ExactCopy,
            [b'c'] => VerdictKind::NearCopy,
            _ => return None,
        };
        let (postings, shared) = (bytes.u16()?.into(), bytes.u16()?.into());
        let mut share = || bytes.u16().map(|n| f32::from(n) / SHARE);
        let (containment, jaccard, score) = (share()?, share()?, share()?);
        let story = bytes.take().map_or_else(|| StoryId::opened_by(article), StoryId::from_bytes);
        let of = bytes.take().map(ArticleId::from_bytes);
        let evidence = Evidence { postings, shared, containment, jaccard, notes: Vec::new() };
        let also = std::iter::from_fn(|| bytes.take().map(StoryId::from_bytes)).collect();
        let verdict = Verdict { kind, story, of, score, evidence, also };
        Some(Self { day, newest: Timestamp(i64::from_be_bytes(millis)), hash, verdict })
    }
}

/// Shares are kept in ten-thousandths; a fresh verdict is rounded likewise, so that a redelivery's equals it.
const SHARE: f32 = 10_000.0;

/// `part` of `whole` in ten-thousandths, 0 of nothing.
pub(crate) fn share(part: u32, whole: u32) -> f32 {
    (part.min(whole) * 10_000).checked_div(whole).unwrap_or(0) as f32 / SHARE
}

pub(crate) fn short_hash(hash: &ContentHash) -> [u8; 8] {
    let mut short = [0; 8];
    short.copy_from_slice(&hash.bytes()[..8]);
    short
}

/// Who has a text, by its exact hash.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Text {
    pub(crate) day: u16,
    pub(crate) article: ArticleId,
    pub(crate) story: StoryId,
}
