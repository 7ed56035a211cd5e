//! `libava.so`: the vendor's library as the program sees it.
//!
//! Every function of the tables is exported; each call crosses to the session's worker. The same file serves preloaded,
//! behind the SONAME stubs, and as an installable client driver.
//!
//! - **Invariant**: nothing happens before the first API call: no thread, no connection, no allocation, no output.
//! - **Invariant**: nothing here is a check on the program: whoever holds the program holds this library.
//! - **Invariant**: neither a panic nor a signal of ours reaches the program.
//!
//! # Layers
//!
//! - memory, threads, faults, and what else knows nothing of sessions: `base`
//! - the whole process, its forks, its end, its output: `process`
//! - the connection to the worker, and a lane for each thread: `port`
//! - what is remembered of a session, as data: `book`
//! - a session with a worker, and the place of an API in the process: `session`
//! - one call, with its arguments, the crossing, its results: `call`
//! - what is more than a call and knows no API by name: `engine`
//! - each API, generated from its table and by hand: `api`
//! - the hooks by which programs find this library: `preload`

mod api;
mod base;
mod book;
mod call;
mod engine;
mod port;
mod preload;
mod process;
mod session;
