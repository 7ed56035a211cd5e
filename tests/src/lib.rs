//! The test harness: a broker for each test, programs run natively and through AvA, and the differences between the two
//! results.
//!
//! - **Invariant:** a program that runs through AvA cannot find a vendor library itself: its result cannot be native by
//!   accident.
//! - **Invariant:** every wait has a deadline, and nothing sleeps: processes, pipes and readiness are polled.
//! - **Invariant:** a missing dependency fails a test, with the command that installs it; no test is skipped silently (those
//!   that need root say so).
#![forbid(unsafe_code)]

pub mod administration;
pub mod built;
pub mod compare;
pub mod groups;
pub mod program;
pub mod running;
pub mod scene;
pub mod system;
pub mod vendor;
pub mod world;

pub use compare::{Case, assert_same};
pub use program::{Answer, Ended, Program};
pub use running::Running;
pub use scene::{Scene, does};
pub use system::{Somebody, SystemWorld};
pub use vendor::Vendor;
pub use world::World;
