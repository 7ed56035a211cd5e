//! `libava.so`: replaces the vendor library in the program.
//!
//! Every function of the tables is exported; each call crosses to the session's worker. The same file serves preloaded,
//! behind the SONAME stubs, and as an installable client driver.
//!
//! - **Invariant**: nothing happens before the first API call: no thread, no connection, no allocation, no output.
//! - **Invariant**: no security check is here: an attacker who controls the program controls this library.
//! - **Invariant**: neither a panic nor a signal of ours reaches the program.
//!
//! # Layers
//!
//! - memory, threads, faults, without knowledge of sessions: `base`
//! - the whole process, such as forks, exit, output: `process`
//! - the connection to the worker, and a lane for each thread: `port`
//! - the state of a session, as data: `book`
//! - a session with a worker, and the slot of an API in the process: `session`
//! - one call with its arguments, the crossing, its results: `call`
//! - mechanisms of several calls that know no API by name: `engine`
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
