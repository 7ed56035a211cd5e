//! Streams, and captures of them.
#![allow(non_snake_case, reason = "the header's names")]

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::sync::{Arc, MutexGuard, PoisonError};

use super::current::{stream, submit};
use super::entry::entries;
use super::values::{In, Out};
use crate::cuda::{
    CUcontext, CUdevice, CUevent, CUgraph, CUgraphEdgeData, CUgraphNode, CUstream, CUstreamCallback, Result, Status,
};
use crate::device::capture::{self, Capture, Mode};
use crate::device::context;
use crate::device::event::EVENTS;
use crate::device::graph::GRAPHS;
use crate::device::operation::{Callback, Operation};
use crate::device::profile::PRIORITIES;
use crate::device::stream::{Kind, NON_BLOCKING, STREAMS, Stream};

entries! { checked;
    fn cuStreamCreate(place: Out<CUstream>, flags: u32) {
        create(place, flags, 0)
    }

    /// Priorities beyond the range are taken as its ends.
    fn cuStreamCreateWithPriority(place: Out<CUstream>, flags: u32, priority: i32) {
        create(place, flags, priority.clamp(PRIORITIES.1, PRIORITIES.0))
    }

    /// What was asked of it is still done.
    fn cuStreamDestroy_v2(handle: CUstream) {
        let stream = STREAMS.find(handle)?;
        if let Some(capture) = stream.capture() {
            capture.invalidate();
            let _ = if capture.origin == handle { capture.end().map(drop) } else { Ok(()) };
        }
        STREAMS.remove(handle)?;
        stream.health.check()
    }

    fn cuStreamGetPriority | cuStreamGetPriority_ptsz(handle: CUstream, priority: Out<i32>) {
        priority.set(stream(handle)?.priority)
    }

    fn cuStreamGetFlags | cuStreamGetFlags_ptsz(handle: CUstream, flags: Out<u32>) {
        flags.set(stream(handle)?.flags)
    }

    fn cuStreamGetId | cuStreamGetId_ptsz(handle: CUstream, id: Out<u64>) {
        id.set(stream(handle)?.handle as u64)
    }

    fn cuStreamGetCtx | cuStreamGetCtx_ptsz(handle: CUstream, place: Out<CUcontext>) {
        place.set(stream(handle)?.context)
    }

    fn cuStreamGetCtx_v2 | cuStreamGetCtx_v2_ptsz(handle: CUstream, place: Out<CUcontext>, green: Out<usize>) {
        green.set_if(0);
        place.set(stream(handle)?.context)
    }

    fn cuStreamGetDevice | cuStreamGetDevice_ptsz(handle: CUstream, place: Out<CUdevice>) {
        place.set(context::find(stream(handle)?.context)?.device.ordinal)
    }

    fn cuStreamWaitEvent | cuStreamWaitEvent_ptsz(handle: CUstream, event: CUevent, flags: u32) {
        if flags > EXTERNAL {
            return Err(Status::INVALID_VALUE);
        }
        stream(handle)?.wait(&EVENTS.find(event)?, flags == EXTERNAL)
    }

    fn cuStreamAddCallback | cuStreamAddCallback_ptsz(
        handle: CUstream,
        function: Option<CUstreamCallback>,
        data: *mut c_void,
        flags: u32,
    ) {
        let function = function.filter(|_| flags == 0).ok_or(Status::INVALID_VALUE)?;
        uncaptured(&*stream(handle)?)?;
        submit(handle, Operation::Callback(Callback { function, stream: handle, data }))
    }

    fn cuStreamSynchronize | cuStreamSynchronize_ptsz(handle: CUstream) {
        let stream = stream(handle)?;
        uncaptured(&stream)?;
        capture::check()?;
        stream.synchronize()
    }

    fn cuStreamQuery | cuStreamQuery_ptsz(handle: CUstream) {
        let stream = stream(handle)?;
        uncaptured(&stream)?;
        capture::check()?;
        if stream.ends().iter().all(|end| end.is_done()) { stream.health.check() } else { Err(Status::NOT_READY) }
    }

    fn cuStreamBeginCapture_v2 | cuStreamBeginCapture_v2_ptsz(handle: CUstream, mode: u32) {
        let (stream, mode) = (stream(handle)?, Mode::new(mode)?);
        begin(&stream, |origin| Ok(Capture::begin(origin, mode, None, &[])))
    }

    fn cuStreamBeginCaptureToGraph | cuStreamBeginCaptureToGraph_ptsz(
        handle: CUstream,
        graph: CUgraph,
        nodes: In<CUgraphNode>,
        _edges: In<CUgraphEdgeData>,
        count: usize,
        mode: u32,
    ) {
        let (stream, mode, graph) = (stream(handle)?, Mode::new(mode)?, GRAPHS.find(graph)?);
        let (nodes, known) = (nodes.all(count)?, graph.nodes());
        if nodes.iter().any(|node| !known.contains(node)) {
            return Err(Status::INVALID_VALUE);
        }
        begin(&stream, |origin| Ok(Capture::begin(origin, mode, Some(graph), &nodes)))
    }

    fn cuStreamEndCapture | cuStreamEndCapture_ptsz(handle: CUstream, place: Out<CUgraph>) {
        place.check()?;
        let stream = stream(handle)?;
        let capture = stream.capture().ok_or(Status::ILLEGAL_STATE)?;
        place.set(0)?;
        if capture.mode != Mode::Relaxed && capture.thread != std::thread::current().id() {
            return Err(Status::STREAM_CAPTURE_WRONG_THREAD);
        }
        if capture.origin != stream.handle {
            return Err(Status::STREAM_CAPTURE_UNMATCHED);
        }
        place.set(capture.end()?.handle)
    }

    fn cuStreamIsCapturing | cuStreamIsCapturing_ptsz(handle: CUstream, status: Out<u32>) {
        let stream = stream(handle)?;
        // The legacy stream is not captured; asking while it would disturb a capture is an error, which disturbs nothing.
        if stream.kind == Kind::Legacy && stream.is_awaited_by_captures() {
            return Err(Status::STREAM_CAPTURE_IMPLICIT);
        }
        status.set(capture_status(stream.capture().as_deref()))
    }

    fn cuStreamGetCaptureInfo_v2 | cuStreamGetCaptureInfo_v2_ptsz(
        handle: CUstream,
        status: Out<u32>,
        id: Out<u64>,
        graph: Out<CUgraph>,
        nodes: Out<*const CUgraphNode>,
        count: Out<usize>,
    ) {
        write_capture(&*stream(handle)?, Information { status, id, graph, nodes, count })
    }

    /// No dependency has data.
    fn cuStreamGetCaptureInfo_v3 | cuStreamGetCaptureInfo_v3_ptsz(
        handle: CUstream,
        status: Out<u32>,
        id: Out<u64>,
        graph: Out<CUgraph>,
        nodes: Out<*const CUgraphNode>,
        edges: Out<*const CUgraphEdgeData>,
        count: Out<usize>,
    ) {
        edges.set_if(std::ptr::null());
        write_capture(&*stream(handle)?, Information { status, id, graph, nodes, count })
    }

    fn cuStreamUpdateCaptureDependencies | cuStreamUpdateCaptureDependencies_ptsz(
        handle: CUstream,
        nodes: In<CUgraphNode>,
        count: usize,
        flags: u32,
    ) {
        update(&*stream(handle)?, &nodes.all(count)?, flags)
    }

    fn cuStreamUpdateCaptureDependencies_v2 | cuStreamUpdateCaptureDependencies_v2_ptsz(
        handle: CUstream,
        nodes: In<CUgraphNode>,
        _edges: In<CUgraphEdgeData>,
        count: usize,
        flags: u32,
    ) {
        update(&*stream(handle)?, &nodes.all(count)?, flags)
    }

    fn cuThreadExchangeStreamCaptureMode(mode: Out<u32>) {
        let new = Mode::new(mode.get()?)?;
        mode.set(capture::exchange(new) as u32)
    }

    /// Attributes are about speed: what is set is kept, and has no effect.
    fn cuStreamSetAttribute | cuStreamSetAttribute_ptsz(handle: CUstream, attribute: u32, value: In<[u64; 8]>) {
        let (stream, value) = (stream(handle)?, value.get()?);
        if !is_attribute(attribute) {
            return Err(Status::INVALID_VALUE);
        }
        lock(&stream).insert(attribute, value);
        Ok(())
    }

    fn cuStreamGetAttribute | cuStreamGetAttribute_ptsz(handle: CUstream, attribute: u32, value: Out<[u64; 8]>) {
        let stream = stream(handle)?;
        if !is_attribute(attribute) {
            return Err(Status::INVALID_VALUE);
        }
        let unset = if attribute == PRIORITY { stream.priority as u32 } else { 0 };
        value.set(lock(&stream).get(&attribute).copied().unwrap_or([unset.into(), 0, 0, 0, 0, 0, 0, 0]))
    }

    fn cuStreamCopyAttributes | cuStreamCopyAttributes_ptsz(to: CUstream, from: CUstream) {
        let (to, from) = (stream(to)?, stream(from)?);
        let all = lock(&from).clone();
        lock(&to).extend(all);
        Ok(())
    }
}

