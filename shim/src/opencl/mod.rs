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
mod status;

pub use buffers::{Buffers, clCreateBuffer, clEnqueueReadBuffer, clEnqueueWriteBuffer};
pub use build::{clBuildProgram, clCompileProgram};
pub use kernel_arg::{Arguments, clSetKernelArg};
pub use lookup::{clGetExtensionFunctionAddress, clGetExtensionFunctionAddressForPlatform, clIcdGetPlatformIDsKHR};
pub use map::{Mappings, clEnqueueMapBuffer, clEnqueueMapImage, clEnqueueUnmapMemObject};
pub use pixel::pixel;
pub use program_info::clGetProgramInfo;
pub use status::{Board, clGetEventInfo};
