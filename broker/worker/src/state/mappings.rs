//! What the program has mapped, as the worker knows it.

use std::sync::Arc;

use ava_protocol::layout::Rows;
use ava_transport::region::Region;

use super::map::Map;

/// The session's mappings, by the shim's numbers.
pub type Mappings = Map<u64, Mapping>;

/// Memory that the vendor has mapped for the program.
pub struct Mapping {
    /// What is mapped.
    pub object: u64,
    pub pointer: usize,
    /// Where its bytes lie from the pointer on; what lies between is not the mapping's.
    pub rows: Rows,
    pub queue: u64,
    /// Whether what the vendor has is to be seen by the program.
    pub shows: bool,
    pub writes: bool,
    /// The event of a mapping that does not block, and whether the program holds it.
    pub event: Option<(usize, bool)>,
    pub region: Option<Arc<Region>>,
    /// The program has this very memory.
    pub shared: bool,
    pub pending: u64,
}

/// Most mappings at once.
pub const MOST: usize = 64 << 10;
