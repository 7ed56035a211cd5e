//! Carries bytes and file descriptors between AvA's processes.
//!
//! # Layers
//!
//! - data: `region`, `ready`, `spawn`
//! - descriptors and messages: `guarded`, `message`
//! - one process and another: `client`, `handover`, `peer`
//! - lanes: `lane`

pub mod client;
pub mod guarded;
pub mod handover;
pub mod lane;
pub mod message;
pub mod peer;
pub mod ready;
pub mod region;
pub mod spawn;
