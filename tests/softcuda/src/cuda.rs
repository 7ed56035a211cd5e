//! What `cuda.h` declares, as far as the device serves it: statuses, handles, plain structs, numbers of enumerations.

mod status;
mod types;

pub use status::{Result, SUCCESS, Status};
pub use types::*;
