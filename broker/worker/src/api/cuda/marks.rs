//! Marks in streams: events of the worker's own, which a stream reaches. The program sees nothing of them: a stream that records gets
//! none, and no count of its is theirs.

use std::ffi::c_void;
use std::ptr::{null_mut, without_provenance_mut};

use ava_protocol::cuda::constant::CUDA_ERROR_NOT_READY;

use super::contexts::Which;
use super::state::State;
use super::watch::{DISABLE_TIMING, RELAXED};
use crate::state::marks::{Mark, Marks};

/// `CU_STREAM_LEGACY` and `CU_STREAM_PER_THREAD`.
const LEGACY: usize = 1;
const PER_THREAD: usize = 2;

impl Marks for State {
    fn put(&self, queue: *mut c_void, twin: bool) -> Option<Mark> {
        let default = if twin { PER_THREAD } else { LEGACY };
        let stream = if queue.is_null() { without_provenance_mut(default) } else { queue };
        // The legacy stream does not say it while it would disturb a recording: that is an error, which disturbs nothing.
        if self.records(stream)? {
            return None;
        }
        let context = self.context_of(stream)?;
        let mark = Mark { event: self.free_event(context)?, place: context as usize };
        // SAFETY: an event of the worker's own, and a live stream of its context.
        if unsafe { self.vendor.cuEventRecord?(mark.event as *mut c_void, stream) } == 0 {
            return Some(mark);
        }
        self.give_back(mark);
        None
    }

    /// Asking must not disturb what the program's threads record.
    fn begin_asking(&self) {
        let mut mode = RELAXED;
        self.exchange_mode(&mut mode);
    }

    fn is_reached(&self, mark: Mark) -> bool {
        let (Some(set), Some(query)) = (self.vendor.cuCtxSetCurrent, self.vendor.cuEventQuery) else { return true };
        // SAFETY: the event is in the context, which has not ended: who ends one waits until nobody asks.
        unsafe {
            // An error is one of the context, in which nothing runs any more.
            set(mark.place as *mut c_void) != 0 || query(mark.event as *mut c_void) != CUDA_ERROR_NOT_READY
        }
    }

    fn give_back(&self, mark: Mark) {
        self.contexts.give_back(mark.place, mark.event);
    }

    fn sweep(&self) {
        self.contexts.sweep(|context, which| self.has_context(context as *mut c_void, which));
    }

    fn has(&self, place: usize) -> bool {
        self.contexts.has(place)
    }
}

impl State {
    /// Whether a stream records, if it says so.
    fn records(&self, stream: *mut c_void) -> Option<bool> {
        let mut status = 0;
        // SAFETY: a live stream, and a place for a number.
        (unsafe { self.vendor.cuStreamIsCapturing?(stream, &raw mut status) } == 0).then_some(status != 0)
    }

    fn context_of(&self, stream: *mut c_void) -> Option<*mut c_void> {
        let mut context = null_mut();
        // SAFETY: a live stream, and a place for a context.
        let status = unsafe { self.vendor.cuStreamGetCtx?(stream, &raw mut context) };
        (status == 0 && !context.is_null()).then_some(context)
    }

    /// An event of a context that nobody uses.
    fn free_event(&self, context: *mut c_void) -> Option<usize> {
        if let Some(event) = self.contexts.take(context as usize) {
            return Some(event);
        }
        self.within(context, || {
            if !self.contexts.has(context as usize) {
                self.contexts.add(context as usize, self.which(context)?);
            }
            let mut event = null_mut();
            // SAFETY: a place for an event.
            (unsafe { self.vendor.cuEventCreate?(&raw mut event, DISABLE_TIMING) } == 0).then_some(event as usize)
        })
    }

    /// Does something while a context is the thread's current one. What the thread records is none of this.
    fn within<T>(&self, context: *mut c_void, act: impl FnOnce() -> Option<T>) -> Option<T> {
        let (push, pop) = (self.vendor.cuCtxPushCurrent_v2?, self.vendor.cuCtxPopCurrent_v2?);
        let (mut mode, mut current) = (RELAXED, null_mut());
        if !self.exchange_mode(&mut mode) {
            return None;
        }
        let mut done = None;
        // SAFETY: a live context, and a place for it.
        unsafe {
            if push(context) == 0 {
                done = act();
                pop(&raw mut current);
            }
        }
        self.exchange_mode(&mut mode);
        done
    }

    /// Which context it is, which is the current one.
    fn which(&self, context: *mut c_void) -> Option<Which> {
        let mut device = 0;
        // SAFETY: a place for a number.
        (unsafe { self.vendor.cuCtxGetDevice?(&raw mut device) } == 0).then_some(())?;
        let mut primary = null_mut();
        // What nobody retains is not begun for the question.
        if self.is_active(device) {
            // SAFETY: a place for a context, which is released as often as it was retained.
            unsafe {
                if self.vendor.cuDevicePrimaryCtxRetain?(&raw mut primary, device) == 0 {
                    self.vendor.cuDevicePrimaryCtxRelease_v2?(device);
                }
            }
        }
        Some(Which { device, is_primary: primary == context })
    }

    /// Whether a device's own context is in use.
    fn is_active(&self, device: i32) -> bool {
        let (mut flags, mut active) = (0, 0);
        let ask = self.vendor.cuDevicePrimaryCtxGetState;
        // SAFETY: places for numbers.
        ask.is_some_and(|ask| unsafe { ask(device, &raw mut flags, &raw mut active) } == 0) && active != 0
    }

    /// Whether a context has not ended.
    fn has_context(&self, context: *mut c_void, which: Which) -> bool {
        let mut version = 0;
        // SAFETY: the driver looks the context up, and there is a place for a number.
        let is_known = self.vendor.cuCtxGetApiVersion.is_some_and(|ask| unsafe { ask(context, &raw mut version) } == 0);
        is_known && (!which.is_primary || self.is_active(which.device))
    }
}