/// `CU_EVENT_WAIT_EXTERNAL`.
const EXTERNAL: u32 = 1;

/// `CU_LAUNCH_ATTRIBUTE_PRIORITY`.
const PRIORITY: u32 = 8;

/// Access policy, synchronisation policy, priority, domains of memory synchronisation.
fn is_attribute(attribute: u32) -> bool {
    matches!(attribute, 1 | 3 | PRIORITY | 9 | 10)
}

fn lock(stream: &Stream) -> MutexGuard<'_, BTreeMap<u32, [u64; 8]>> {
    stream.attributes.lock().unwrap_or_else(PoisonError::into_inner)
}

fn create(place: Out<CUstream>, flags: u32, priority: i32) -> Result {
    place.check()?;
    let kind = match flags {
        0 => Kind::Blocking,
        NON_BLOCKING => Kind::NonBlocking,
        _ => return Err(Status::INVALID_VALUE),
    };
    place.set(context::usable()?.stream(kind, priority).handle)
}

/// For calls that make no sense of a stream that is capturing: its capture becomes invalid.
fn uncaptured(stream: &Stream) -> Result {
    match stream.capturing() {
        Ok(None) => Ok(()),
        Ok(Some(capture)) => {
            capture.invalidate();
            Err(Status::STREAM_CAPTURE_UNSUPPORTED)
        }
        Err(status) => Err(status),
    }
}

