//! What AvA's processes say to each other: identifiers, messages and their bytes.
//!
//! - **Invariant:** nothing here does I/O, reads a clock, or knows a file descriptor; `ava-transport` carries the bytes.
//! - **Invariant:** bytes from a peer are hostile until a checked access has accepted all of them.
#![forbid(unsafe_code)]

pub mod admin;
pub mod api;
pub mod archive;
pub mod control;
pub mod expr;
pub mod flat;
pub mod frame;
pub mod layout;
pub mod sandbox;
pub mod session;
pub mod spec;
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

/// Of this build's tables and wire: shim and worker must have the same.
pub const FINGERPRINT: u64 = fingerprint(include_bytes!(concat!(env!("OUT_DIR"), "/tables.rs")));

/// FNV-1a.
const fn fingerprint(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325;
    let mut i = 0;
    while i < bytes.len() {
        hash = (hash ^ bytes[i] as u64).wrapping_mul(0x100_0000_01b3);
        i += 1;
    }
    hash
}
