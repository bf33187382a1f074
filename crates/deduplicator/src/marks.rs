//! A text's sketch as the index keeps it.

use article::{Figures, Place, Sketch};

/// A kept shingle, in five bytes.
///
/// Of its hash four are enough (the low ones: the high ones are small in every sketch): among the 36 million shingles of
/// a million articles one in 120 falls on another by chance, and counts for nothing, as what is common does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Mark {
    pub(crate) hash: u32,
    /// The coarsest level it is kept at.
    coarsest: u8,
    /// Where it first stands.
    pub(crate) place: Place,
    /// Whether a word of it has a digit.
    pub(crate) figure: bool,
    /// Whether it was common once its article was remembered: known of what a record says.
    pub(crate) common: bool,
}

impl Mark {
    /// Bytes of an encoded one.
    pub(crate) const BYTES: usize = 5;

    fn of(mark: &article::Mark) -> Self {
        let coarsest = (0..=Sketch::MAX_LEVEL).rev().find(|level| mark.is_kept_at(*level)).unwrap_or(0);
        Self { hash: mark.hash as u32, coarsest, place: mark.place, figure: mark.figure, common: false }
    }

    /// Whether a sketch of `level` keeps it too.
    pub(crate) fn is_kept_at(self, level: u8) -> bool {
        level <= self.coarsest
    }

    /// Its hash, big-endian, and what it is: from the highest bit on whether it is common, its coarsest level, whether it
    /// has a figure, whether it stands in the core.
    pub(crate) fn encode(self) -> [u8; Self::BYTES] {
        let [a, b, c, d] = self.hash.to_be_bytes();
        let what = [self.common, self.figure, self.place == Place::Core].map(u8::from);
        [a, b, c, d, 128 * what[0] + 4 * self.coarsest + 2 * what[1] + what[2]]
    }

    pub(crate) fn decode([a, b, c, d, kind]: [u8; Self::BYTES]) -> Self {
        Self {
            hash: u32::from_be_bytes([a, b, c, d]),
            coarsest: kind % 128 / 4,
            place: if kind % 2 == 1 { Place::Core } else { Place::Edge },
            figure: kind & 2 == 2,
            common: kind >= 128,
        }
    }
}

/// What the index is told of a text.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Marks {
    /// The level of its sketch.
    pub(crate) level: u8,
    /// The order of its figures.
    pub(crate) figures: Figures,
    pub(crate) all: Vec<Mark>,
}

impl Marks {
    pub(crate) fn of(sketch: &Sketch) -> Self {
        Self { level: sketch.level(), figures: sketch.figures(), all: sketch.marks().iter().map(Mark::of).collect() }
    }
}
