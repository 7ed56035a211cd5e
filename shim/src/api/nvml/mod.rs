//! NVML's exceptions: the functions that the table marks `custom` or `local`.
//!
//! # Safety
//! Each function that has the name of one of the library's asks of its caller what that one asks.

mod errors;
mod processes;
mod state;

pub use errors::nvmlErrorString;
pub use processes::*;
pub use state::*;
