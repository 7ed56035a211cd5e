//! Concurrent maps.

use dashmap::DashMap;
use foldhash::fast::FixedState;

/// A map by numbers. The worker's own program is the only one who could choose them badly, and would be the only one who waits.
pub type Map<K, V> = DashMap<K, V, FixedState>;
