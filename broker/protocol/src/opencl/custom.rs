//! Wire types of the OpenCL functions that the table leaves to hand-written code.

#![allow(non_snake_case)]

use crate::layout::Rows;
use crate::wire::{Data, Slice, Texts};
use rkyv::{Archive, Deserialize, Serialize};

/// A status only.
#[derive(Archive, Serialize, Debug)]
pub struct Status {
    pub ret: i32,
}

/// `clSetKernelArg`: only the worker can tell whether the argument is an object.
pub mod clSetKernelArg {
    use super::*;

    #[derive(Archive, Serialize, Debug)]
    pub struct Request<'a> {
        pub kernel: u64,
        pub arg_index: u32,
        pub arg_size: u64,
        pub arg_value: Data<'a>,
        /// The id and kind of the object whose handle is in the value's first 8 bytes, or 0.
        pub object: u64,
        pub kind: u16,
    }
}

/// `clBuildProgram` and `clCompileProgram`; the latter has `input_headers`.
pub mod build {
    use super::*;

    #[derive(Archive, Serialize, Debug)]
    pub struct Request<'a> {
        pub program: u64,
        pub num_devices: u32,
        pub device_list: Data<'a>,
        pub options: Data<'a>,
        /// [`Headers`], serialized; empty if nothing is included.
        pub headers: Data<'a>,
        pub num_input_headers: u32,
        pub input_headers: Data<'a>,
        pub header_include_names: Texts<'a>,
        pub pfn_notify: u64,
        pub user_data: bool,
    }

    /// The files that the program's sources include, with their paths in the program's file system. Paths are absolute,
    /// without `.` and `..`.
    #[derive(Archive, Serialize, Deserialize, Debug, Default, PartialEq, Eq)]
    pub struct Headers {
        /// The program's working directory.
        pub cwd: Vec<u8>,
        /// Paths and contents.
        pub files: Vec<(Vec<u8>, Vec<u8>)>,
        /// Directories that a path passes through with `..`, so that they have to exist.
        pub passed: Vec<Vec<u8>>,
        /// Whether an absolute path is included.
        pub from_root: bool,
    }
}

/// `clEnqueueMapBuffer`, `clEnqueueMapImage`.
pub mod map {
    use super::*;

    #[derive(Archive, Serialize, Debug)]
    pub struct Request<'a> {
        pub command_queue: u64,
        pub object: u64,
        pub blocking: bool,
        pub flags: u64,
        pub extent: Extent,
        pub num_events_in_wait_list: u32,
        pub event_wait_list: Data<'a>,
        pub event: u64,
        pub errcode_ret: bool,
        /// The shim's number for the mapping.
        pub mapping: u64,
        /// The number of the pending transfer of a non-blocking mapping.
        pub pending: u64,
    }

    #[derive(Archive, Serialize, Debug, Clone, Copy)]
    pub enum Extent {
        Buffer { offset: u64, size: u64 },
        Image { origin: Option<[u64; 3]>, region: Option<[u64; 3]>, slice_pitch: bool, row_pitch: bool },
    }

    #[derive(Archive, Serialize, Debug)]
    pub struct Reply {
        pub mapped: bool,
        pub status: i32,
        pub event: bool,
        pub row_pitch: u64,
        pub slice_pitch: u64,
        /// The mapping's bytes, relative to its address; fetched with [`super::fetch`].
        pub rows: Rows,
        /// The mapping's address in the program's memory, for an object made with such memory; else 0.
        pub address: u64,
        /// The region of the mapping, if the object lives in one, so that there is nothing to fetch; else 0.
        pub region: u32,
        /// The offset in that region.
        pub offset: u64,
    }
}

/// Second half of a mapping: sends the region that receives its contents.
pub mod fetch {
    use super::*;

    #[derive(Archive, Serialize, Debug)]
    pub struct Request {
        pub mapping: u64,
        /// `pending` is not 0 if the mapping is non-blocking.
        pub region: Slice,
    }
}

/// The two calls of a mapping.
#[derive(Archive, Serialize, Debug)]
pub enum MapCall<'a> {
    Map(map::Request<'a>),
    Fetch(fetch::Request),
}

pub mod clEnqueueUnmapMemObject {
    use super::*;

