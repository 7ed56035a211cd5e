//! How the driver tells that a stream or an event has been reached: it calls a function behind it, in a stream of the worker's
//! own. So nothing in the program's streams waits for that.

use std::ffi::c_void;
use std::ptr::null_mut;

use ava_protocol::cuda::kind;

use super::state::State;
use crate::hooks::Done;

/// `CU_STREAM_NON_BLOCKING`, `CU_EVENT_DISABLE_TIMING`, `CU_STREAM_CAPTURE_MODE_RELAXED`.
const NON_BLOCKING: u32 = 1;
pub(super) const DISABLE_TIMING: u32 = 2;
pub(super) const RELAXED: u32 = 2;

impl State {
    /// Has the driver call `tell` when all is done that a stream was given by now, or that an event waits for. It does not if
    /// that fails. Stream and event of the worker's are given back at once: the driver keeps them as long as they are in use.
    pub fn watch(&self, kind: u16, object: *mut c_void, tell: Done, word: *mut c_void) -> bool {
        let mut mode = RELAXED;
        // What the thread records is none of this.
        if !self.exchange_mode(&mut mode) {
            return false;
        }
        let watched = match kind {
            kind::CUevent => self.call_behind(object, tell, word),
            kind::CUstream => self.mark(object).is_some_and(|mark| {
                let watched = self.call_behind(mark, tell, word);
                if let Some(destroy) = self.vendor.cuEventDestroy_v2 {
                    // SAFETY: an event of the worker's own.
                    unsafe { destroy(mark) };
                }
                watched
            }),
            _ => false,
        };
        self.exchange_mode(&mut mode);
        watched
    }

    /// Sets how the thread stands to recordings; `mode` is how it stood.
    pub(super) fn exchange_mode(&self, mode: &mut u32) -> bool {
        // SAFETY: a place for a number.
        self.vendor.cuThreadExchangeStreamCaptureMode.is_some_and(|exchange| unsafe { exchange(&raw mut *mode) } == 0)
    }

    /// A new event behind all that a stream was given.
    fn mark(&self, stream: *mut c_void) -> Option<*mut c_void> {
        let (create, record) = (self.vendor.cuEventCreate?, self.vendor.cuEventRecord?);
        let mut event = null_mut();
        // SAFETY: a place for an event, and live objects.
        unsafe {
            if create(&raw mut event, DISABLE_TIMING) != 0 {
                return None;
            }
            if record(event, stream) == 0 {
                return Some(event);
            }
            self.vendor.cuEventDestroy_v2?(event);
        }
        None
    }

    /// Whether `tell` is called behind an event.
    fn call_behind(&self, event: *mut c_void, tell: Done, word: *mut c_void) -> bool {
        let vendor = &self.vendor;
        let (Some(create), Some(wait), Some(launch), Some(destroy)) =
            (vendor.cuStreamCreate, vendor.cuStreamWaitEvent, vendor.cuLaunchHostFunc, vendor.cuStreamDestroy_v2)
        else {
            return false;
        };
        let mut stream = null_mut();
        // SAFETY: a place for a stream, live objects, and a function that takes the word. The driver goes on with what a stream
        // has been given when it is destroyed.
        unsafe {
            if create(&raw mut stream, NON_BLOCKING) != 0 {
                return false;
            }
            let watched = wait(stream, event, 0) == 0 && launch(stream, Some(tell), word) == 0;
            destroy(stream);
            watched
        }
    }
}
