//! What goes between the two sides about structs of which the program has an image ([`crate::image`]).

use rkyv::{Archive, Deserialize, Serialize};

use crate::wire::Slice;

/// Calls beside an API's functions.
pub mod opcode {
    /// Where the program is to find a struct's data: [`Memory`](super::Memory), answered with [`Told`](super::Told).
    pub const MEMORY: u32 = 0xc000_0000;
    /// The next piece of what did not fit in a frame: [`AskPiece`](super::AskPiece), answered with
    /// [`Piece`](super::Piece).
    pub const PIECE: u32 = 0xc000_0001;
}

/// A struct that the program has, by the worker's number for it, with the object that it belongs to.
#[derive(Archive, Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub number: u64,
    pub owner: u64,
    pub image: Vec<u8>,
}

/// What the program is to be shown anew, as `mirrors` in replies: archived, or nothing.
#[derive(Archive, Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum Mirrors {
    Here(Vec<Shown>),
    /// More than a frame holds: a parcel of `len` bytes, to be fetched in pieces, which are a `Vec<Shown>`, archived.
    Parcel {
        number: u64,
        len: u64,
    },
}

/// Asks for the piece of a parcel that begins at `offset`.
#[derive(Archive, Serialize, Debug)]
pub struct AskPiece {
    pub parcel: u64,
    pub offset: u64,
}

/// A piece of a parcel, which is gone after its last.
#[derive(Archive, Serialize, Debug)]
pub struct Piece {
    pub bytes: Vec<u8>,
}

/// The slice of a region in which the program finds a struct's data from now on.
#[derive(Archive, Serialize, Debug)]
pub struct Memory {
    pub number: u64,
    pub slice: Slice,
}

/// The worker has heard it.
#[derive(Archive, Serialize, Debug)]
pub struct Told {}
