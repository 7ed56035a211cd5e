//! OpenCL's exceptions: the functions that the table marks `custom` or `local`, one file per subject.

mod kernel_arg;
mod lookup;
mod program_info;
mod roots;
mod sources;
mod state;

pub use crate::base::fault::unsupported as refuse;

pub use kernel_arg::clSetKernelArg;
pub use lookup::{clGetExtensionFunctionAddress, clGetExtensionFunctionAddressForPlatform, clIcdGetPlatformIDsKHR};
pub use program_info::{clGetProgramInfo, source};
pub use roots::{clGetDeviceIDs, clGetPlatformIDs};
pub use sources::clCreateProgramWithSource;
pub use state::SLOT;