    #[derive(Archive, Serialize, Debug)]
    pub struct Request<'a> {
        pub command_queue: u64,
        pub memobj: u64,
        /// 0 for an address that is no mapping.
        pub mapping: u64,
        /// The map command had not completed, as far as the program could know: there is nothing to write back.
        pub unseen: bool,
        pub num_events_in_wait_list: u32,
        pub event_wait_list: Data<'a>,
        pub event: u64,
    }

    #[derive(Archive, Serialize, Debug)]
    pub struct Reply {
        pub ret: i32,
        pub event: bool,
    }
}

/// `clGetExtensionFunctionAddress…`.
pub mod lookup {
    use super::*;

    #[derive(Archive, Serialize, Debug)]
    pub struct Request<'a> {
        /// 0 to ask the loader rather than a platform.
        pub platform: u64,
        pub name: Data<'a>,
    }

    #[derive(Archive, Serialize, Debug)]
    pub struct Reply {
        /// Whether the vendor has a function of this name.
        pub found: bool,
        /// The version of its extension, which determines its prototype; zeros for a function of no extension.
        pub version: (u32, u32, u32),
    }
}

/// Calls in addition to the API's functions, with opcodes that no function has.
pub mod own {
    pub const CREATE_RESIDENT: u32 = 0x8000_0000;
    pub const READ_RESIDENT: u32 = 0x8000_0001;
    pub const WRITE_RESIDENT: u32 = 0x8000_0002;
    pub const SHARE_BOARD: u32 = 0x8000_0003;
    pub const POLL: u32 = 0x8000_0004;
}

/// The status of commands in shared memory, so that polling an event needs no round trip.
///
/// The board is one region of [`board::SLOTS`] words; several events may share a word, by their ids. The worker writes, the
/// shim reads.
pub mod board {
    use super::*;

    pub const SLOTS: u64 = 512;
    pub const BYTES: u64 = SLOTS * 8;

    /// The index of an event's word.
    pub fn slot(event: u64) -> usize {
        (event % SLOTS) as usize
    }

    /// The word of an event whose command has this status. [`OVER`] stands for all final ones.
    pub fn word(event: u64, status: i32) -> u64 {
        event << 8 | status.clamp(OVER, 0xff) as u64
    }

    /// The event and the status of a word.
    pub fn read(word: u64) -> (u64, i32) {
        (word >> 8, (word & 0xff) as i32)
    }

    /// The command has completed, or failed.
    pub const OVER: i32 = 0;

    /// Sends the board's region; answered with a [`Status`].
    #[derive(Archive, Serialize, Debug)]
    pub struct Share {
        pub region: Slice,
    }

    /// Asks for the status of a command, and to show it on the board from now on.
    #[derive(Archive, Serialize, Debug)]
    pub struct Poll {
        pub event: u64,
    }

    #[derive(Archive, Serialize, Debug)]
    pub struct Polled {
        pub ret: i32,
        pub status: i32,
    }
}

/// Buffers in a region, on devices that work on the memory of the host: the program itself copies what it reads and writes,
/// directly from and to the device's memory.
pub mod resident {
    use super::*;

    /// `clCreateBuffer`.
    #[derive(Archive, Serialize, Debug)]
    pub struct Create {
        pub context: u64,
        pub flags: u64,
        /// The whole buffer.
        pub region: Slice,
        pub new_object: u64,
    }

    #[derive(Archive, Serialize, Debug)]
    pub struct Created {
        /// Whether the context's devices work on such memory. If not, no buffer was created.
        pub suits: bool,
        pub made: bool,
        pub status: i32,
    }

    /// Blocking `clEnqueueReadBuffer` and `clEnqueueWriteBuffer`: the command takes its place in the queue and moves a byte,
    /// and the program copies the rest when it has completed.
    #[derive(Archive, Serialize, Debug)]
    pub struct Transfer<'a> {
        pub command_queue: u64,
        pub buffer: u64,
        pub offset: u64,
        pub size: u64,
        /// The first byte, for a write.
        pub first: u8,
        pub num_events_in_wait_list: u32,
        pub event_wait_list: Data<'a>,
        pub event: u64,
    }

    #[derive(Archive, Serialize, Debug)]
    pub struct Transferred {
        pub ret: i32,
        pub event: bool,
        /// Whether the command succeeded. A vendor may accept a command that fails because of an event.
        pub done: bool,
    }
}
