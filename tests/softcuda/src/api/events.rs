//! Events.
#![allow(non_snake_case, reason = "the header's names")]

use std::sync::Arc;

use super::current::stream;
use super::entry::entries;
use super::values::Out;
use crate::cuda::{CUevent, CUstream, Result, Status};
use crate::device::capture;
use crate::device::context;
use crate::device::event::{EVENTS, Event, Record, flags};
use crate::device::handles::fresh;

entries! { checked;
    /// Events for other processes are refused.
    fn cuEventCreate(place: Out<CUevent>, flags: u32) {
        place.check()?;
        let context = context::usable()?;
        if flags > flags::BLOCKING_SYNC | flags::DISABLE_TIMING | flags::INTERPROCESS {
            return Err(Status::INVALID_VALUE);
        }
        if flags & flags::INTERPROCESS != 0 {
            let has_timing = flags & flags::DISABLE_TIMING == 0;
            return Err(if has_timing { Status::INVALID_VALUE } else { Status::NOT_SUPPORTED });
        }
        let event = Arc::new(Event::new(fresh(), context.handle, flags));
        EVENTS.insert(event.handle, event.clone());
        place.set(event.handle)
    }

    fn cuEventDestroy_v2(event: CUevent) {
        EVENTS.remove(event).map(drop)
    }

    fn cuEventRecord | cuEventRecord_ptsz(event: CUevent, stream: CUstream) {
        record(event, stream, 0)
    }

    fn cuEventRecordWithFlags | cuEventRecordWithFlags_ptsz(event: CUevent, stream: CUstream, flags: u32) {
        record(event, stream, flags)
    }

    fn cuEventQuery(event: CUevent) {
        let event = usable(event)?;
        match event.point()? {
            Some(signal) if signal.time().is_none() => Err(Status::NOT_READY),
            _ => context::find(event.context)?.health.check(),
        }
    }

    fn cuEventSynchronize(event: CUevent) {
        let event = usable(event)?;
        if let Some(signal) = event.point()? {
            signal.wait();
        }
        let context = context::find(event.context)?;
        context.health.flush();
        context.health.check()
    }

    fn cuEventElapsedTime(milliseconds: Out<f32>, start: CUevent, end: CUevent) {
        elapsed(milliseconds, start, end)
    }

    fn cuEventElapsedTime_v2(milliseconds: Out<f32>, start: CUevent, end: CUevent) {
        elapsed(milliseconds, start, end)
    }
}

/// `CU_EVENT_RECORD_EXTERNAL`.
const EXTERNAL: u32 = 1;

fn record(event: CUevent, handle: CUstream, flags: u32) -> Result {
    if flags > EXTERNAL {
        return Err(Status::INVALID_VALUE);
    }
    let (event, stream) = (EVENTS.find(event)?, stream(handle)?);
    if event.context != stream.context {
        return Err(Status::INVALID_HANDLE);
    }
    stream.record(&event, flags == EXTERNAL)
}

/// An event that may be asked about: of a captured one the capture becomes invalid, as of captures that forbid to ask.
fn usable(handle: CUevent) -> Result<Arc<Event>> {
    let event = EVENTS.find(handle)?;
    if let Record::Captured { capture, .. } = event.record() {
        capture::find(capture).inspect(|capture| capture.invalidate());
        return Err(Status::CAPTURED_EVENT);
    }
    capture::check()?;
    Ok(event)
}

fn elapsed(milliseconds: Out<f32>, start: CUevent, end: CUevent) -> Result {
    milliseconds.check()?;
    let (start, end) = (EVENTS.find(start)?, EVENTS.find(end)?);
    context::find(end.context)?.health.check()?;
    milliseconds.set(end.milliseconds_since(&start)?)
}
