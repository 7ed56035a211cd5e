//! Buffers in memory of ours: whether the devices of a context work on it, and how one is made, read and written.

use std::ffi::c_void;

use ava_protocol::opencl::constant::{
    CL_CONTEXT_DEVICES, CL_DEVICE_HOST_UNIFIED_MEMORY, CL_DEVICE_TYPE, CL_DEVICE_TYPE_CPU, CL_MEM_ALLOC_HOST_PTR,
    CL_MEM_COPY_HOST_PTR, CL_MEM_OBJECT_ALLOCATION_FAILURE, CL_MEM_USE_HOST_PTR,
};
use ava_protocol::opencl::{kind, opcode};
use ava_transport::region::Region;

use super::state::State;
use crate::engine::query;
use crate::generated::opencl::Vendor;
use crate::hooks::{Command, Description, Destroyed, InPlace};

static DESCRIPTION: Description = Description {
    object: kind::cl_mem,
    of: kind::cl_context,
    queue: kind::cl_command_queue,
    event: kind::cl_event,
    creates: opcode::clCreateBuffer,
    reads: opcode::clEnqueueReadBuffer,
    writes: opcode::clEnqueueWriteBuffer,
    use_host: CL_MEM_USE_HOST_PTR,
    alloc_host: CL_MEM_ALLOC_HOST_PTR,
    copy_host: CL_MEM_COPY_HOST_PTR,
    no_memory: CL_MEM_OBJECT_ALLOCATION_FAILURE as i64,
    ok: 0,
};

impl InPlace for State {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn suits(&self, of: *mut c_void) -> bool {
        let devices = query::words(self.vendor.clGetContextInfo, of, CL_CONTEXT_DEVICES);
        !devices.is_empty()
            && devices.into_iter().map(|device| device as *mut c_void).all(|device| {
                let info = self.vendor.clGetDeviceInfo;
                query::number::<u64>(info, device, CL_DEVICE_TYPE).is_ok_and(|ty| ty & CL_DEVICE_TYPE_CPU != 0)
                    && query::number::<u32>(info, device, CL_DEVICE_HOST_UNIFIED_MEMORY).is_ok_and(|is| is != 0)
                    && try_device(&self.vendor, of, device).unwrap_or(false)
            })
    }

    fn said(&self, of: *mut c_void, flags: u64) -> Result<u64, i64> {
        const LEN: usize = 128;
        let (Some(create), Some(release)) = (self.vendor.clCreateBuffer, self.vendor.clReleaseMemObject) else {
            return Ok(flags);
        };
        let source = [0_u8; LEN];
        let host = if flags & CL_MEM_COPY_HOST_PTR != 0 { source.as_ptr() } else { std::ptr::null() };
        let mut status = 0;
        // SAFETY: a live context; what is copied has as many bytes, and the buffer is ours until it is released.
        unsafe {
            let buffer = create(of, flags, LEN, host.cast_mut().cast(), &raw mut status);
            if buffer.is_null() {
                return Err(status.into());
            }
            let said = self.flags(buffer);
            release(buffer);
            Ok(said)
        }
    }

    fn flags(&self, object: *mut c_void) -> u64 {
        const CL_MEM_FLAGS: u32 = 0x1101;
        query::number(self.vendor.clGetMemObjectInfo, object, CL_MEM_FLAGS).unwrap_or_default()
    }

    unsafe fn create(&self, of: *mut c_void, flags: u64, base: *mut c_void, len: usize) -> Result<*mut c_void, i64> {
        let mut status = DESCRIPTION.no_memory as i32;
        // SAFETY: a live context or null, and by the caller's promise.
        let buffer = self.vendor.clCreateBuffer.map(|create| unsafe { create(of, flags, len, base, &raw mut status) });
        buffer.filter(|buffer| !buffer.is_null()).ok_or(status.into())
    }

    fn when_destroyed(&self, object: *mut c_void, tell: Destroyed, word: *mut c_void) {
        if let Some(set_callback) = self.vendor.clSetMemObjectDestructorCallback {
            // SAFETY: the object is alive; the callback takes the word as user data.
            unsafe { set_callback(object, Some(tell), word) };
        }
    }

    unsafe fn move_byte(&self, command: &Command, byte: *mut u8, writes: bool) -> Option<i64> {
        let Command { queue, object, offset, wait_count, wait_list, event } = *command;
        // SAFETY: by the caller's promise.
        let status = unsafe {
            if writes {
                let write = self.vendor.clEnqueueWriteBuffer?;
                write(queue, object, 1, offset, 1, byte.cast_const().cast(), wait_count, wait_list, event)
            } else {
                let read = self.vendor.clEnqueueReadBuffer?;
                read(queue, object, 1, offset, 1, byte.cast(), wait_count, wait_list, event)
            }
        };
        Some(status.into())
    }
}

/// Writes a byte through the device and looks for it in memory, and the other way round.
fn try_device(vendor: &Vendor, context: *mut c_void, device: *mut c_void) -> Option<bool> {
    const LEN: usize = 64 << 10;
    const AT: usize = 4099;
    let (create_queue, release_queue) = (vendor.clCreateCommandQueue?, vendor.clReleaseCommandQueue?);
    let (create, release) = (vendor.clCreateBuffer?, vendor.clReleaseMemObject?);
    let (write, read, finish) = (vendor.clEnqueueWriteBuffer?, vendor.clEnqueueReadBuffer?, vendor.clFinish?);
    let (region, _) = Region::create(LEN as u64).ok()?;
    let mut status = 0;
    // SAFETY: a device of the context.
    let queue = unsafe { create_queue(context, device, 0, &raw mut status) };
    if queue.is_null() {
        return Some(false);
    }
    let base = region.as_ptr();
    // SAFETY: a live context, and memory that outlives the buffer, which is released before it.
    let buffer = unsafe { create(context, CL_MEM_USE_HOST_PTR, LEN, base.cast(), &raw mut status) };
    let mut seen = false;
    if !buffer.is_null() {
        let (there, mut back) = (0xA5_u8, 0_u8);
        let none = std::ptr::null();
        // SAFETY: live objects, blocking transfers of a byte, and a place within the region.
        unsafe {
            let wrote = write(queue, buffer, 1, AT, 1, (&raw const there).cast(), 0, none, std::ptr::null_mut()) == 0;
            // A blocking write may return as soon as the vendor has the byte.
            let written = finish(queue) == 0 && base.add(AT).read_volatile() == there;
            base.add(AT).write_volatile(0x5A);
            let read = read(queue, buffer, 1, AT, 1, (&raw mut back).cast(), 0, none, std::ptr::null_mut()) == 0;
            seen = wrote && written && read && back == 0x5A;
            release(buffer);
        }
    }
    // SAFETY: our own queue, on which nothing goes on.
    unsafe { release_queue(queue) };
    if !seen {
        // A vendor that keeps a copy may look at the memory once more.
        std::mem::forget(region);
    }
    Some(seen)
}
