//! A CUDA driver in software, for tests: it exports what `libcuda.so.1` exports, and runs kernels' PTX on the host.
//!
//! Programs are compared on it with and without AvA between them. Memory of devices is memory of the process, streams are
//! threads, and what a driver does at once is done at once here: orders and errors are those that NVIDIA documents, times are
//! not. It is never installed and never chosen by default.
//!
//! - **Invariant**: what is not there is refused with the right status; nothing pretends to have been done.
//! - **Invariant**: no panic reaches the program, and no handle that it passes is ever followed.
//!
//! # Layers
//!
//! - statuses and structs of the interface: `cuda`
//! - PTX as text and syntax tree: `ptx`
//! - what executes it: `engine`
//! - images that programs hand over: `image`
//! - devices and all that is on them: `device`
//! - the C interface: `api`

mod api;
mod cuda;
mod device;
pub mod engine;
pub mod image;
pub mod ptx;
