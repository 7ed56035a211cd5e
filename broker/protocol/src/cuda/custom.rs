//! Wire types of the CUDA functions that the table leaves to hand-written code.

use crate::engine::fixed::Offer;
use crate::layout::{self, Rows};
use crate::wire::{Data, Place, Returned, Stored};
use rkyv::{Archive, Serialize};

/// A status only.
#[derive(Archive, Serialize, Debug)]
pub struct Status {
    pub ret: u32,
}

/// `cuLaunchKernel` and its like.
#[derive(Archive, Serialize, Debug)]
pub struct Launch<'a> {
    pub function: u64,
    /// In blocks.
    pub grid: [u32; 3],
    /// In threads.
    pub block: [u32; 3],
    /// Dynamic shared memory of a block, in bytes.
    pub shared: u32,
    pub stream: u64,
    /// The kernel's arguments, laid out as it takes them; null if the program passed none.
    pub arguments: Data<'a>,
    /// `CUlaunchAttribute`s, all of which [`crosses`] allows; null for a function that takes none.
    pub attributes: Data<'a>,
    /// All blocks run at once, and may wait for each other.
    pub cooperative: bool,
}

/// What the driver says of a [`Launch`] that is not made: how many clusters, or how many blocks one has.
#[derive(Archive, Serialize, Debug)]
pub struct Clusters {
    pub ret: u32,
    pub count: i32,
}

/// The size of a `CUlaunchAttribute`, in words of 8 bytes: the first has its number in its lower half.
pub const ATTRIBUTE: usize = 9;

/// `CU_LAUNCH_ATTRIBUTE_COOPERATIVE`.
pub const COOPERATIVE: u32 = 2;

/// Whether an attribute (`CUlaunchAttributeID`) is plain numbers. Others name events, or return handles of nodes.
#[must_use]
pub fn crosses(attribute: u32) -> bool {
    const PROGRAMMATIC_EVENT: u32 = 7;
    const LAUNCH_COMPLETION_EVENT: u32 = 12;
    const DEVICE_UPDATABLE_NODE: u32 = 13;
    const LAST: u32 = 16;
    attribute <= LAST && ![PROGRAMMATIC_EVENT, LAUNCH_COMPLETION_EVENT, DEVICE_UPDATABLE_NODE].contains(&attribute)
}

/// What `cuMemHostAlloc` and its like ask for: memory of the host, which the program has made.
#[derive(Archive, Serialize, Debug)]
pub struct HostMemory {
    pub offer: Offer,
    /// In bytes, as the program gave it: the region has whole pages.
    pub size: u64,
    /// Of `cuMemHostRegister`.
    pub flags: u32,
}

#[derive(Archive, Serialize, Debug)]
pub struct HostMade {
    /// Whether the worker had room at the address. If not, the driver was not asked.
    pub placed: bool,
    pub ret: u32,
}

/// An address in memory of the host, and what else a function about it takes.
#[derive(Archive, Serialize, Debug)]
pub struct HostAddress {
    pub address: u64,
    pub flags: u32,
}

/// What the driver says of an address.
#[derive(Archive, Serialize, Debug)]
pub struct HostAnswer {
    pub ret: u32,
    pub value: u64,
}

/// `CU_MEMORYTYPE_HOST`, `…_ARRAY` and `…_UNIFIED`.
pub const HOST: u32 = 1;
pub const ARRAY: u32 = 3;
pub const UNIFIED: u32 = 4;

/// `cuMemcpy`, `cuMemcpy2D`, `cuMemcpy3D` and their like: a copy of a box, of which a line and a rectangle are kinds.
#[derive(Archive, Serialize, Debug)]
pub struct Copy<'a> {
    pub to: End,
    pub from: End,
    /// Bytes of a row, rows, and layers.
    pub extent: [u64; 3],
    pub stream: u64,
    /// What the program's memory holds, if the copy is from there; else null.
    pub source: Data<'a>,
    /// Room for what goes into the program's memory, if the copy goes there; else null.
    pub target: Place,
}

/// Where a copy begins or ends.
#[derive(Archive, Serialize, Debug, Clone, Copy, Default)]
pub struct End {
    /// The first byte of a row, the row, and the layer.
    pub at: [u64; 3],
    /// Level of detail.
    pub lod: u64,
    /// `CUmemorytype`, as the program says.
    pub memory: u32,
    /// It is the program's memory, whose bytes travel with the call.
    pub travels: bool,
    /// What does not travel, unless it is an array.
    pub address: u64,
    pub array: u64,
    pub context: u64,
    /// Bytes from one row to the next.
    pub pitch: u64,
    /// Rows from one layer to the next.
    pub height: u64,
}

impl ArchivedEnd {
    /// Memory of the program's.
    #[must_use]
    pub fn rows(&self, extent: [u64; 3]) -> Option<Rows> {
        let at = [self.at[0].to_native(), self.at[1].to_native(), self.at[2].to_native()];
        layout::boxed(at, extent, self.pitch.to_native(), self.height.to_native())
    }
}

