//! Parameters of graphs' nodes on the wire: structs with handles in them, and memory that they lead to.

use crate::layout::{Rows, boxed};
use crate::spec::StructSpec;
use crate::tables::cuda::kind;
use crate::wire::{Data, Stored};
use rkyv::{Archive, Serialize};

/// A node that is added, changed or asked about.
#[derive(Archive, Serialize, Debug)]
pub struct Node<'a> {
    /// The graph that it is added to, or the executable graph in which it is changed; 0 for none.
    pub graph: u64,
    /// The node; a new one's id.
    pub node: u64,
    /// What a new one waits for.
    pub dependencies: Data<'a>,
    /// `CUgraphEdgeData` of these.
    pub edges: Data<'a>,
    pub count: u64,
    /// The struct, in which addresses that [`Leads`] speaks of are null, and handles are ids.
    pub params: Data<'a>,
    /// What these addresses lead to.
    pub memory: Data<'a>,
    pub context: u64,
}

/// What became of it.
#[derive(Archive, Serialize, Debug)]
pub struct NodeReply {
    pub ret: u32,
    pub made: Stored,
    /// The device memory that a new node allocates.
    pub address: u64,
}

/// The parameters of a node that was asked about.
#[derive(Archive, Serialize, Debug)]
pub struct NodeAnswer {
    pub ret: u32,
    /// As in [`Node`]; nothing of a failed call.
    pub params: Vec<u8>,
    pub memory: Vec<u8>,
    /// Where the arguments of a kernel begin in `memory`.
    pub offsets: Vec<u32>,
}

/// `cuGraphExecUpdate_v2`.
#[derive(Archive, Serialize, Debug)]
pub struct Update {
    pub exec: u64,
    pub graph: u64,
    pub info: bool,
}

#[derive(Archive, Serialize, Debug)]
pub struct UpdateReply {
    pub ret: u32,
    pub result: u32,
    pub node: u64,
    pub from: u64,
}

/// `cuGraphInstantiateWithParams`.
#[derive(Archive, Serialize, Debug)]
pub struct Instantiate {
    pub exec: u64,
    pub graph: u64,
    /// Flags, and the stream to upload to.
    pub params: Option<(u64, u64)>,
}

#[derive(Archive, Serialize, Debug)]
pub struct InstantiateReply {
    pub ret: u32,
    pub made: Stored,
    pub result: u32,
    pub node: u64,
}

/// `cuStreamGetCaptureInfo` from its second form on.
#[derive(Archive, Serialize, Debug)]
pub struct Capture {
    pub stream: u64,
    pub status: bool,
    pub graph: bool,
    /// Whether the program wants to know what the next node is to wait for, and by what edges.
    pub dependencies: bool,
    pub edges: bool,
    pub count: bool,
}

#[derive(Archive, Serialize, Debug)]
pub struct CaptureReply {
    pub ret: u32,
    /// What the driver left in each place, if it wrote there.
    pub status: Option<u32>,
    pub id: Option<u64>,
    pub graph: Option<u64>,
    pub dependencies: Option<Vec<u64>>,
    pub edges: Option<Vec<u8>>,
    pub count: Option<u64>,
}

/// `cuStreamEndCapture`.
#[derive(Archive, Serialize, Debug)]
pub struct EndCapture {
    pub stream: u64,
    /// Whether the program wants the graph.
    pub graph: bool,
}

#[derive(Archive, Serialize, Debug)]
pub struct EndCaptureReply {
    pub ret: u32,
    /// What the driver left in the place of the graph, if it wrote there.
    pub graph: Option<u64>,
}

/// A struct of a node's parameters.
#[derive(Debug)]
pub struct Shape {
    pub spec: StructSpec,
    /// What a `CUgraphNodeParams` begins with.
    pub tag: Option<u32>,
    pub leads: Leads,
    /// Where the driver stores the address of new device memory.
    pub address: Option<usize>,
}

impl Shape {
    /// Whether the node allocates memory or frees some.
    #[must_use]
    pub fn allocates(&self) -> bool {
        const FREES: Option<u32> = Some(11);
        self.address.is_some() || self.tag == FREES
    }
}

/// What a struct leads to, by offsets.
#[derive(Debug)]
pub enum Leads {
    Nowhere,
    /// A kernel's arguments: at one pointer each from an array, or behind the address that follows this array's. The kernel is
    /// one of these handles that is not null.
    Arguments {
        at: usize,
        kernels: &'static [usize],
    },
    /// As many elements as a number says.
    Array {
        at: usize,
        count: usize,
        count_size: usize,
        element: usize,
    },
    /// A `CUDA_MEMCPY3D` here has addresses of either side.
    Copy(usize),
    /// A function of the program's, and behind it what it is called with. On the wire this is the callback's number, 0 for
    /// null, and nothing.
    Function(usize),
}

const fn shape(size: usize, handles: &'static [(usize, u16)], leads: Leads) -> Shape {
    Shape { spec: StructSpec { size, handles, unions: &[], memory: &[], says: None }, tag: None, leads, address: None }
}

