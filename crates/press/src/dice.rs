//! Chance that repeats itself.

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, SeedableRng};

/// A source of chance that a seed and a few labels determine: the same seed and labels throw the same dice on
/// every machine. The generator is named, and the reduction to a range is written out here, so that neither
/// changes behind our back with a release of a library.
pub(crate) struct Dice(Xoshiro256PlusPlus);

impl Dice {
    /// The dice for one purpose: `labels` say which (article 17, revision 2).
    pub(crate) fn new(seed: u64, labels: &[u64]) -> Self {
        let mixed = labels.iter().fold(mix(seed), |state, label| mix(state ^ mix(*label)));
        Self(Xoshiro256PlusPlus::seed_from_u64(mixed))
    }

    /// A number from 0 to `n` − 1; 0 where `n` is 0. Lemire's multiplication, without its rejection step: the
    /// bias is below 2⁻⁴⁰ for every `n` used here.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        usize::try_from((u128::from(self.0.next_u64()) * n as u128) >> 64).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = usize::try_from(high.saturating_sub(low).saturating_add(1)).unwrap_or(1);
        low.saturating_add(i64::try_from(self.below(span)).unwrap_or(0))
    }

    /// True in `percent` of a hundred throws.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of `items`; none of an empty slice.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }
}

/// SplitMix64's finaliser: neighbouring labels must not give neighbouring dice.
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// FNV-1a of `bytes`: entity tags and labels made of names.
pub(crate) fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3))
}
