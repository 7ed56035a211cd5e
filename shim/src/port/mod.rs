//! The way to the worker: the session's connection with the thread that keeps it, and a lane for each thread that calls.

pub mod connect;
pub mod keeper;
pub mod lanes;
pub mod messages;
mod thread;
pub mod vendor;

pub use thread::{Port, Use};
