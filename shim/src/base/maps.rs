//! Concurrent maps. What a map costs without an entry is left behind with each lost session, so it is small on machines with
//! many processors too.

use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher};

use dashmap::DashMap;

/// Shards of a map that every call may look into, and of one that few do.
const BUSY: usize = 16;
const QUIET: usize = 2;

/// A map by the numbers that this library gives to objects. The program is the only one who could choose them badly, and would
/// be the only one who waits.
pub type ById<V> = DashMap<u64, V, BuildHasherDefault<Spread>>;

/// Spreads the bits of a number: multiplying moves them up, folding brings them down again.
#[derive(Default, Clone)]
pub struct Spread(u64);

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64((*byte).into()));
    }

    #[inline]
    fn write_u64(&mut self, number: u64) {
        let wide = u128::from(self.0 ^ number) * 0x9E37_79B9_7F4A_7C15;
        self.0 = wide as u64 ^ (wide >> 64) as u64;
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}

/// A map that many threads use at once.
pub fn busy<K: Eq + Hash, V, S: Default + BuildHasher + Clone>() -> DashMap<K, V, S> {
    DashMap::with_hasher_and_shard_amount(S::default(), BUSY)
}

/// A map that is seldom used.
pub fn quiet<K: Eq + Hash, V, S: Default + BuildHasher + Clone>() -> DashMap<K, V, S> {
    DashMap::with_hasher_and_shard_amount(S::default(), QUIET)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_a_row_are_spread_over_shards_and_places() {
        let hash = |number: u64| {
            let mut hasher = Spread::default();
            hasher.write_u64(number);
            hasher.finish()
        };
        // Shards are chosen by bits at the top, places in one by those at the bottom.
        for shift in [0, 53] {
            let mut hits = [0_u32; 16];
            (1..=4096).for_each(|number| hits[(hash(number) >> shift) as usize % 16] += 1);
            assert!(hits.iter().all(|hits| (128..=384).contains(hits)), "{shift}: {hits:?}");
        }
    }
}
