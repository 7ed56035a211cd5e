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
pub mod session;
pub mod spec;
pub mod upcall;
pub mod wire;

/// OpenCL on the wire: what the table compiler emits, and [`custom`](opencl::custom) beside it.
pub mod opencl {
    include!(concat!(env!("OUT_DIR"), "/opencl.rs"));

    pub mod custom;
}

/// PKCS#11 on the wire.
pub mod pkcs11 {
    include!(concat!(env!("OUT_DIR"), "/pkcs11.rs"));
}

/// TensorFlow Lite on the wire: what the table compiler emits, and [`custom`](tflite::custom) beside it.
pub mod tflite {
    include!(concat!(env!("OUT_DIR"), "/tflite.rs"));

    pub mod custom;
}

/// Of this build's tables and wire: shim and worker must have the same.
pub const FINGERPRINT: u64 = {
    let hash = fingerprint(0xcbf2_9ce4_8422_2325, include_bytes!(concat!(env!("OUT_DIR"), "/opencl.rs")));
    let hash = fingerprint(hash, include_bytes!(concat!(env!("OUT_DIR"), "/pkcs11.rs")));
    fingerprint(hash, include_bytes!(concat!(env!("OUT_DIR"), "/tflite.rs")))
};

/// FNV-1a.
const fn fingerprint(mut hash: u64, bytes: &[u8]) -> u64 {
    let mut i = 0;
    while i < bytes.len() {
        hash = (hash ^ bytes[i] as u64).wrapping_mul(0x100_0000_01b3);
        i += 1;
    }
    hash
}
