//! The table of postings: most of an index, so each takes as little as can be.

use super::tables::Table;
use crate::held::{Part, Posting, StoryNumber};
use std::collections::HashMap;
use std::mem::size_of;

/// A posting in six bytes: a story and its part, or since when it is common. More stories than one, which are rare, lie
/// beside the table.
#[derive(Clone, Copy, Debug)]
struct Short([u8; 6]);

impl Short {
    const COMMON: u8 = 3;
    const SEVERAL: u8 = 4;
}

/// What was in a posting's place.
#[derive(Debug)]
pub(super) struct Before {
    short: Option<Short>,
    several: Option<Box<Posting>>,
}

/// Which stories have a shingle.
#[derive(Debug, Default)]
pub(super) struct Postings {
    /// By the four bytes of a hash: with a posting they take ten, where a number's alignment would make it twelve.
    short: Table<4, Short>,
    several: HashMap<u32, Box<Posting>>,
}

impl Postings {
    pub(super) fn get(&self, hash: u32) -> Option<Posting> {
        let Short([kind, rest @ ..]) = *self.short.get(hash.to_be_bytes())?;
        Some(match kind {
            Short::SEVERAL => self.several.get(&hash)?.as_ref().clone(),
            Short::COMMON => Posting::common(u16::from_be_bytes([rest[0], rest[1]])),
            part => Posting::of(StoryNumber(rest), Part::from_bits(part)),
        })
    }

    /// Returns what was there.
    pub(super) fn put(&mut self, hash: u32, posting: &Posting) -> Before {
        let short = match posting.holders.as_slice() {
            [] => {
                let [high, low] = posting.day.to_be_bytes();
                [Short::COMMON, high, low, 0, 0, 0]
            }
            [(StoryNumber([a, b, c, d, e]), part)] => [part.bits(), *a, *b, *c, *d, *e],
            _ => [Short::SEVERAL, 0, 0, 0, 0, 0],
        };
        let several = (short[0] == Short::SEVERAL).then(|| Box::new(posting.clone()));
        self.restore(hash, Before { short: Some(Short(short)), several })
    }

    /// Puts back what was there before, and returns what is there now.
    pub(super) fn restore(&mut self, hash: u32, before: Before) -> Before {
        let several = match before.several {
            Some(posting) => self.several.insert(hash, posting),
            None if self.several.is_empty() => None,
            None => self.several.remove(&hash),
        };
        Before { short: self.short.restore(hash.to_be_bytes(), before.short), several }
    }

    /// Keeps of one part what is common since `oldest` or held by a story that is there.
    pub(super) fn sweep(&mut self, part: usize, oldest: u16, is_there: impl Fn(&StoryNumber) -> bool) {
        let several = &mut self.several;
        several.retain(|_, posting| posting.keep(&is_there));
        self.short.sweep(part, |hash, Short([kind, rest @ ..])| match *kind {
            Short::SEVERAL => several.contains_key(&u32::from_be_bytes(*hash)),
            Short::COMMON => u16::from_be_bytes([rest[0], rest[1]]) >= oldest,
            _ => is_there(&StoryNumber(*rest)),
        });
    }

    pub(super) fn len(&self) -> usize {
        self.short.len()
    }

    /// Bytes they take, about.
    pub(super) fn bytes(&self) -> usize {
        self.short.bytes() + self.several.capacity() * size_of::<(u32, Box<Posting>, Posting)>()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tables::PARTS;
    use super::*;
    use article::{ArticleId, StoryId};
    use std::collections::BTreeMap;

    fn story(n: u32) -> StoryNumber {
        StoryNumber::of(&StoryId::opened_by(&ArticleId::derive(&[&n.to_be_bytes()])))
    }

    /// Hashes all over, and the same with their last byte alike.
    fn hashes() -> Vec<u32> {
        let spread = (0..4_000u32).map(|n| n.wrapping_mul(0x9E37_79B9));
        let mut hashes: Vec<u32> = spread.flat_map(|hash| [hash, hash | 0xFF]).collect();
        hashes.sort_unstable();
        hashes.dedup();
        hashes
    }

    #[test]
    fn every_posting_is_found_again_as_it_was_put_taken_back_and_swept() {
        let (hashes, mut table) = (hashes(), Postings::default());
        let posting = |n: u32| match n % 3 {
            0 => Posting::common((n % 60) as u16),
            1 => Posting::of(story(n % 7), Part::Edge),
            _ => {
                let mut both = Posting::of(story(n % 7), Part::Core);
                both.holders.push((story(90), Part::Extra));
                both
            }
        };
        let mut expected = BTreeMap::new();
        for (n, hash) in (0..).zip(&hashes) {
            let before = table.put(*hash, &posting(n + 1));
            assert!(before.short.is_none() && before.several.is_none());
            // Written over, taken back and written over again.
            let before = table.put(*hash, &posting(n));
            table.restore(*hash, before);
            assert_eq!(table.get(*hash), Some(posting(n + 1)));
            table.put(*hash, &posting(n));
            expected.insert(*hash, posting(n));
        }
        for hash in &hashes {
            assert_eq!(table.get(*hash), expected.get(hash).cloned(), "{hash:x}");
        }
        assert_eq!(table.len(), expected.len());
        let there = |number: &StoryNumber| *number == story(3) || *number == story(90);
        for part in 0..PARTS {
            table.sweep(part, 30, there);
        }
        expected.retain(|_, posting| if posting.is_common() { posting.day >= 30 } else { posting.keep(there) });
        for hash in &hashes {
            assert_eq!(table.get(*hash), expected.get(hash).cloned(), "{hash:x}");
        }
        assert_eq!(table.len(), expected.len());
    }
}
