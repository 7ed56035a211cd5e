//! Wire types of the OpenCL functions that the table leaves to hand-written code.

#![allow(non_snake_case)]

use crate::wire::Data;
use rkyv::{Archive, Serialize};

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
