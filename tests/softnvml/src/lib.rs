//! NVML in software, for tests: it exports what programs ask of `libnvidia-ml.so.1`, about the devices of `softcuda`.
//!
//! - **Invariant**: no panic reaches the program, and no handle that it passes is ever followed.
//! - **Invariant**: nothing pretends to have been done.
//!
//! # Layers
//!
//! - statuses: `status`
//! - what is there: `devices`, `processes`
//! - the C interface: `api`

mod api;
mod devices;
mod processes;
mod status;
