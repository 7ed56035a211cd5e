//! Calls of the engines: what both sides do together beside the functions of an API, for any API that needs it.

pub mod board;
pub mod files;
pub mod fixed;
pub mod mapping;
pub mod resident;

/// Numbers that no function of an API has.
pub mod opcode {
    pub const CREATE_RESIDENT: u32 = 0x8000_0000;
    pub const READ_RESIDENT: u32 = 0x8000_0001;
    pub const WRITE_RESIDENT: u32 = 0x8000_0002;
    pub const SHARE_BOARD: u32 = 0x8000_0003;
    pub const POLL: u32 = 0x8000_0004;
    pub const FETCH_MAPPING: u32 = 0x8000_0005;
}

use rkyv::{Archive, Serialize};

/// A reply that says no more than that the call was served.
#[derive(Archive, Serialize, Debug)]
pub struct Done {}
