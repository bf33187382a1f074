//! Tables in memory, and nothing of what they mean.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::mem::size_of;

/// Parts of a table. Each is a hash table that grows and is swept by itself: of one with twenty million postings either
/// would take a second, in which nobody is answered.
pub(super) const PARTS: usize = 256;

/// A table of one kind of entry. Keys are hashes, or beginnings of one: the first byte tells the part.
#[derive(Debug)]
pub(super) struct Table<const N: usize, V> {
    parts: Vec<HashMap<[u8; N], V, Spread>>,
    len: usize,
}

impl<const N: usize, V> Default for Table<N, V> {
    fn default() -> Self {
        let spread = Spread::default();
        Self { parts: (0..PARTS).map(|_| HashMap::with_hasher(spread)).collect(), len: 0 }
    }
}

impl<const N: usize, V> Table<N, V> {
    pub(super) fn get(&self, key: [u8; N]) -> Option<&V> {
        self.parts[usize::from(key[0])].get(&key)
    }

    /// Returns what was there.
    pub(super) fn put(&mut self, key: [u8; N], value: V) -> Option<V> {
        let before = self.parts[usize::from(key[0])].insert(key, value);
        self.len += usize::from(before.is_none());
        before
    }

    /// Puts back what was there before, and returns what is there now.
    pub(super) fn restore(&mut self, key: [u8; N], before: Option<V>) -> Option<V> {
        let Some(value) = before else {
            let now = self.parts[usize::from(key[0])].remove(&key);
            self.len -= usize::from(now.is_some());
            return now;
        };
        self.put(key, value)
    }

    /// Keeps of one part what is wanted.
    pub(super) fn sweep(&mut self, part: usize, wanted: impl Fn(&[u8; N], &V) -> bool) {
        let entries = &mut self.parts[part % PARTS];
        let before = entries.len();
        entries.retain(|key, value| wanted(key, value));
        self.len -= before - entries.len();
        if entries.capacity() > 4 * entries.len() {
            entries.shrink_to(2 * entries.len());
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Bytes it takes, but for what its values point to. A hash table has a byte of its own for each place, and one place
    /// in eight stays free.
    pub(super) fn bytes(&self) -> usize {
        self.parts.iter().map(|part| part.capacity() * 8 / 7 * (size_of::<([u8; N], V)>() + 1)).sum()
    }
}

/// Keys are spread by a multiplication, since they are hashes; by a number drawn at start, since some are hashes of what
/// anybody may write on a page.
#[derive(Clone, Copy, Debug)]
struct Spread(u64);

impl Default for Spread {
    fn default() -> Self {
        Self(RandomState::new().hash_one(0) | 1)
    }
}

impl BuildHasher for Spread {
    type Hasher = Multiply;

    fn build_hasher(&self) -> Multiply {
        Multiply { by: self.0, state: 0 }
    }
}

struct Multiply {
    by: u64,
    state: u64,
}

impl Hasher for Multiply {
    /// Of a key its last eight bytes, or four: they are as good as all of it.
    fn write(&mut self, bytes: &[u8]) {
        self.state = match (bytes.last_chunk(), bytes.last_chunk()) {
            (Some(eight), _) => u64::from_ne_bytes(*eight),
            (None, Some(four)) => u32::from_ne_bytes(*four).into(),
            (None, None) => 0,
        };
    }

    /// A key's length says nothing: all of a table have one.
    fn write_usize(&mut self, _: usize) {}

    /// The table goes by both ends of the hash.
    fn finish(&self) -> u64 {
        let product = u128::from(self.state) * u128::from(self.by);
        (product >> 64) as u64 ^ product as u64
    }
}