/// A `CUgraphNodeParams` of one type of nodes.
const fn tagged(tag: u32, handles: &'static [(usize, u16)], leads: Leads) -> Shape {
    Shape { tag: Some(tag), ..shape(256, handles, leads) }
}

/// `CUDA_KERNEL_NODE_PARAMS_v1`.
pub static KERNEL: Shape = shape(56, &[(0, kind::CUfunction)], Leads::Arguments { at: 40, kernels: &[0] });
/// `CUDA_KERNEL_NODE_PARAMS_v2`.
pub static KERNEL_V2: Shape = shape(
    72,
    &[(0, kind::CUfunction), (56, kind::CUkernel), (64, kind::CUcontext)],
    Leads::Arguments { at: 40, kernels: &[0, 56] },
);
/// `CUDA_MEMCPY3D_v2`.
pub static COPY: Shape = shape(200, &[(56, kind::CUarray), (144, kind::CUarray)], Leads::Copy(0));
/// `CUDA_HOST_NODE_PARAMS_v1`.
pub static FUNCTION: Shape = shape(16, &[], Leads::Function(0));
/// `CUDA_BATCH_MEM_OP_NODE_PARAMS_v1`.
pub static OPERATIONS: Shape =
    shape(32, &[(0, kind::CUcontext)], Leads::Array { at: 16, count: 8, count_size: 4, element: 48 });
/// `CUDA_MEM_ALLOC_NODE_PARAMS_v1`.
pub static ALLOCATION: Shape =
    Shape { address: Some(112), ..shape(120, &[], Leads::Array { at: 88, count: 96, count_size: 8, element: 12 }) };

/// `CUgraphNodeParams` by its first field; `None` for a type of which the parameters do not cross.
#[must_use]
pub fn any(node: u32) -> Option<&'static Shape> {
    const BATCH: Leads = Leads::Array { at: 32, count: 24, count_size: 4, element: 48 };
    const ALLOCATED: Leads = Leads::Array { at: 104, count: 112, count_size: 8, element: 12 };
    static ALL: [Shape; 11] = [
        tagged(
            0,
            &[(16, kind::CUfunction), (72, kind::CUkernel), (80, kind::CUcontext)],
            Leads::Arguments { at: 56, kernels: &[16, 72] },
        ),
        tagged(1, &[(24, kind::CUcontext), (88, kind::CUarray), (176, kind::CUarray)], Leads::Copy(32)),
        tagged(2, &[(56, kind::CUcontext)], Leads::Nowhere),
        tagged(3, &[], Leads::Function(16)),
        tagged(4, &[(16, kind::CUgraph)], Leads::Nowhere),
        tagged(5, &[], Leads::Nowhere),
        tagged(6, &[(16, kind::CUevent)], Leads::Nowhere),
        tagged(7, &[(16, kind::CUevent)], Leads::Nowhere),
        Shape { address: Some(128), ..tagged(10, &[], ALLOCATED) },
        tagged(11, &[], Leads::Nowhere),
        tagged(12, &[(16, kind::CUcontext)], BATCH),
    ];
    ALL.iter().find(|shape| shape.tag == Some(node))
}

/// One side of a `CUDA_MEMCPY3D`, by offsets. Before the kind of memory are the first byte of a row, the row, the layer and the
/// level of detail, behind the array are something reserved, the bytes from one row to the next, and the rows of a layer.
#[derive(Debug, Clone, Copy)]
pub struct Side {
    pub memory: usize,
    pub host: usize,
    pub device: usize,
    pub array: usize,
}

impl Side {
    #[must_use]
    pub const fn x(&self) -> usize {
        self.memory - 32
    }

    #[must_use]
    pub const fn pitch(&self) -> usize {
        self.array + 16
    }

    #[must_use]
    pub const fn height(&self) -> usize {
        self.array + 24
    }

    /// The memory that this side of a copy is of, from where it begins.
    #[must_use]
    pub fn rows(&self, copy: &[u8]) -> Option<Rows> {
        let three = |at: [usize; 3]| at.map(|at| word(copy, at, 8));
        let (pitch, height) = (word(copy, self.pitch(), 8), word(copy, self.height(), 8));
        boxed(three([self.x(), self.x() + 8, self.x() + 16]), three(EXTENT), pitch, height)
    }

    /// Has this side of a copy lie in memory of the host, without gaps.
    pub fn put_flat(&self, copy: &mut [u8], address: u64, rows: &Rows) {
        for at in [self.x(), self.x() + 8, self.x() + 16, self.device, self.array] {
            put(copy, at, 0);
        }
        put(copy, self.memory, HOST.into());
        put(copy, self.host, address);
        put(copy, self.pitch(), rows.row);
        put(copy, self.height(), rows.rows);
    }
}

