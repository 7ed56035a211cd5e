//! The process's sessions, one for each API. A session is made at the first call, belongs to one process, and ends with its
//! worker. An `afresh` call after that begins another.
//!
//! - **Invariant**: nothing of a parent's session is used in a forked child.
//! - **Invariant**: what the program closes, opens or waits for is none of the session's descriptors, nor has a child a
//!   copy of the connection, whose end tells the worker of the program's death (`port::keeper`).
//! - **Invariant**: nothing of a lost session reaches another: no id, no answer, no callback.

mod ahead;
mod core;
mod end;
mod exchange;
mod listener;
mod retry;
mod slot;

pub use core::{Foresight, Hooks, Session};
pub use exchange::{Asked, Encode, Outgoing};
pub use slot::{ApiSession, Slot, State};
