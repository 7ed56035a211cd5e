//! A compiled kernel: functions as steps over slots.

pub use super::lanes::Slot;
use super::lanes::{LANES, Mask, Op, Operands};
use super::texture::Shape;

/// Addresses of functions, which hold no memory: this and 16 bytes for each function of the module.
pub const FUNCTION_ADDRESS: u64 = 0xF000_0000_0000_0000;
/// Multiprocessors that blocks are said to run on.
pub const PROCESSORS: u32 = 16;

#[derive(Default)]
pub struct Program {
    pub code: Vec<Instruction>,
    /// The kernel, and what it calls.
    pub functions: Vec<Function>,
    /// Bytes of shared variables; what a launch adds lies behind.
    pub shared: u32,
    /// Bytes of local memory that a thread needs.
    pub stack: u32,
    /// Functions by address.
    pub addresses: Vec<(u64, u32)>,
}

#[derive(Default)]
pub struct Function {
    /// Where its code begins.
    pub entry: u32,
    /// Bytes of an activation's registers.
    pub registers: u32,
    /// Bytes of an activation's local memory.
    pub local: u32,
    pub constants: Vec<Constant>,
    pub specials: Vec<(Special, Slot)>,
    pub parameters: Vec<Place>,
    pub results: Vec<Place>,
}

/// A slot that has the same value in all lanes.
#[derive(Clone, Copy)]
pub struct Constant {
    pub slot: Slot,
    /// Bytes of the value of a lane; 0 for a predicate.
    pub width: u8,
    pub value: u128,
    /// The value is an offset behind the program's shared variables.
    pub behind_shared: bool,
}

/// Special registers that keep their value in an activation (PTX ISA, "Special Registers").
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Special {
    /// With the axis: 0 for x.
    Thread(u8),
    Threads(u8),
    Block(u8),
    Blocks(u8),
    Lane,
    Warp,
    Warps,
    Processor,
    Grid,
    /// Lanes that compare so with one's own.
    LanesEqual,
    LanesBelow,
    LanesNotAbove,
    LanesAbove,
    LanesNotBelow,
    DynamicShared,
    TotalShared,
}

/// Where a parameter or result is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Register {
        slot: Slot,
        bytes: u32,
    },
    /// In the activation's local memory.
    Local {
        offset: u32,
        bytes: u32,
    },
}

impl Place {
    pub fn bytes(self) -> u32 {
        let (Place::Register { bytes, .. } | Place::Local { bytes, .. }) = self;
        bytes
    }
}

pub struct Instruction {
    /// A predicate; the step is for the lanes that have it.
    pub guard: Slot,
    /// All ones where it is for those that have it not.
    pub flip: Mask,
    pub step: Step,
}

