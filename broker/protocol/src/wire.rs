//! The layout of arguments in a frame: the types of the generated requests and replies.
//!
//! The shim serializes the borrowed forms; the worker reads the archived forms after rkyv's checks, from a private copy of
//! the frame.

use rkyv::with::{InlineAsBox, Map};
use rkyv::{Archive, Serialize};

/// Input bytes of a call.
#[derive(Archive, Serialize, Debug)]
pub enum Data<'a> {
    /// A null pointer.
    Null,
    /// A pointer that is not null and that the call does not read.
    Unread,
    /// A pointer to memory that the program cannot read: the vendor gets an unreadable one, too.
    Unreadable,
    /// The bytes, in the frame.
    Inline(#[rkyv(with = InlineAsBox)] &'a [u8]),
    /// The bytes, translated by the shim (handles became ids), in the frame.
    Translated(Vec<u8>),
    /// The bytes, in a region.
    Region(Slice),
    /// The bytes, in memory that both sides have at the same address. Where the vendor does no more than copy them, it uses
    /// them there, also after the call.
    Fixed(Extent),
}

impl ArchivedData<'_> {
    /// How many bytes there are; `None` for what is not read.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        match self {
            Self::Null | Self::Unread | Self::Unreadable => None,
            Self::Inline(bytes) => Some(bytes.len() as u64),
            Self::Translated(bytes) => Some(bytes.len() as u64),
            Self::Region(slice) => Some(slice.len.to_native()),
            Self::Fixed(extent) => Some(extent.len.to_native()),
        }
    }
}

/// `len` bytes of a shared region, from `offset` on.
#[derive(Archive, Serialize, Debug, Clone, Copy, PartialEq, Eq)]
#[rkyv(derive(Clone, Copy, PartialEq))]
pub struct Slice {
    pub region: u32,
    pub offset: u64,
    pub len: u64,
    /// Not 0: the region stays in use after the call, until the command that uses it has completed; the worker then sends
    /// this number in a notice.
    pub pending: u64,
}

/// `len` bytes from an address on that means the same on both sides.
#[derive(Archive, Serialize, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    pub address: u64,
    pub len: u64,
}

/// An array of texts or byte strings. Lengths that the program passed travel beside it.
#[derive(Archive, Serialize, Debug)]
pub struct Texts<'a> {
    /// Whether the array pointer itself was null.
    pub null: bool,
    #[rkyv(with = Map<InlineText>)]
    pub items: Vec<Option<&'a [u8]>>,
    /// Used if the array is not null: the items, each as its length in 8 bytes and its bytes; `items` says which are null.
    pub more: Data<'a>,
}

/// `Option<&[u8]>` as an optional box of bytes, for [`Texts`].
pub type InlineText = Map<InlineAsBox>;

/// Memory for output of a call.
#[derive(Archive, Serialize, Debug, Clone, Copy)]
pub enum Place {
    /// A null pointer.
    Null,
    /// Returned in the reply.
    Inline,
    /// One scalar, returned in the reply; `0` holds the program's value, so that it stays if the vendor does not write it.
    Scalar(u64),
    /// A slice of a region, from its start.
    Region(Slice),
    /// Less than the call says, since the program's memory ends there: a slice of a region, or nothing. The vendor gets
    /// memory that ends there, too.
    Cut(Option<Slice>),
    /// Memory that both sides have at the same address, into which the vendor writes, also after the call.
    Fixed(Extent),
}

/// What a call has stored in the place of a new object.
#[derive(Archive, Serialize, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// Nothing that counts.
    Untouched,
    Null,
    /// The object.
    Made,
}

/// The descriptor that comes with a reply.
#[derive(Archive, Serialize, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Brought {
    /// There is none.
    Nothing,
    /// The vendor closes it when the process executes another program.
    ClosedOnExec,
    /// It does not.
    Inherited,
}

/// Output of a call.
#[derive(Archive, Serialize, Debug)]
pub enum Returned<'a> {
    /// Nothing was written.
    Untouched,
    Inline(#[rkyv(with = InlineAsBox)] &'a [u8]),
    /// As many bytes at the start of the region that the request named.
    Region(u64),
}
