//! What all blocks of a launch share.

use crate::engine::launch::{Launch, Memory};
use crate::engine::program::Program;
use std::time::Instant;

pub struct Setting<'a> {
    pub program: &'a Program,
    pub launch: &'a Launch<'a>,
    pub memory: &'a dyn Memory,
    /// Where the kernel's parameters are, aligned to 16 bytes.
    pub parameters: u64,
    /// Bytes of them.
    pub parameter_bytes: u64,
    /// Bytes of a block's shared memory.
    pub shared: u32,
    /// Threads of a block.
    pub threads: u32,
    pub start: Instant,
}

impl Setting<'_> {
    /// The block of a number: its x, y and z.
    pub fn block(&self, number: u64) -> [u32; 3] {
        let [x, y, _] = self.launch.grid.map(u64::from);
        [(number % x) as u32, (number / x % y) as u32, (number / x / y) as u32]
    }
}
