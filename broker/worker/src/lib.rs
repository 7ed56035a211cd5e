//! The worker: it owns the vendor's library on behalf of one program. `main.rs` is the process, this library what it does;
//! the fuzzer in `fuzz/` uses it without a process around it.
//!
//! - **Invariant**: one session per process; it has no network and opens no path that a tenant named.
//! - **Invariant**: what a tenant can write is copied before it is looked at, and checked before it is used.
//! - **Invariant**: nothing is said to the program's standard output and error but what the vendor says.

mod api;
mod call;
mod engine;
mod memory;
mod session;
mod state;
mod upcall;
mod vendor;

/// What the table compiler emits. That its unsafe blocks are sound is argued there: the header check holds the table to the
/// vendor's prototypes, and `call` to what each argument needs.
#[allow(clippy::all, clippy::undocumented_unsafe_blocks)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/tables.rs"));
}

pub use api::{Api, Served, load, opencl, pkcs11, tflite};
pub use session::{Server, Session};
pub use state::usage::Usage;
pub use upcall::stdio;
pub use vendor::{Symbols, boundary};
