//! The APIs that this library stands in for: what is generated from each table, and what is said by hand.
//!
//! Each has a slot of its own, and registers it as the library is loaded; nothing else knows which there are.

mod cuda;
mod nvml;
mod opencl;
mod pkcs11;
mod runtime;
mod slot;
mod tflite;

/// What the table compiler emits.
// Why its unsafe blocks are sound is said in the emitter, where it can be read and kept true.
#[allow(clippy::all, clippy::undocumented_unsafe_blocks)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/tables.rs"));
}
