//! What a launch is given, and how it may end.

use super::texture::{Image, Texture};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Memory that a launch may use; what is outside ends it.
pub trait Memory: Sync {
    /// The range that `address` is in: addresses of this process that stay readable and writable during the launch.
    fn range(&self, address: u64) -> Option<Range<u64>>;

    /// The texture of a handle.
    fn texture(&self, handle: u64) -> Option<Arc<Texture>>;

    /// The image of a surface's handle.
    fn surface(&self, handle: u64) -> Option<Image>;
}

pub struct Launch<'a> {
    /// Blocks in x, y and z.
    pub grid: [u32; 3],
    /// Threads of a block in x, y and z; at most 1,024 in all.
    pub block: [u32; 3],
    /// Bytes of shared memory beyond what the kernel declares.
    pub dynamic_shared: usize,
    /// `Kernel::parameter_bytes` bytes, each parameter at its offset.
    pub parameters: &'a [u8],
    /// All blocks run by turns, so that they may wait for each other.
    pub cooperative: bool,
    /// Ends the launch when set.
    pub stop: &'a AtomicBool,
    /// Takes what `printf` in kernels prints.
    pub print: &'a (dyn Fn(&[u8]) + Sync),
}
