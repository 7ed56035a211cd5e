//! Carries bytes and file descriptors between AvA's processes.
//!
//! # Layers
//!
//! - the operating system: `processor`, `ready`, `region`, `spawn`
//! - descriptors and messages: `guarded`, `message`
//! - one process and another: `client`, `handover`, `peer`
//! - lanes: `lane`

pub mod client;
pub mod guarded;
pub mod handover;
pub mod lane;
pub mod message;
pub mod peer;
pub mod processor;
pub mod ready;
pub mod region;
pub mod spawn;
