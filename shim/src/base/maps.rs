//! Concurrent maps. What a map costs without an entry is left behind with each lost session, so it is small on machines with
//! many processors too.

use std::hash::{BuildHasher, Hash};

use dashmap::DashMap;

/// Shards of a map that every call may look into, and of one that few do.
const BUSY: usize = 16;
const QUIET: usize = 2;

/// A map that many threads use at once.
pub fn busy<K: Eq + Hash, V, S: Default + BuildHasher + Clone>() -> DashMap<K, V, S> {
    DashMap::with_hasher_and_shard_amount(S::default(), BUSY)
}

/// A map that is seldom used.
pub fn quiet<K: Eq + Hash, V, S: Default + BuildHasher + Clone>() -> DashMap<K, V, S> {
    DashMap::with_hasher_and_shard_amount(S::default(), QUIET)
}
