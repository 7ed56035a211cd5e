//! What AvA's tests need: a broker of their own, programs run natively and through AvA, and the differences between the
//! two answers.
//!
//! - **Invariant:** a program that runs through AvA finds no vendor library by itself: an answer cannot be native by
//!   accident.
//! - **Invariant:** nothing waits without an end, and nothing sleeps: processes, pipes and readiness are polled with a
//!   deadline.
//! - **Invariant:** what is missing fails a test, with the command that brings it; no test is skipped in silence (those that only
//!   root can run say so).
#![forbid(unsafe_code)]

pub mod administration;
pub mod built;
pub mod compare;
pub mod groups;
pub mod program;
pub mod running;
pub mod system;
pub mod vendor;
pub mod world;

pub use compare::{Case, assert_same};
pub use program::{Answer, Ended, Program};
pub use running::Running;
pub use system::{Somebody, SystemWorld};
pub use vendor::Vendor;
pub use world::World;
