//! Shingles and sketches: what two texts have in common, from a few numbers of each.
//!
//! A shingle is five words in a row, in the form of [`crate::normalise`]; in scripts that do not part words
//! a character stands for a part of a word. A sketch keeps those whose hash falls below a threshold
//! (FracMinHash: Irber et al. 2022, after Broder 1997 “On the resemblance and containment of documents”),
//! so that the same shingle is kept in every text or in none: shared marks estimate both Jaccard and
//! containment, and marks can be left out afterwards (what turned out to be boilerplate) without bias.

use crate::text::is_unspaced_script;

/// Where in its text a shingle stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Place {
    /// In the middle half, and only once. What surrounds an article (a disclaimer, a newsletter box) stands
    /// at its ends or is said twice; an article's own story is in its middle.
    Core,
    /// Elsewhere.
    Edge,
}

/// A kept shingle.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    /// Its hash.
    pub hash: u64,
    /// Where it first stands.
    pub place: Place,
    /// Whether a word of it has a digit. Yesterday's market report has today's words and other figures.
    pub figure: bool,
}

impl Mark {
    /// Whether a sketch of `level` keeps it too.
    pub fn is_kept_at(&self, level: u8) -> bool {
        self.hash <= threshold(level)
    }
}

/// A text's sketch. Level L keeps one shingle in 2^(L/2): short texts are kept more densely, so that a decision
/// about them rests on enough marks, and of two texts of different levels the marks kept at the coarser one compare.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sketch {
    level: u8,
    shingles: u32,
    marks: Vec<Mark>,
    figures: Figures,
}

/// Which figures follow each other in a text: a bit, by its hash, for each two in a row.
///
/// What a frame leaves open is filled in with figures (temperatures, prices, results), one by one much alike from day to
/// day; their order is as good as a fingerprint, and the words that an editor changes between them don't touch it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Figures(u128);

impl Figures {
    /// How many bits there are.
    pub const BITS: u32 = 128;

    /// From [`Figures::bytes`].
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }

    /// Sixteen bytes for an index to keep.
    pub fn bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// How many bits are set: less than the pairs where two share a bit.
    pub fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// How many bits both have.
    pub fn shared(self, other: Self) -> u32 {
        (self.0 & other.0).count_ones()
    }

    fn of(tokens: &[Token]) -> Self {
        let hashes = tokens.iter().filter(|t| t.figure).map(|t| t.hash);
        let pairs = hashes.clone().zip(hashes.skip(1));
        Self(pairs.fold(0, |bits, (one, next)| bits | 1 << (mix(mix(one).wrapping_add(next)) >> 57)))
    }
}

impl Sketch {
    /// The coarsest level: one in 16, about 37 marks of a news text of 600 words.
    pub const MAX_LEVEL: u8 = 8;
    /// Only so many shingles from the beginning are looked at: a whole book costs no more than a long report.
    pub const MAX_SHINGLES: usize = 16_384;
    /// Most marks kept: twice what so many shingles give, so that only a text made to fall below the threshold meets it.
    pub const MAX_MARKS: usize = 2048;
    /// Marks that any level but the first is expected to keep: a text has between 36 and 51 of them, unless it is very
    /// short or very long. Fewer, and chance decides about an edited copy; more, and the index grows.
    const TARGET_MARKS: u64 = 36;

    /// Of a text as it stands on its page.
    pub fn of_text(text: &str) -> Self {
        Self::of_normalised(&crate::normalise(text))
    }

    /// Of a text in the form of [`crate::normalise`].
    pub fn of_normalised(text: &str) -> Self {
        let tokens = tokens(text);
        let mut shingles = shingled(&tokens);
        shingles.truncate(Self::MAX_SHINGLES);
        let mut by_hash: Vec<(u64, usize)> = shingles.iter().enumerate().map(|(at, (hash, _))| (*hash, at)).collect();
        by_hash.sort_unstable();
        let distinct = u32::try_from(by_hash.chunk_by(|a, b| a.0 == b.0).count()).unwrap_or(u32::MAX);
        let expected = |level: u8| (u128::from(distinct) * u128::from(threshold(level))) >> 64;
        let enough = |level: &u8| expected(*level) >= u128::from(Self::TARGET_MARKS);
        let level = (0..=Self::MAX_LEVEL).rev().find(enough).unwrap_or(0);
        let core = shingles.len() / 4..shingles.len() - shingles.len() / 4;
        let mark = |same: &[(u64, usize)]| {
            let (hash, first) = same[0];
            let place = if same.len() == 1 && core.contains(&first) { Place::Core } else { Place::Edge };
            Mark { hash, place, figure: shingles[first].1 }
        };
        let kept = by_hash.partition_point(|(hash, _)| *hash <= threshold(level));
        let marks = by_hash[..kept].chunk_by(|a, b| a.0 == b.0).map(mark).take(Self::MAX_MARKS).collect();
        Self { level, shingles: distinct, marks, figures: Figures::of(&tokens) }
    }