/// The answer to a [`Copy`].
#[derive(Archive, Serialize, Debug)]
pub struct Copied<'a> {
    pub ret: u32,
    pub target: Returned<'a>,
}

/// `cuModuleLoadDataEx`, `cuLibraryLoadData`, `cuLinkCreate` and `cuLinkAddData`: code that is compiled with options.
#[derive(Archive, Serialize, Debug)]
pub struct Compile<'a> {
    /// What is made of it, 0 if the program does not ask for it; or the link state that it is added to.
    pub object: u64,
    pub code: Data<'a>,
    /// `CUjitInputType`, of what is added to a link state.
    pub input: u32,
    pub name: Data<'a>,
    /// Pairs of a `CUjit_option` and its value, 8 bytes each.
    pub options: Data<'a>,
}

/// What came of it.
#[derive(Archive, Serialize, Debug)]
pub struct Compiled {
    pub ret: u32,
    pub made: Stored,
    /// What the call's own options say now, and those of its link state.
    pub told: Told,
    pub link: Told,
}

/// `cuLinkComplete`, and then again for the code that has come of it.
#[derive(Archive, Serialize, Debug)]
pub struct Complete {
    pub state: u64,
    /// Whether the program asks for the code.
    pub wanted: bool,
    /// Not null: for the code that is kept, of which the vendor is not asked again.
    pub code: Place,
}

/// What came of it.
#[derive(Archive, Serialize, Debug)]
pub struct Completed<'a> {
    pub ret: u32,
    pub size: u64,
    pub code: Returned<'a>,
    pub link: Told,
}

/// Options after a call: values that come out, and logs.
#[derive(Archive, Serialize, Debug, Default)]
pub struct Told {
    /// As many as there are options; those of logs are 0.
    pub values: Vec<u64>,
    /// What has been written to the logs, of information and of errors.
    pub logs: [Vec<u8>; 2],
}

/// As many options a call has at most.
pub const MOST_OPTIONS: usize = 1024;

/// Longest log of a compilation, in bytes.
pub const LONGEST_LOG: usize = 16 << 10;

/// What the value of an option (`CUjit_option`) is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jit {
    /// A number, which the driver may change.
    Number,
    /// The address of a log of information (0) or of errors (1), or its size in bytes.
    Log(usize),
    LogSize(usize),
    /// Addresses of something else, or nothing that is known.
    Refused,
}

impl Jit {
    /// What the value of an option is.
    #[must_use]
    pub fn of(option: u64) -> Self {
        const GLOBAL_SYMBOL_NAMES: u64 = 17;
        const GLOBAL_SYMBOL_ADDRESSES: u64 = 18;
        const REFERENCED_KERNEL_NAMES: u64 = 25;
        const REFERENCED_VARIABLE_NAMES: u64 = 27;
        const LAST: u64 = 33;
        match option {
            3 => Self::Log(0),
            4 => Self::LogSize(0),
            5 => Self::Log(1),
            6 => Self::LogSize(1),
            GLOBAL_SYMBOL_NAMES | GLOBAL_SYMBOL_ADDRESSES | REFERENCED_KERNEL_NAMES | REFERENCED_VARIABLE_NAMES => {
                Self::Refused
            }
            0..=LAST => Self::Number,
            _ => Self::Refused,
        }
    }
}

/// `cuPointerGetAttribute` and `cuPointerGetAttributes`.
#[derive(Archive, Serialize, Debug)]
pub struct Attributes {
    pub pointer: u64,
    /// `CUpointer_attribute`s, all of which have a [`Value`].
    pub keys: Vec<u32>,
}

/// Their values, as many.
#[derive(Archive, Serialize, Debug)]
pub struct Values {
    pub ret: u32,
    pub values: Vec<u64>,
}

/// What the value of an attribute of a pointer (`CUpointer_attribute`) is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// A number of so many bytes.
    Number(usize),
    /// A handle of this type.
    Handle(u16),
}

impl Value {
    /// How many bytes the driver stores.
    #[must_use]
    pub fn size(self) -> usize {
        match self {
            Self::Number(size) => size,
            Self::Handle(_) => size_of::<usize>(),
        }
    }

    /// What the value of an attribute is; `None` if that is not known, or a token for the kernel.
    #[must_use]
    pub fn of(attribute: u32) -> Option<Self> {
        Some(match attribute {
            1 => Self::Handle(super::kind::CUcontext),
            17 => Self::Handle(super::kind::CUmemoryPool),
            // The kind of memory, the device, what it may do; and flags, which NVIDIA's runtime reads as numbers, from places
            // that it has not cleared.
            2 | 6 | 8 | 9 | 10 | 13 | 15 | 16 | 21 => Self::Number(4),
            // Addresses, sizes, numbers of buffers and of blocks, handle types.
            3 | 4 | 7 | 11 | 12 | 14 | 18 | 19 | 20 => Self::Number(8),
            _ => return None,
        })
    }
}
