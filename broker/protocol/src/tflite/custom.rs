//! Wire types of the TensorFlow Lite functions that the table leaves to hand-written code: tensors and delegates.

use rkyv::{Archive, Deserialize, Serialize};

use crate::wire::{Data, Slice, Texts};

/// Calls in addition to the API's functions.
pub mod own {
    /// Sends the memory for a tensor's data: [`Memory`](super::Memory), answered with [`Done`](super::Done).
    pub const MEMORY: u32 = 0x8000_0000;
    /// The next piece of data that did not fit in a frame: [`AskPiece`](super::AskPiece), answered with
    /// [`Piece`](super::Piece).
    pub const PIECE: u32 = 0x8000_0001;
}

/// Identifies a tensor of an interpreter, or of a signature runner by name.
#[derive(Archive, Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum Role {
    Input(i32),
    Output(i32),
    Tensor(i32),
    Variable(i32),
    InputOfName(Vec<u8>),
    OutputOfName(Vec<u8>),
}

/// The fields of a `TfLiteTensor`, without its data.
#[derive(Archive, Serialize, Deserialize, Debug, Clone, PartialEq)]
pub struct Tensor {
    pub ty: u32,
    pub dims: Option<Vec<i32>>,
    pub scale: f32,
    pub zero_point: i32,
    pub allocation_type: u32,
    pub bytes: u64,
    pub has_data: bool,
    pub name: Option<Vec<u8>>,
    pub buffer_handle: i32,
    pub data_is_stale: bool,
    pub is_variable: bool,
    pub quantization_type: i32,
    pub affine: Option<Affine>,
    pub dims_signature: Option<Vec<i32>>,
}

/// The contents of a `TfLiteAffineQuantization`.
#[derive(Archive, Serialize, Deserialize, Debug, Clone, PartialEq)]
pub struct Affine {
    pub scales: Option<Vec<f32>>,
    pub zero_points: Option<Vec<i32>>,
    pub dimension: i32,
}

/// A tensor that the program holds, by the worker's number for it, with the interpreter that it belongs to.
#[derive(Archive, Serialize, Deserialize, Debug, Clone, PartialEq)]
pub struct Shown {
    pub number: u64,
    pub interpreter: u64,
    pub tensor: Tensor,
}

/// Changed tensors for the program, as `mirrors` in replies: archived, or nothing.
#[derive(Archive, Serialize, Deserialize, Debug, Clone, PartialEq)]
pub enum Mirrors {
    Here(Vec<Shown>),
    /// More than fits into a frame: `len` bytes, to be fetched in pieces, which are a `Vec<Shown>`, archived.
    Parcel {
        number: u64,
        len: u64,
    },
}

/// Asks for the piece that begins at `offset`.
#[derive(Archive, Serialize, Debug)]
pub struct AskPiece {
    pub parcel: u64,
    pub offset: u64,
}

/// A piece; the data is freed after its last.
#[derive(Archive, Serialize, Debug)]
pub struct Piece {
    pub bytes: Vec<u8>,
}

/// Asks for a tensor.
#[derive(Archive, Serialize, Debug)]
pub struct GetTensor {
    /// An interpreter, or a signature runner.
    pub object: u64,
    pub role: Role,
}

/// The tensor's number, 0 for none, and the changed tensors: [`Mirrors`], archived, or nothing.
#[derive(Archive, Serialize, Debug)]
pub struct GotTensor {
    pub number: u64,
    pub mirrors: Vec<u8>,
}

/// The slice of a region that holds a tensor's data from now on.
#[derive(Archive, Serialize, Debug)]
pub struct Memory {
    pub number: u64,
    pub slice: Slice,
}

/// The status or answer of a call.
#[derive(Archive, Serialize, Debug)]
pub struct Done {
    pub ret: u32,
}

/// Asks something of a tensor; answered with [`Done`].
#[derive(Archive, Serialize, Debug)]
pub struct AskTensor {
    pub number: u64,
}

/// `TfLiteTensorRealloc`
#[derive(Archive, Serialize, Debug)]
pub struct Realloc {
    pub number: u64,
    pub bytes: u64,
}

/// Its answer.
#[derive(Archive, Serialize, Debug)]
pub struct Reallocated {
    pub ret: u32,
    pub mirrors: Vec<u8>,
}

/// `TfLiteXNNPackDelegateCreate`; `given` is false for null options.
#[derive(Archive, Serialize, Debug)]
pub struct CreateXnnpack {
    pub new_object: u64,
    pub given: bool,
    pub num_threads: i32,
    pub flags: u32,
    pub handle_variable_ops: bool,
}

/// `TfLiteExternalDelegateCreate`
#[derive(Archive, Serialize, Debug)]
pub struct CreateExternal<'a> {
    pub new_object: u64,
    pub library: Data<'a>,
    pub keys: Texts<'a>,
    pub values: Texts<'a>,
}

/// Whether the delegate was made.
#[derive(Archive, Serialize, Debug)]
pub struct Created {
    pub made: bool,
}

/// The release of a delegate.
#[derive(Archive, Serialize, Debug)]
pub struct Delete {
    pub delegate: u64,
}
