//! The state of commands, asked of the vendor.

use std::ffi::c_void;

use ava_protocol::opencl::constant::{
    CL_EVENT_COMMAND_EXECUTION_STATUS, CL_QUEUE_CONTEXT, CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE, CL_QUEUE_PROPERTIES,
};

use super::State;
use crate::api::Events;
use crate::generated::opencl::Vendor;
use crate::session::Session;

impl Events for State {
    fn outcome(&self, event: usize) -> Option<bool> {
        let info = self.vendor.clGetEventInfo?;
        let (event, mut status) = (event as *mut c_void, -1_i32);
        // SAFETY: the transfer holds a reference to the event, or the program does, and memory has the size that is
        // named.
        let asked = unsafe {
            info(event, CL_EVENT_COMMAND_EXECUTION_STATUS, 4, (&raw mut status).cast(), std::ptr::null_mut())
        };
        match (asked, status) {
            // A vendor may call a command complete that never ran, because an event it waited for ended in error, and
            // own up only to who waits.
            (0, 0) => Some(wait(&self.vendor, event) != 0),
            (0, 1..) => None,
            _ => Some(true),
        }
    }

    fn retain(&self, event: usize) {
        if let Some(retain) = self.vendor.clRetainEvent {
            // SAFETY: the event is alive.
            unsafe { retain(event as *mut c_void) };
        }
    }

    fn release(&self, event: usize) {
        if let Some(release) = self.vendor.clReleaseEvent {
            // SAFETY: the reference is ours.
            unsafe { release(event as *mut c_void) };
        }
    }

    fn wait(&self, event: usize) {
        wait(&self.vendor, event as *mut c_void);
    }

    fn is_ordered(&self, session: &Session, queue: u64) -> bool {
        let (Some(queue), Some(info)) = (session.objects.pointer(queue), self.vendor.clGetCommandQueueInfo) else {
            return false;
        };
        let mut properties = 0_u64;
        // SAFETY: the queue is alive, and memory has the size that is named.
        let asked = unsafe {
            info(queue as *mut c_void, CL_QUEUE_PROPERTIES, 8, (&raw mut properties).cast(), std::ptr::null_mut())
        };
        asked == 0 && properties & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE == 0
    }
}

/// An event that has ended in error, in the context of the queue that it should have come from.
pub fn failed(vendor: &Vendor, queue: *mut c_void, status: i32) -> Option<*mut c_void> {
    let (info, create) = (vendor.clGetCommandQueueInfo?, vendor.clCreateUserEvent?);
    let set_status = vendor.clSetUserEventStatus?;
    let mut context = std::ptr::null_mut::<c_void>();
    // SAFETY: the queue is alive, memory has the sizes that are named, and the event is ours until it is given away.
    unsafe {
        let asked = info(queue, CL_QUEUE_CONTEXT, 8, (&raw mut context).cast(), std::ptr::null_mut());
        if asked != 0 {
            return None;
        }
        let event = create(context, std::ptr::null_mut());
        if event.is_null() {
            return None;
        }
        set_status(event, status.min(-1));
        Some(event)
    }
}

/// Waits for a command; the vendor's status.
fn wait(vendor: &Vendor, event: *mut c_void) -> i32 {
    // SAFETY: an array of one event, which is alive.
    vendor.clWaitForEvents.map_or(0, |wait| unsafe { wait(1, &raw const event) })
}
