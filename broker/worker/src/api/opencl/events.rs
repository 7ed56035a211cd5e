//! Commands and their events.

use std::ffi::c_void;

use ava_protocol::opencl::constant::{
    CL_EVENT_COMMAND_EXECUTION_STATUS, CL_QUEUE_CONTEXT, CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE, CL_QUEUE_PROPERTIES,
};
use ava_protocol::opencl::{kind, opcode};

use super::state::State;
use crate::engine::query;
use crate::generated::opencl::Vendor;
use crate::state::events::{Events, Reached};

impl Events for State {
    fn polled(&self) -> Option<(u16, u32)> {
        Some((kind::cl_event, opcode::clGetEventInfo))
    }

    fn status(&self, event: usize) -> Result<i32, i32> {
        query::number(self.vendor.clGetEventInfo, event as *mut c_void, CL_EVENT_COMMAND_EXECUTION_STATUS)
    }

    fn wait(&self, event: usize) -> bool {
        let event = event as *mut c_void;
        // SAFETY: an array of one event, which is alive.
        self.vendor.clWaitForEvents.is_some_and(|wait| unsafe { wait(1, &raw const event) } != 0)
    }

    fn retain(&self, event: usize) {
        // SAFETY: the event is alive.
        self.vendor.clRetainEvent.map(|retain| unsafe { retain(event as *mut c_void) });
    }

    fn release(&self, event: usize) {
        // SAFETY: the reference is ours.
        self.vendor.clReleaseEvent.map(|release| unsafe { release(event as *mut c_void) });
    }

    fn notify(&self, event: usize, status: i32, tell: Reached, word: *mut c_void) {
        // SAFETY: the event is alive; the callback takes the word as user data.
        self.vendor.clSetEventCallback.map(|set| unsafe { set(event as *mut c_void, status, Some(tell), word) });
    }

    fn is_ordered(&self, queue: usize) -> bool {
        let properties =
            query::number::<u64>(self.vendor.clGetCommandQueueInfo, queue as *mut c_void, CL_QUEUE_PROPERTIES);
        properties.is_ok_and(|properties| properties & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE == 0)
    }
}

/// An event that has ended in error, in the context of the queue that it should have come from.
pub fn failed(vendor: &Vendor, queue: *mut c_void, status: i32) -> Option<*mut c_void> {
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
