//! What AvA's processes say to each other: identifiers, messages and their bytes.
//!
//! - **Invariant:** nothing here does I/O, reads a clock, or knows a file descriptor; `ava-transport` carries the bytes.
//! - **Invariant:** bytes from a peer are hostile until a checked access has accepted all of them.
#![forbid(unsafe_code)]

pub mod admin;
pub mod api;
pub mod archive;
pub mod control;
pub mod envelope;
pub mod expr;
pub mod flat;
pub mod frame;
pub mod layout;
pub mod sandbox;
pub mod session;
pub mod spec;
pub mod surroundings;
pub mod upcall;
pub mod wire;

/// What the table compiler emits: a module for each API, and the list of them.
mod tables {
    include!(concat!(env!("OUT_DIR"), "/tables.rs"));
}

pub use tables::pkcs11;

/// OpenCL on the wire, with [`custom`](opencl::custom) for what goes by hand.
pub mod opencl {
    pub use crate::tables::opencl::*;

    pub mod custom;
}

/// TensorFlow Lite on the wire, with [`custom`](tflite::custom) for what goes by hand.
pub mod tflite {
    pub use crate::tables::tflite::*;

    pub mod custom;
}
