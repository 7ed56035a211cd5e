//! Streams: whether any records, and what is known when the program has waited for all of them.

#![allow(non_snake_case)]

use std::ffi::c_void;

use ava_protocol::cuda::opcode;

use super::graphs;
use super::state::{Recorder, SLOT};
use crate::api::generated::cuda::marshal;
use crate::base::fault::Fault;

/// `CU_STREAM_PER_THREAD`, the greatest value that is no handle.
pub(super) const PER_THREAD: usize = 2;

pub unsafe fn cuStreamBeginCapture(opcode: u32, stream: *mut c_void) -> Result<u32, Fault> {
    let recorder = recorder(stream, opcode == opcode::cuStreamBeginCapture_ptsz)?;
    // SAFETY: a handle that is looked up.
    begin(stream, recorder, || unsafe { marshal::cuStreamBeginCapture(opcode, stream) })
}

pub unsafe fn cuStreamBeginCapture_v2(opcode: u32, stream: *mut c_void, mode: u32) -> Result<u32, Fault> {
    let recorder = recorder(stream, opcode == opcode::cuStreamBeginCapture_v2_ptsz)?;
    // SAFETY: a handle that is looked up, and a number.
    begin(stream, recorder, || unsafe { marshal::cuStreamBeginCapture_v2(opcode, stream, mode) })
}

pub unsafe fn cuStreamBeginCaptureToGraph(
    opcode: u32,
    stream: *mut c_void,
    graph: *mut c_void,
    dependencies: *const *mut c_void,
    edges: *const c_void,
    count: usize,
    mode: u32,
) -> Result<u32, Fault> {
    let recorder = recorder(stream, opcode == opcode::cuStreamBeginCaptureToGraph_ptsz)?;
    // SAFETY: by the caller's promise.
    begin(stream, recorder, || unsafe {
        marshal::cuStreamBeginCaptureToGraph(opcode, stream, graph, dependencies.cast(), edges.cast(), count, mode)
    })
}

pub unsafe fn cuStreamEndCapture(opcode: u32, stream: *mut c_void, graph: *mut *mut c_void) -> Result<u32, Fault> {
    let at = SLOT.current()?;
    let recorder = recorder(stream, opcode == opcode::cuStreamEndCapture_ptsz)?;
    // SAFETY: by the caller's promise.
    let status = unsafe { graphs::end_capture(opcode, stream, graph) };
    match status {
        Ok(0) => at.state.standing.rests(recorder),
        _ => rest_if_it_does(stream, recorder),
    }
    // Events that were recorded meanwhile are others than before.
    at.book.accepted.doubt();
    status
}

/// The program has waited for all that devices were given.
pub unsafe fn cuCtxSynchronize() -> Result<u32, Fault> {
    let at = SLOT.current()?;
    let given = at.state.standing.given();
    // SAFETY: it takes nothing.
    let status = unsafe { marshal::cuCtxSynchronize()? };
    // Of another context's streams it says nothing.
    if status == 0 && at.state.standing.is_of_one_context() {
        at.state.standing.is_done(given);
    }
    Ok(status)
}

/// The program has waited for all that devices were given, if this stream gave it all.
pub unsafe fn cuStreamSynchronize(opcode: u32, stream: *mut c_void) -> Result<u32, Fault> {
    let at = SLOT.current()?;
    let standing = &at.state.standing;
    let given = standing.given();
    let is_all = at.book.handles.any(stream).is_some_and(|found| standing.is_of_one_stream(found.id));
    // SAFETY: a handle that is looked up.
    let status = unsafe { marshal::cuStreamSynchronize(opcode, stream)? };
    if status == 0 && is_all {
        standing.is_done(given);
    }
    Ok(status)
}

/// The stream that records, by its id; each thread has one of its own that is no object.
fn recorder(stream: *mut c_void, of_thread: bool) -> Result<Recorder, Fault> {
    if let Some(found) = SLOT.current()?.book.handles.any(stream) {
        return Ok((found.id, 0));
    }
    let plain = if stream.is_null() && of_thread { PER_THREAD } else { stream as usize };
    // SAFETY: asks for a number.
    Ok((plain as u64, unsafe { libc::pthread_self() }))
}

/// Has a stream begin to record. Until it has ended, every call waits: what it does, and whether it may be made, the driver says.
fn begin(stream: *mut c_void, recorder: Recorder, call: impl FnOnce() -> Result<u32, Fault>) -> Result<u32, Fault> {
    let at = SLOT.current()?;
    at.state.standing.records(recorder);
    if !at.is_alone() {
        // What other threads have sent without waiting was made before. A call that names no object comes after all.
        let mut context = std::ptr::null_mut();
        // SAFETY: a place for a handle.
        let _ = unsafe { marshal::cuCtxGetCurrent(&raw mut context) };
    }
    let status = call();
    if status == Ok(0) {
        // When the stream is gone, so is the recording.
        at.book.handles.mark_remembered(recorder.0);
    } else {
        // It may have recorded before.
        rest_if_it_does(stream, recorder);
    }
    // What was accepted was so outside of a recording.
    at.book.accepted.doubt();
    status
}

/// The driver has refused what was asked of a stream: whether it records is asked. If not even that is answered, every call
/// goes on to wait.
fn rest_if_it_does(stream: *mut c_void, recorder: Recorder) {
    let Ok(at) = SLOT.current() else { return };
    let is_thread = recorder.0 == PER_THREAD as u64;
    let opcode = if is_thread { opcode::cuStreamIsCapturing_ptsz } else { opcode::cuStreamIsCapturing };
    let mut recording = graphs::NOT_CAPTURING;
    // SAFETY: a place for a number.
    let status = unsafe { marshal::cuStreamIsCapturing(opcode, stream, &raw mut recording) };
    if status == Ok(0) && recording == graphs::NOT_CAPTURING {
        at.state.standing.rests(recorder);
    }
}
