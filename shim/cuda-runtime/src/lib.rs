//! What NVIDIA's CUDA runtime asks its driver for that has no name: tables of functions, chosen by a UUID
//! (`cuGetExportTable`), and through one of them whether the driver is one.
//!
//! Whoever stands for a driver implements [`Driver`], and gets the tables. Nothing about them is documented by NVIDIA; what is
//! here is what the runtimes 11.8 to 13.5 were seen to need.

mod driver;
mod handshake;
mod tables;

pub use driver::{Destructor, Device, Driver, INVALID_HANDLE, INVALID_VALUE, NOT_SUPPORTED, Result, Status};
pub use tables::table;
