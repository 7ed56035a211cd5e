//! The process's sessions, one for each API: made at its first call, its own in every process, gone with its worker. What
//! starts afresh after that gets another.
//!
//! - **Invariant**: nothing of a parent's session is used in a forked child.
//! - **Invariant**: what the program closes, opens or waits for is none of the session's descriptors, nor has a child a copy
//!   of the connection, whose end tells the worker of the program's death (`port::keeper`).
//! - **Invariant**: of a lost session nothing reaches another: neither an id, nor an answer, nor a callback.

mod core;
mod end;
mod exchange;
mod listener;
mod retry;
mod slot;

pub use core::{Hooks, Session};
pub use exchange::Outgoing;
pub use slot::{ApiSession, Slot, State};