fn begin(stream: &Stream, begin: impl FnOnce(usize) -> Result<Arc<Capture>>) -> Result {
    if stream.kind == Kind::Legacy {
        return Err(Status::STREAM_CAPTURE_UNSUPPORTED);
    }
    if stream.capture().is_some() {
        return Err(Status::ILLEGAL_STATE);
    }
    stream.set_capture(Some(begin(stream.handle)?));
    Ok(())
}

/// `CUstreamCaptureStatus`.
fn capture_status(capture: Option<&Capture>) -> u32 {
    match capture {
        None => 0,
        Some(capture) if capture.is_valid() => 1,
        Some(_) => 2,
    }
}

/// Where the facts about a capture go, as far as they are wanted.
struct Information {
    status: Out<u32>,
    id: Out<u64>,
    graph: Out<CUgraph>,
    nodes: Out<*const CUgraphNode>,
    count: Out<usize>,
}

fn write_capture(stream: &Stream, wanted: Information) -> Result {
    if stream.kind == Kind::Legacy && stream.is_awaited_by_captures() {
        return Err(Status::STREAM_CAPTURE_IMPLICIT);
    }
    let capture = stream.capture();
    wanted.status.set(capture_status(capture.as_deref()))?;
    if let Some(capture) = capture.filter(|capture| capture.is_valid()) {
        wanted.id.set_if(capture.id);
        wanted.graph.set_if(capture.graph.handle);
        capture.look(stream.handle, |nodes| {
            wanted.nodes.set_if(nodes.as_ptr());
            wanted.count.set_if(nodes.len());
        });
    }
    Ok(())
}

/// Adds nodes to those that what follows depends on (flags 0), or puts them in their place (1).
fn update(stream: &Stream, nodes: &[usize], flags: u32) -> Result {
    let capture = stream.capturing()?.ok_or(Status::ILLEGAL_STATE)?;
    match flags {
        0 => {
            let mut all = capture.frontier(stream.handle);
            all.extend(nodes);
            capture.replace(stream.handle, &all)
        }
        1 => capture.replace(stream.handle, nodes),
        _ => Err(Status::INVALID_VALUE),
    }
}
