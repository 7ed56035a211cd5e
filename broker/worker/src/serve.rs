//! The process that serves one program: it hears the program and the broker, and has a thread for each lane.

mod fork;
mod lane;
mod log;
mod poll;
mod worker;

pub use lane::LaneServer;
pub use worker::Worker;
