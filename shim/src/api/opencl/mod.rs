//! OpenCL's exceptions: the functions that the table marks `custom` or `local`, one file per subject.

mod buffers;
mod build;
mod chunks;
mod include;
mod kernel_arg;
mod lookup;
mod map;
mod pixel;
mod program_info;
mod roots;
mod sources;
mod state;
mod status;

pub use crate::base::fault::unsupported as refuse;

pub use buffers::{clCreateBuffer, clCreateSubBuffer, clEnqueueReadBuffer, clEnqueueWriteBuffer};
pub use build::{clBuildProgram, clCompileProgram};
pub use kernel_arg::clSetKernelArg;
pub use lookup::{clGetExtensionFunctionAddress, clGetExtensionFunctionAddressForPlatform, clIcdGetPlatformIDsKHR};
pub use map::{clEnqueueMapBuffer, clEnqueueMapImage, clEnqueueUnmapMemObject};
pub use pixel::pixel;
pub use program_info::clGetProgramInfo;
pub use roots::{clGetDeviceIDs, clGetPlatformIDs};
pub use sources::clCreateProgramWithSource;
pub use state::SLOT;
pub use status::clGetEventInfo;