    /// 0 keeps every shingle, 1 one in √2, [`Sketch::MAX_LEVEL`] one in 16.
    pub fn level(&self) -> u8 {
        self.level
    }

    /// Distinct shingles of the text.
    pub fn shingles(&self) -> u32 {
        self.shingles
    }

    /// The order of its figures.
    pub fn figures(&self) -> Figures {
        self.figures
    }

    /// What was kept, by hash.
    pub fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// Estimates of two texts' overlap from their sketches alone: (share of this text that is in `other`,
    /// share of `other` that is in this text, share of both together that is common). Zeros where nothing was kept.
    pub fn overlap(&self, other: &Sketch) -> (f32, f32, f32) {
        let level = self.level.max(other.level);
        let kept = |s: &Sketch| s.marks.iter().filter(|m| m.is_kept_at(level)).map(|m| m.hash).collect::<Vec<_>>();
        let (a, b) = (kept(self), kept(other));
        let shared = a.iter().filter(|h| b.binary_search(h).is_ok()).count();
        let share = |of: usize| if of == 0 { 0.0 } else { shared as f32 / of as f32 };
        (share(a.len()), share(b.len()), share(a.len() + b.len() - shared))
    }
}

/// The largest hash that a level keeps: 2^64 halved for every two levels.
fn threshold(level: u8) -> u64 {
    let octave = u64::MAX >> (level / 2);
    // The square root of a half, in 65,536ths.
    if level.is_multiple_of(2) { octave } else { (octave >> 16) * 46_341 }
}

/// What a shingle weighs: five words, ten Han or Kana characters, twenty of Thai and its like.
const SHINGLE_WEIGHT: u32 = 5 * WORD;
const WORD: u32 = 4;

/// The hashes of a normalised text's shingles, in order, repetitions included. A text shorter than one
/// shingle has none.
pub fn shingles(text: &str) -> Vec<u64> {
    shingled(&tokens(text)).into_iter().map(|(hash, _)| hash).collect()
}

/// [`shingles`], each with whether a word of it has a digit.
fn shingled(tokens: &[Token]) -> Vec<(u64, bool)> {
    let mut out = Vec::with_capacity(tokens.len());
    let (mut end, mut weight, mut figures) = (0, 0, 0);
    for start in 0..tokens.len() {
        while weight < SHINGLE_WEIGHT && end < tokens.len() {
            weight += tokens[end].weight;
            figures += u32::from(tokens[end].figure);
            end += 1;
        }
        if weight < SHINGLE_WEIGHT {
            break;
        }
        let hash = mix(tokens[start..end].iter().fold(SEED, |h, token| mix(h ^ token.hash).wrapping_mul(PRIME)));
        out.push((hash, figures > 0));
        weight -= tokens[start].weight;
        figures -= u32::from(tokens[start].figure);
    }
    out
}

/// A word, or a single character of a script that does not part words.
struct Token {
    hash: u64,
    weight: u32,
    /// Whether it has a digit.
    figure: bool,
}

