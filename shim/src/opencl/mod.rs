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

pub use crate::fault::unsupported as refuse;

pub use buffers::{clCreateBuffer, clEnqueueReadBuffer, clEnqueueWriteBuffer};
pub use build::{clBuildProgram, clCompileProgram};
pub use kernel_arg::clSetKernelArg;
pub use lookup::{clGetExtensionFunctionAddress, clGetExtensionFunctionAddressForPlatform, clIcdGetPlatformIDsKHR};
pub use map::{clEnqueueMapBuffer, clEnqueueMapImage, clEnqueueUnmapMemObject};
pub use pixel::pixel;
pub use program_info::clGetProgramInfo;
pub use status::clGetEventInfo;

use crate::apis;
use crate::fault::Fault;
use crate::regions::Lease;
use crate::session::{Own, Session};

/// What OpenCL's exceptions remember of a session.
#[derive(Default)]
pub struct State {
    mappings: map::Mappings,
    arguments: kernel_arg::Arguments,
    buffers: buffers::Buffers,
    board: status::Board,
}

impl Own for State {
    fn forget(&self, id: u64) -> Vec<Lease> {
        self.arguments.forget(id);
        self.buffers.forget(id);
        Vec::new()
    }

    fn vacate(&self, region: u32) -> Option<Lease> {
        self.buffers.vacate(region)
    }
}

/// What is remembered of a session with OpenCL.
fn state(session: &Session) -> &State {
    session.own()
}

/// The process's session with OpenCL.
fn session() -> Result<&'static Session, Fault> {
    Session::current(&apis::OPENCL)
}
