//! `libava.so`: the vendor's library as the program sees it.
//!
//! Every function of the tables is exported; each call crosses to the session's worker. The same file serves preloaded,
//! behind the SONAME stubs, and as an installable client driver.
//!
//! - **Invariant**: nothing happens before the first API call: no thread, no connection, no allocation, no output.
//! - **Invariant**: nothing here is a check on the program: whoever holds the program holds this library.
//! - **Invariant**: neither a panic nor a signal of ours reaches the program.
//!
//! The layers, lowest first:
//!
//! - `base`: memory, threads, faults: what knows nothing of sessions.
//! - `process`: what concerns the whole process: forks, its output, the vendor's libraries that it names.
//! - `port`: the way to the worker: the connection, and a lane for each thread.
//! - `book`: what is remembered of a session.
//! - `session`: a session with a worker.
//! - `call`: one call: arguments, crossing, results.
//! - `engine`: what is more than a call, and knows no API by name.
//! - `api`: each API: what is generated from its table, and what is said by hand.
//! - `preload`: the hooks by which programs find this library.

mod api;
mod base;
mod book;
mod call;
mod engine;
mod port;
mod preload;
mod process;
mod session;