impl Token {
    fn new(text: &str, weight: u32) -> Self {
        let digit = |c: char| c.is_ascii_digit() || (!c.is_ascii() && c.is_numeric());
        Self { hash: hash_bytes(text.as_bytes()), weight, figure: text.contains(digit) }
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let mut out = Vec::with_capacity(text.len() / 5);
    for word in text.split(' ').filter(|w| !w.is_empty()) {
        if word.is_ascii() {
            out.push(Token::new(word, WORD));
            continue;
        }
        let mut start = 0;
        for (at, c) in word.char_indices() {
            if is_unspaced_script(c) {
                if start < at {
                    out.push(Token::new(&word[start..at], WORD));
                }
                start = at + c.len_utf8();
                let thai_like = matches!(c as u32, 0x0E00..=0x109F | 0x1780..=0x17FF);
                out.push(Token::new(&word[at..start], if thai_like { 1 } else { 2 }));
            }
        }
        if start < word.len() {
            out.push(Token::new(&word[start..], WORD));
        }
    }
    out
}

const SEED: u64 = 0x9E37_79B9_7F4A_7C15;
const PRIME: u64 = 0x0000_0100_0000_01B3;

/// In the manner of FNV-1a, eight bytes at a time. Hashes are kept in indexes and compared across releases: never change it
/// without a new index version.
fn hash_bytes(bytes: &[u8]) -> u64 {
    let mut h = 0xCBF2_9CE4_8422_2325 ^ bytes.len() as u64;
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        h = mix(h ^ u64::from_le_bytes(word)).wrapping_mul(PRIME);
    }
    h
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): every bit of the input reaches every bit of the output,
/// which a threshold on hashes needs.
fn mix(mut h: u64) -> u64 {
    h = (h ^ (h >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    h = (h ^ (h >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    h ^ (h >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(from: usize, to: usize) -> String {
        (from..to).map(|i| format!("word{}", i * 7919 % 100_003)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_text_shorter_than_a_shingle_has_none() {
        assert!(shingles("one two three four").is_empty());
        assert_eq!(shingles("one two three four five").len(), 1);
        assert_eq!(Sketch::of_text("").shingles(), 0);
    }

    #[test]
    fn scripts_without_spaces_are_compared_by_characters() {
        let whole = "台風は今夜関東地方に最も接近する見込みで気象庁は大雨や暴風に警戒を呼びかけている";
        let part = "気象庁は大雨や暴風に警戒を呼びかけている";
        let (a, b) = (shingles(&crate::normalise(whole)), shingles(&crate::normalise(part)));
        assert_eq!(a.len(), whole.chars().count() - 9);
        assert!(b.iter().all(|h| a.contains(h)));
        assert_eq!(shingles("สวัสดีชาวโลกวันนี้อากาศดีมาก").len(), "สวัสดีชาวโลกวันนี้อากาศดีมาก".chars().count() - 19);
    }

    #[test]
    fn short_texts_are_kept_more_densely() {
        assert_eq!(Sketch::of_text(&words(0, 50)).level(), 0);
        assert_eq!(Sketch::of_text(&words(0, 600)).level(), 8);
        let half = Sketch::of_text(&words(0, 200));
        assert_eq!(half.level(), 4);
        assert!((30..70).contains(&half.marks().len()), "{}", half.marks().len());
    }

    #[test]
    fn a_part_is_contained_in_the_whole_and_typography_does_not_count() {
        let whole = Sketch::of_text(&words(0, 2000));
        let part = Sketch::of_text(&words(500, 1000).replace("word1", "Word1").replace(' ', "  "));
        let (of_part, of_whole, jaccard) = part.overlap(&whole);
        assert!(of_part > 0.95, "{of_part}");
        assert!((0.15..0.35).contains(&of_whole), "{of_whole}");
        assert!((0.15..0.35).contains(&jaccard), "{jaccard}");
        assert_eq!(whole.overlap(&Sketch::of_text(&words(3000, 5000))), (0.0, 0.0, 0.0));
    }

    #[test]
    fn what_stands_at_the_ends_or_twice_is_not_core() {
        let box_text = words(9000, 9040);
        let text = format!("{box_text} {} {box_text}", words(0, 40));
        let boxed: std::collections::BTreeSet<u64> = shingles(&crate::normalise(&box_text)).into_iter().collect();
        let sketch = Sketch::of_text(&text);
        assert!(sketch.marks().iter().any(|m| m.place == Place::Core));
        assert!(sketch.marks().iter().all(|m| m.place == Place::Edge || !boxed.contains(&m.hash)));
    }

    #[test]
    fn a_shingle_with_a_digit_is_a_figure() {
        let figures = |text: &str| shingled(&tokens(text)).into_iter().map(|(_, figure)| figure).collect::<Vec<_>>();
        assert_eq!(figures("up to 17 degrees in the afternoon"), [true, true, true]);
        assert_eq!(figures("up to seventeen degrees in the"), [false, false]);
        assert_eq!(figures("今日の東京の最高気温は2 8度"), [false, false, true, true, true, true, true]);
        assert_eq!(figures("अधिकतम तापमान २८ डिग्री रहेगा"), [true]);
    }

    #[test]
    fn the_order_of_figures_outlasts_other_words_and_tells_one_days_figures_from_anothers() {
        let report = |word: &str, day: u64| {
            (0..20).map(|i| format!("{word} {} degrees", (i * i + day * (i + 3)) % 31)).collect::<Vec<_>>().join(" ")
        };
        let figures = |text: &str| Sketch::of_text(text).figures();
        let monday = figures(&report("about", 1));
        assert!((15..=19).contains(&monday.count()), "{}", monday.count());
        assert_eq!(monday, figures(&report("only", 1)), "the same figures between other words");
        let (tuesday, whole) = (figures(&report("about", 2)), monday.count());
        assert!(monday.shared(tuesday) < whole / 2, "{}", monday.shared(tuesday));
        assert_eq!(monday.shared(figures(&format!("{} and 99 more", report("about", 1)))), whole, "a part of a whole");
        assert_eq!(figures("one figure: 7").count(), 0);
        assert_eq!(Figures::from_bytes(monday.bytes()), monday);
    }

    #[test]
    fn hashes_stay_the_same_across_releases() {
        assert_eq!(shingles("the quick brown fox jumps"), [HASH_OF_THE_FOX]);
        assert_eq!(Sketch::of_text("17 of 25").figures(), Figures(1 << BIT_OF_17_25));
    }

    /// What indexes hold: a change of it makes every index a stranger.
    const HASH_OF_THE_FOX: u64 = 2_312_041_818_250_426_876;
    const BIT_OF_17_25: u32 = 96;

    proptest! {
        #[test]
        fn a_finer_level_holds_all_of_a_coarser_one(hash: u64) {
            let mark = Mark { hash, place: Place::Core, figure: false };
            for level in 1..=Sketch::MAX_LEVEL {
                prop_assert!(!mark.is_kept_at(level) || mark.is_kept_at(level - 1));
            }
        }
    }
}
