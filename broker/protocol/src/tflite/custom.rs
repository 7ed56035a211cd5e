//! Wire types of the TensorFlow Lite functions that the table leaves to hand-written code: those of delegates.

use rkyv::{Archive, Serialize};

use crate::wire::{Data, Texts};

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
