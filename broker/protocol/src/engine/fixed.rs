//! Memory that the program and the worker have at the same address, so that what the vendor's devices do with addresses means
//! the same to the program.
//!
//! The program makes a region at an address, and sends it along with the call that is to use it: the worker maps the region
//! there as well, or says that the address is taken there, and the program tries another.

use crate::wire::Slice;
use rkyv::{Archive, Serialize};

/// Where the program has a region, all of which the worker is to map there, too.
#[derive(Archive, Serialize, Debug, Clone, Copy)]
pub struct Offer {
    pub region: Slice,
    pub address: u64,
}

/// What addresses are tried first: nobody else places memory here.
pub const USUAL: std::ops::Range<usize> = 0x3000_0000_0000..0x4000_0000_0000;
