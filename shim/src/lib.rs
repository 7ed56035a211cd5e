//! `libava.so`: the vendor's library as the program sees it.
//!
//! Every function of the tables is exported; each call crosses to the session's worker. The same file serves preloaded,
//! behind the SONAME stubs, and as an installable client driver.
//!
//! - **Invariant**: nothing happens before the first API call: no thread, no connection, no allocation, no output.
//! - **Invariant**: nothing here is a check on the program: whoever holds the program holds this library.
//! - **Invariant**: neither a panic nor a signal of ours reaches the program.

mod answers;
mod apis;
mod call;
mod callbacks;
mod cancel;
mod fault;
#[cfg(all(target_arch = "x86_64", target_env = "gnu"))]
mod glibc;
mod handles;
mod known;
mod library;
mod lines;
mod linked;
mod listener;
mod log;
mod maps;
mod memory;
mod opencl;
mod pending;
mod pkcs11;
mod preload;
mod quiet;
mod readable;
mod regions;
mod results;
mod session;
mod stdio;
mod structs;
mod texts;
mod tflite;

/// What the table compiler emits.
// Why its unsafe blocks are sound is said in the emitter, where it can be read and kept true.
#[allow(clippy::all, clippy::undocumented_unsafe_blocks)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/tables.rs"));
}
