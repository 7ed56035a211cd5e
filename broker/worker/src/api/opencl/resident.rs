//! Which devices work on memory of ours: a judgement of OpenCL's words for devices, by hand. How buffers there are made, read
//! and written the table says.

use std::ffi::c_void;

use ava_protocol::opencl::constant::{
    CL_CONTEXT_DEVICES, CL_DEVICE_HOST_UNIFIED_MEMORY, CL_DEVICE_TYPE, CL_DEVICE_TYPE_CPU,
};

use super::state::State;
use crate::engine::{query, resident};

/// Whether all devices of a context do: a device says that it has no memory of its own, and is believed when it has shown it.
pub fn suits(api: &State, context: *mut c_void) -> bool {
    let devices = query::words(api.vendor.clGetContextInfo, context, CL_CONTEXT_DEVICES);
    !devices.is_empty()
        && devices.into_iter().map(|device| device as *mut c_void).all(|device| {
            let info = api.vendor.clGetDeviceInfo;
            query::number::<u64>(info, device, CL_DEVICE_TYPE).is_ok_and(|ty| ty & CL_DEVICE_TYPE_CPU != 0)
                && query::number::<u32>(info, device, CL_DEVICE_HOST_UNIFIED_MEMORY).is_ok_and(|is| is != 0)
                && shows(api, context, device).unwrap_or(false)
        })
}

fn shows(api: &State, context: *mut c_void, device: *mut c_void) -> Option<bool> {
    let (create, release) = (api.vendor.clCreateCommandQueue?, api.vendor.clReleaseCommandQueue?);
    let mut status = 0;
    // SAFETY: a device of the context.
    let queue = unsafe { create(context, device, 0, &raw mut status) };
    if queue.is_null() {
        return Some(false);
    }
    let shows = resident::is_seen(api, api, context, queue);
    // SAFETY: our own queue, on which nothing goes on.
    unsafe { release(queue) };
    Some(shows)
}