/// The bytes of a row, the rows, and the layers that a `CUDA_MEMCPY3D` is of.
pub const EXTENT: [usize; 3] = [176, 184, 192];
/// The source and the destination of a `CUDA_MEMCPY3D`.
pub const SIDES: [Side; 2] =
    [Side { memory: 32, host: 40, device: 48, array: 56 }, Side { memory: 120, host: 128, device: 136, array: 144 }];
/// Of host memory, device memory, arrays and unified addresses (`CUmemorytype`).
pub const HOST: u32 = 1;
pub const DEVICE: u32 = 2;
pub const ARRAY: u32 = 3;
pub const UNIFIED: u32 = 4;

/// A number in a struct; 0 beyond its end.
#[must_use]
pub fn word(bytes: &[u8], at: usize, size: usize) -> u64 {
    let mut word = [0; 8];
    if let Some(found) = bytes.get(at..at + size) {
        word[..size].copy_from_slice(found);
    }
    u64::from_le_bytes(word)
}

/// Puts an address, a handle or an id into a struct.
pub fn put(bytes: &mut [u8], at: usize, value: u64) {
    if let Some(place) = bytes.get_mut(at..at + 8) {
        place.copy_from_slice(&value.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use super::*;
    use crate::tables::cuda::c::{
        CUDA_HOST_NODE_PARAMS_v1, CUDA_KERNEL_NODE_PARAMS_v1, CUDA_KERNEL_NODE_PARAMS_v2, CUDA_MEMCPY3D_v2,
    };

    #[test]
    fn shapes_are_the_headers_structs() {
        assert_eq!(KERNEL.spec.size, size_of::<CUDA_KERNEL_NODE_PARAMS_v1>());
        assert_eq!(KERNEL_V2.spec.size, size_of::<CUDA_KERNEL_NODE_PARAMS_v2>());
        assert_eq!(KERNEL_V2.spec.handles[2].0, offset_of!(CUDA_KERNEL_NODE_PARAMS_v2, ctx));
        assert_eq!(COPY.spec.size, size_of::<CUDA_MEMCPY3D_v2>());
        assert_eq!(FUNCTION.spec.size, size_of::<CUDA_HOST_NODE_PARAMS_v1>());
        assert_eq!(offset_of!(CUDA_HOST_NODE_PARAMS_v1, userData), 8);
        let [source, destination] = SIDES;
        assert_eq!(source.device, offset_of!(CUDA_MEMCPY3D_v2, srcDevice));
        assert_eq!(destination.device, offset_of!(CUDA_MEMCPY3D_v2, dstDevice));
        assert_eq!(destination.array, offset_of!(CUDA_MEMCPY3D_v2, dstArray));
        assert_eq!(source.x(), offset_of!(CUDA_MEMCPY3D_v2, srcXInBytes));
        assert_eq!(destination.pitch(), offset_of!(CUDA_MEMCPY3D_v2, dstPitch));
        assert_eq!(destination.height(), offset_of!(CUDA_MEMCPY3D_v2, dstHeight));
        assert_eq!(EXTENT[0], offset_of!(CUDA_MEMCPY3D_v2, WidthInBytes));
    }

    #[test]
    fn what_a_shape_speaks_of_lies_within_it() {
        for tag in 0..20 {
            let Some(shape) = any(tag) else { continue };
            assert_eq!(shape.tag, Some(tag));
            let places = shape.spec.handles.iter().map(|(place, _)| *place).chain(shape.address);
            assert!(places.into_iter().all(|place| place.is_multiple_of(8) && place + 8 <= shape.spec.size), "{tag}");
        }
        // Semaphores of others, and bodies of conditions do not cross.
        assert!([8, 9, 13].into_iter().all(|tag| any(tag).is_none()));
    }

    #[test]
    fn a_side_without_gaps_is_as_large() {
        let mut copy = vec![0; COPY.spec.size];
        let [source, _] = SIDES;
        let words =
            [(source.x(), 4), (source.x() + 8, 1), (source.x() + 16, 2), (source.pitch(), 32), (source.height(), 5)];
        for (at, value) in words.into_iter().chain(EXTENT.into_iter().zip([10, 3, 2])) {
            put(&mut copy, at, value);
        }
        let rows = source.rows(&copy).unwrap();
        assert_eq!((rows.start, rows.row_pitch, rows.slice_pitch), (2 * 160 + 32 + 4, 32, 160));
        source.put_flat(&mut copy, 0x1000, &rows);
        let flat = source.rows(&copy).unwrap();
        assert_eq!((flat.start, flat.bytes(), flat.is_flat()), (0, rows.bytes(), true));
        assert_eq!((word(&copy, source.memory, 8), word(&copy, source.host, 8)), (HOST.into(), 0x1000));
    }

    #[test]
    fn words_beyond_the_end_are_nothing() {
        let mut bytes = [0; 8];
        put(&mut bytes, 0, 0x0102);
        put(&mut bytes, 4, 9);
        assert_eq!((word(&bytes, 0, 4), word(&bytes, 4, 8)), (0x0102, 0));
    }
}
