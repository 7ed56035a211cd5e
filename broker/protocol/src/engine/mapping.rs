//! Memory of the vendor's that a program reads and writes in place: the program has a mirror of it in a region, unless the
//! object itself lives in one.

use crate::layout::Rows;
use crate::wire::Slice;
use rkyv::{Archive, Serialize};

/// What a call has mapped.
#[derive(Archive, Serialize, Debug)]
pub struct Mapped {
    /// Whether the vendor has mapped anything.
    pub made: bool,
    /// Where the mapping's bytes lie from its address on; they are to be fetched with [`Fetch`].
    pub rows: Rows,
    /// Where in the program's memory the mapping lies, for an object that was made of such; else 0.
    pub address: u64,
    /// The region that the mapping lies in, if the object lives in one, so that there is nothing to fetch; else 0.
    pub region: u32,
    /// Where in that region, in bytes.
    pub offset: u64,
}

impl Mapped {
    /// Of a call that failed.
    pub const NOTHING: Self = Self { made: false, rows: Rows::NOTHING, address: 0, region: 0, offset: 0 };
}

/// Gives the region that holds a mapping's contents from then on; answered with [`Done`](super::Done).
#[derive(Archive, Serialize, Debug)]
pub struct Fetch {
    /// The shim's number for the mapping.
    pub mapping: u64,
    /// `pending` is not 0 if the call that mapped did not wait.
    pub region: Slice,
}
