//! The state of commands, asked of the vendor.

use std::ffi::c_void;

use ava_protocol::opencl::constant::{
    CL_EVENT_COMMAND_EXECUTION_STATUS, CL_QUEUE_CONTEXT, CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE, CL_QUEUE_PROPERTIES,
};

use crate::session::Session;

/// `None` while the command goes on; then whether it failed.
pub fn outcome(session: &Session, event: usize) -> Option<bool> {
    let info = session.vendor.clGetEventInfo?;
    let mut status = -1_i32;
    // SAFETY: the transfer holds a reference to the event, or the program does, and memory has the size that is named.
    let asked = unsafe {
        info(event as *mut c_void, CL_EVENT_COMMAND_EXECUTION_STATUS, 4, (&raw mut status).cast(), std::ptr::null_mut())
    };
    match (asked, status) {
        // A vendor may call a command complete that never ran, because an event it waited for ended in error, and own
        // up only to who waits.
        (0, 0) => Some(wait(session, event) != 0),
        (0, 1..) => None,
        _ => Some(true),
    }
}

pub fn retain(session: &Session, event: usize) {
    if let Some(retain) = session.vendor.clRetainEvent {
        // SAFETY: the event is alive.
        unsafe { retain(event as *mut c_void) };
    }
}

pub fn release(session: &Session, event: usize) {
    if let Some(release) = session.vendor.clReleaseEvent {
        // SAFETY: the reference is ours.
        unsafe { release(event as *mut c_void) };
    }
}

/// An event that has ended in error, in the context of the queue that it should have come from.
pub fn failed(session: &Session, queue: *mut c_void, status: i32) -> Option<*mut c_void> {
    let (info, create) = (session.vendor.clGetCommandQueueInfo?, session.vendor.clCreateUserEvent?);
    let set_status = session.vendor.clSetUserEventStatus?;
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
pub fn wait(session: &Session, event: usize) -> i32 {
    let Some(wait) = session.vendor.clWaitForEvents else {
        return 0;
    };
    let event = event as *mut c_void;
    // SAFETY: an array of one event, which is alive.
    unsafe { wait(1, &raw const event) }
}

/// Whether the commands of a queue complete in the order of their submission.
pub fn is_ordered(session: &Session, queue: u64) -> bool {
    let (Some(queue), Some(info)) = (session.objects.pointer(queue), session.vendor.clGetCommandQueueInfo) else {
        return false;
    };
    let mut properties = 0_u64;
    // SAFETY: the queue is alive, and memory has the size that is named.
    let asked = unsafe {
        info(queue as *mut c_void, CL_QUEUE_PROPERTIES, 8, (&raw mut properties).cast(), std::ptr::null_mut())
    };
    asked == 0 && properties & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE == 0
}