pub enum Step {
    Pure(Op, Operands),
    Load(Box<Access>),
    Store(Box<Access>),
    Atomic(Box<Atomic>),
    Sample(Box<Sample>),
    Surface(Box<SurfaceAccess>),
    Query(Box<Query>),
    /// Copies at once what may be copied later (`cp.async`).
    Copy(Box<Copy>),
    Branch(u32),
    BranchIndexed(Box<BranchIndexed>),
    Call(Box<Call>),
    Builtin(Box<Builtin>),
    Return,
    Exit,
    Trap,
    Barrier(Box<Barrier>),
    Collective(Box<Collective>),
    /// Lanes that are together.
    ActiveMask(Slot),
    Convert(Box<Convert>),
    /// The address of the activation's local memory and an offset in it.
    LocalAddress {
        d: Slot,
        wide: bool,
        offset: u32,
    },
    Clock {
        d: Slot,
        clock: Clock,
    },
    Fence,
    /// Others come first.
    Sleep,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Space {
    Global,
    Generic,
    /// Offsets in the block's shared memory.
    Shared,
    /// Offsets in the thread's local memory.
    Local,
    /// Offsets in the activation's part of it.
    Activation,
    /// Offsets in the kernel's parameters.
    Param,
}

/// An address: a slot and an offset.
#[derive(Clone, Copy)]
pub struct Address {
    pub base: Slot,
    /// Whether the base has 64 bits.
    pub wide: bool,
    pub offset: i64,
    pub space: Space,
}

/// Moves between memory and the slots of a vector.
pub struct Access {
    pub address: Address,
    /// Bytes of an element.
    pub unit: u32,
    pub slots: Vec<Slot>,
    pub transfer: Transfer,
    /// One value of 4 bytes, in shared memory at an address of 32 bits: the most frequent of all.
    pub word: Option<Word>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Word {
    Load,
    Store,
}

/// Moves an element of each lane between its address and a slot.
///
/// # Safety
///
/// The registers hold the slot, and the addresses of the mask's lanes may be accessed with the element's size.
pub type Transfer = unsafe fn(registers: *mut u8, slot: Slot, addresses: &[u64; LANES], mask: Mask);

pub struct Atomic {
    pub address: Address,
    /// Bytes of the value.
    pub unit: u32,
    pub operands: Operands,
    pub run: AtomicOp,
}

/// Changes the value at an address: old = [address]; [address] = f(old, b, c); d = old.
///
/// # Safety
///
/// As of [`Transfer`], with all slots of the operands.
pub type AtomicOp = unsafe fn(registers: *mut u8, operands: &Operands, addresses: &[u64; LANES], mask: Mask);

/// Where a texture or surface is accessed.
pub struct Coordinates {
    pub shape: Shape,
    /// As many as it has dimensions, of 32 bits.
    pub slots: Vec<Slot>,
    pub layer: Option<Slot>,
    /// They are integers.
    pub is_whole: bool,
}

/// A read of a texture, whose handle is a u64.
pub struct Sample {
    pub object: Slot,
    pub at: Coordinates,
    /// The level of detail, of the coordinates' type.
    pub level: Option<Slot>,
    /// It reads this number of four elements.
    pub gathers: Option<usize>,
    pub d: [Slot; 4],
}

/// Moves between a surface and the slots of a vector.
pub struct SurfaceAccess {
    pub object: Slot,
    pub at: Coordinates,
    pub beyond: Beyond,
    /// Bytes of an element.
    pub unit: u32,
    /// Bytes of a value in a slot.
    pub width: usize,
    pub slots: Vec<Slot>,
    pub transfer: Transfer,
    pub is_store: bool,
}

/// What an access beyond the edge of a surface does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Beyond {
    /// It ends the launch.
    Trap,
    /// It is at the edge.
    Clamp,
    /// It reads 0, and writes nothing.
    Zero,
}

/// Something that a kernel asks of a texture or a surface.
pub struct Query {
    pub object: Slot,
    pub d: Slot,
    pub asked: Asked,
    pub is_surface: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    Width,
    Height,
    Depth,
    Layers,
}

pub struct Copy {
    pub to: Address,
    pub from: Address,
    pub bytes: u32,
    /// How many of the bytes come from the source, a u32; the rest is 0.
    pub size: Option<Slot>,
}

pub struct BranchIndexed {
    /// A u32.
    pub index: Slot,
    pub targets: Vec<u32>,
}

pub struct Call {
    pub target: Target,
    pub arguments: Vec<Place>,
    pub results: Vec<Place>,
}

pub enum Target {
    Function(u32),
    /// A u64 of a function's address.
    Address(Slot),
}

/// A function that the device's system has (CUDA Programming Guide).
pub struct Builtin {
    pub function: System,
    pub arguments: Vec<Place>,
    pub results: Vec<Place>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum System {
    Print,
    Assert,
    Allocate,
    Free,
}

pub struct Barrier {
    /// A u32.
    pub number: Slot,
    /// How many threads take part, a u32; None for all.
    pub count: Option<Slot>,
    pub kind: BarrierKind,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BarrierKind {
    Sync,
    /// Does not wait.
    Arrive,
    /// How many threads have the predicate, as a u32.
    Count {
        predicate: Slot,
        flip: Mask,
        d: Slot,
    },
    /// Whether all or any have it, as a predicate.
    All {
        predicate: Slot,
        flip: Mask,
        d: Slot,
    },
    Any {
        predicate: Slot,
        flip: Mask,
        d: Slot,
    },
}

/// What lanes do together.
pub struct Collective {
    /// Lanes that take part, a u32; None for those that are together.
    pub members: Option<Slot>,
    pub kind: CollectiveKind,
    pub d: Slot,
    pub a: Slot,
    pub b: Slot,
    pub c: Slot,
    /// A second result, a predicate.
    pub predicate: Option<Slot>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CollectiveKind {
    Sync,
    Shuffle(Shuffle),
    /// Of the predicate a, flipped by the mask.
    Vote(Vote, Mask),
    MatchAny {
        wide: bool,
    },
    MatchAll {
        wide: bool,
    },
    Reduce(Reduce),
    Elect,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shuffle {
    Up,
    Down,
    Butterfly,
    Index,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Vote {
    All,
    Any,
    Uniform,
    Ballot,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reduce {
    Add,
    MinUnsigned,
    MaxUnsigned,
    MinSigned,
    MaxSigned,
    And,
    Or,
    Xor,
}

/// Between addresses of a space and generic ones, in slots of 64 bits.
pub struct Convert {
    pub kind: ConvertKind,
    pub space: Space,
    pub d: Slot,
    pub a: Slot,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConvertKind {
    ToGeneric,
    FromGeneric,
    /// Whether a generic address is of the space: d is a predicate.
    IsOf,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Clock {
    Low,
    High,
    /// 64 bits.
    Cycles,
    /// 64 bits, nanoseconds.
    Nanoseconds,
    NanosecondsLow,
    NanosecondsHigh,
}
