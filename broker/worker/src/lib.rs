//! The worker: it owns the vendor's library on behalf of one program. `main.rs` is the process, this library what it does;
//! the fuzzer in `fuzz/` uses it without a process around it.
//!
//! - **Invariant**: one session per process; it has no network and opens no path that a tenant named.
//! - **Invariant**: what a tenant can write is copied before it is looked at, and checked before it is used.
//! - **Invariant**: nothing is said to the program's standard output and error but what the vendor says.
//!
//! # Layers
//!
//! - the vendor's library, and what a call may come to: `vendor`, `outcome`
//! - memory for a call's arguments: `memory`
//! - what a session holds, piece by piece, each with unit tests: `state`
//! - a session, whichever API it is of: `session`
//! - what an API adds, over a session: `hooks`
//! - before the vendor: may this call be made now, and what has it cost: `gate`
//! - what the vendor says outside of answers: callbacks, standard output and error: `upcall`
//! - one call, from request to reply: `call`
//! - what takes more than one call of the vendor and knows no API by name: `engine`
//! - APIs: what the tables say and what is said by hand: `generated`, `api`
//! - the process: it hears the program and the broker, and has a thread for each lane: `serve`

mod api;
mod call;
mod engine;
mod gate;
mod hooks;
mod memory;
mod outcome;
mod serve;
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

pub use api::{Served, cuda, load, nvml, opencl, pkcs11, tflite};
pub use call::Api;
pub use serve::{LaneServer, Worker};
pub use session::Bounds;
pub use state::occupancy::Occupancy;
pub use state::usage::Usage;
pub use upcall::stdio;
pub use vendor::visible::{Part, Visible};
pub use vendor::{Symbols, boundary};
