//! What is known of kernels' arguments.

use std::collections::HashMap;

use crate::state::map::Map;

/// What is known of kernels' arguments, by kernel and index.
pub type Arguments = Map<u64, HashMap<u32, Known>>;
/// Most arguments of one kernel that anything is remembered of.
pub const MOST: usize = 1024;

/// What is known of an argument, as far as it was asked.
#[derive(Debug, Default)]
pub struct Known {
    pub declared: Option<Declared>,
    pub tried: Option<Option<Tried>>,
}

/// What the vendor says an argument is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declared {
    /// A memory object, a sampler, a queue: its handle.
    Object,
    Plain,
    /// A type of the program's own: a name for a sampler, a queue, or what is plain.
    Named,
    Unknown,
}

/// What the vendor makes of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    /// A null pointer is a value for buffers only (OpenCL 3.0, 5.9.2).
    Buffer,
    /// It looks at no more than the size.
    Bytes,
    /// It refuses no object with this status.
    Refused(i32),
}
