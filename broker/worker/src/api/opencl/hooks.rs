//! What OpenCL adds to what its table says.

use std::ffi::c_void;

use ava_protocol::opencl::constant::{
    CL_DEVICE_TYPE, CL_DEVICE_TYPE_CPU, CL_PROGRAM_BINARY_SIZES, CL_PROGRAM_IL, CL_PROGRAM_SOURCE, CL_QUEUE_CONTEXT,
    CL_QUEUE_DEVICE,
};
use ava_protocol::opencl::{API, kind};

use super::roots::{devices, platforms};
use super::state::State;
use crate::engine::query;
use crate::generated::opencl::Vendor;
use crate::hooks::{Hooks, Queue};
use crate::session::Session;
use crate::state::objects::Found;

impl Hooks for State {
    /// Asks for the devices.
    fn warm_up(&self) {
        for platform in platforms(&self.vendor) {
            devices(&self.vendor, platform);
        }
    }

    fn crosses(&self, about: Option<usize>, extension: &str) -> bool {
        // Most are described as they are in every version.
        match API.extension(extension) {
            Some(known) if known.known.is_none() => true,
            Some(_) => self
                .platforms()
                .of(about.map_or(std::ptr::null_mut(), |object| object as *mut c_void))
                .crosses(extension),
            None => false,
        }
    }

    fn device_names(&self, session: &Session) -> Vec<String> {
        const CL_DEVICE_NAME: u32 = 0x102B;
        let name = |device: usize| {
            let name = query::text(self.vendor.clGetDeviceInfo, device as *mut c_void, CL_DEVICE_NAME);
            name.trim().to_owned()
        };
        let devices = session.objects.pointers(kind::cl_device_id);
        devices.into_iter().map(name).filter(|name| !name.is_empty()).collect()
    }

    fn kernel_name(&self, kind: u16, kernel: *mut c_void) -> Option<String> {
        const CL_KERNEL_FUNCTION_NAME: u32 = 0x1190;
        (kind == kind::cl_kernel).then(|| query::text(self.vendor.clGetKernelInfo, kernel, CL_KERNEL_FUNCTION_NAME))
    }

    /// An event is one that has ended in error.
    fn creation_failed(&self, session: &Session, id: u64, made: u16, from: u64, status: i64) {
        let from = session.objects.pointer(from).filter(|_| made == kind::cl_event);
        let event = from.and_then(|queue| failed(&self.vendor, queue as *mut c_void, status as i32));
        let bound = event.is_some_and(|event| session.objects.bind(id, made, event as usize, &[], 0).is_ok());
        if !bound {
            session.objects.mark_gone(id);
        }
    }

    fn queue(&self, session: &Session, id: u64) -> Option<Queue> {
        let Found::Pointer(pointer) = session.objects.find(id, kind::cl_command_queue).ok()? else { return None };
        let device = query::pointer(self.vendor.clGetCommandQueueInfo, pointer as *mut c_void, CL_QUEUE_DEVICE);
        let types = query::number::<u64>(self.vendor.clGetDeviceInfo, device, CL_DEVICE_TYPE);
        Some(Queue { pointer, on_processors: types.is_ok_and(|types| types & CL_DEVICE_TYPE_CPU != 0) })
    }

    /// What a program is made of: what the vendor makes of that nobody tells.
    fn takes(&self, kind: u16, object: *mut c_void) -> u64 {
        if kind != kind::cl_program {
            return 0;
        }
        let ask = self.vendor.clGetProgramInfo;
        // An empty text has a NUL.
        let text = [CL_PROGRAM_SOURCE, CL_PROGRAM_IL].map(|key| query::length(ask, object, key)).into_iter().max();
        let binaries = || query::words(ask, object, CL_PROGRAM_BINARY_SIZES).into_iter().sum();
        text.filter(|length| *length > 1).unwrap_or_else(binaries) as u64
    }

    fn destroy(&self, kind: u16, object: *mut c_void) {
        let release = match kind {
            kind::cl_mem => self.vendor.clReleaseMemObject,
            kind::cl_program => self.vendor.clReleaseProgram,
            _ => None,
        };
        if let Some(release) = release {
            // SAFETY: an object that the vendor has just made.
            unsafe { release(object) };
        }
    }

    fn forget(&self, id: u64) {
        self.arguments.remove(&id);
    }
}

/// An event that has ended in error, in the context of the queue that it should have come from.
fn failed(vendor: &Vendor, queue: *mut c_void, status: i32) -> Option<*mut c_void> {
    let (create, set_status) = (vendor.clCreateUserEvent?, vendor.clSetUserEventStatus?);
    let context = query::pointer(vendor.clGetCommandQueueInfo, queue, CL_QUEUE_CONTEXT);
    // SAFETY: a live context or null, and an event that is ours until it is given away.
    unsafe {
        let event = create(context, std::ptr::null_mut());
        if event.is_null() {
            return None;
        }
        set_status(event, status.min(-1));
        Some(event)
    }
}
