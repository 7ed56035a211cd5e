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
pub use status::clGetEventInfo;

use std::sync::atomic::{AtomicBool, Ordering};

use crate::api;
use crate::base::fault::Fault;
use crate::book::regions::Lease;
use crate::session::{Own, Session};

/// What OpenCL's exceptions remember of a session.
#[derive(Default)]
pub struct State {
    mappings: map::Mappings,
    arguments: kernel_arg::Arguments,
    buffers: buffers::Buffers,
    board: status::Board,
    roots: roots::Roots,
    sources: sources::Sources,
    lost: AtomicBool,
}

impl Own for State {
    fn forget(&self, id: u64) -> Vec<Lease> {
        if self.lost.load(Ordering::Relaxed) {
            self.mappings.forget_lost(id);
            return self.buffers.forget_lost(id).into_iter().collect();
        }
        self.arguments.forget(id);
        self.buffers.forget(id);
        self.sources.forget(id);
        Vec::new()
    }

    fn vacate(&self, region: u32) -> Option<Lease> {
        self.buffers.vacate(region)
    }

    fn give_up(&self) {
        self.lost.store(true, Ordering::Relaxed);
        self.arguments.give_up();
        self.sources.give_up();
        self.mappings.give_up();
        self.buffers.give_up(|lease| self.mappings.is_in(lease));
        self.board.give_up();
    }

    fn renew(&self, new: &'static Session) -> Result<(), Fault> {
        self.roots.renew(new)
    }
}

/// What is remembered of a session with OpenCL.
fn state(session: &Session) -> &State {
    session.own()
}

/// The process's session with OpenCL.
fn session() -> Result<&'static Session, Fault> {
    Session::current(&api::OPENCL)
}
