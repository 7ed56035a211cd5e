//! Memory objects that live in a region, where the device works on the memory of the host: what the program reads and writes
//! it then copies itself, straight from and to where the device has it.

use crate::wire::{Data, Slice, Stored};
use rkyv::{Archive, Serialize};

/// Makes a memory object.
#[derive(Archive, Serialize, Debug)]
pub struct Create {
    /// What it is made of: a context.
    pub of: u64,
    /// As the program gave them.
    pub flags: u64,
    /// All of its memory.
    pub region: Slice,
    /// The number that the shim has given to that memory: by it the worker tells when the vendor uses the memory no more.
    pub place: u32,
    pub new_object: u64,
}

#[derive(Archive, Serialize, Debug)]
pub struct Created {
    /// Whether what it is made of has memory in regions. If not, nothing was tried.
    pub suits: bool,
    pub made: bool,
    /// The vendor's.
    pub status: i64,
}

/// A read or a write that waits: the command takes its place in the queue and moves a byte, and the program moves the rest
/// when it has completed.
#[derive(Archive, Serialize, Debug)]
pub struct Transfer<'a> {
    pub queue: u64,
    pub object: u64,
    /// In bytes.
    pub offset: u64,
    pub size: u64,
    /// The first byte, for a write.
    pub first: u8,
    pub wait_count: u32,
    pub wait_list: Data<'a>,
    pub event: u64,
}

#[derive(Archive, Serialize, Debug)]
pub struct Transferred {
    /// The vendor's status.
    pub status: i64,
    /// Whether it stands for success.
    pub accepted: bool,
    /// The event.
    pub event: Stored,
    /// Whether the command has done what it was to do. A vendor may accept one that an event keeps from it.
    pub done: bool,
}
