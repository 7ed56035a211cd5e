//! Graphs as a whole: executables, what became of them, and what streams are recording.

#![allow(non_snake_case)]

use std::ffi::c_void;
use std::ptr::{null, null_mut};

use ava_protocol::cuda::c::{CUDA_GRAPH_INSTANTIATE_PARAMS, CUgraphEdgeData, CUgraphExecUpdateResultInfo_v1};
use ava_protocol::cuda::nodes::{
    ArchivedCaptureReply, ArchivedEndCaptureReply, ArchivedInstantiateReply, ArchivedUpdateReply, Capture, EndCapture,
    Instantiate, Update,
};
use ava_protocol::cuda::{self as table, kind, opcode};

use super::state::{Recording, SLOT};
use crate::api::generated::cuda::marshal;
use crate::base::fault::Fault;
use crate::call::{Call, Wake};

pub unsafe fn cuGraphExecUpdate_v2(exec: *mut c_void, graph: *mut c_void, info: *mut c_void) -> Result<u32, Fault> {
    let mut call = Call::begin(SLOT.current()?, opcode::cuGraphExecUpdate_v2);
    let exec = call.handle_or_null(exec, kind::CUgraphExec)?;
    let graph = call.handle_or_null(graph, kind::CUgraph)?;
    let request = Update { exec, graph, info: !info.is_null() };
    call.transact(&request, |reply: &ArchivedUpdateReply, call| {
        let status = reply.ret.to_native();
        let node = |id: u64| call.session.book.handles.intern(id, kind::CUgraphNode, false);
        // A call that fails says why.
        if !info.is_null() {
            let told = CUgraphExecUpdateResultInfo_v1 {
                result: reply.result.to_native(),
                errorNode: node(reply.node.to_native()),
                errorFromNode: node(reply.from.to_native()),
            };
            // SAFETY: by the caller's promise.
            unsafe { info.cast::<CUgraphExecUpdateResultInfo_v1>().write(told) };
        }
        (status == 0, status)
    })
}

/// It does not wait once the driver has accepted its like, unless graphs allocate or free memory: a second time they may not.
pub unsafe fn cuGraphLaunch(opcode: u32, exec: *mut c_void, stream: *mut c_void) -> Result<u32, Fault> {
    let at = SLOT.current()?;
    let mut call = Call::begin(at, opcode);
    // First the stream, which gives devices what the graph has them do.
    let hStream = call.handle_or_null(stream, kind::CUstream)?;
    let hGraph = call.handle_or_null(exec, kind::CUgraphExec)?;
    let request = table::cuGraphLaunch::Request { hGraph, hStream };
    if !at.state.standing.do_graphs_allocate() && call.is_accepted() {
        call.post(&request, Wake::Soon)?;
        return Ok(0);
    }
    call.transact(&request, |reply: &table::cuGraphLaunch::ArchivedReply, _| {
        let status = reply.ret.to_native();
        (status == 0, status)
    })
}

pub unsafe fn cuGraphInstantiateWithParams(
    opcode: u32,
    exec: *mut *mut c_void,
    graph: *mut c_void,
    params: *mut c_void,
) -> Result<u32, Fault> {
    let mut call = Call::begin(SLOT.current()?, opcode);
    let graph = call.handle_or_null(graph, kind::CUgraph)?;
    let params = params.cast::<CUDA_GRAPH_INSTANTIATE_PARAMS>();
    // SAFETY: by the caller's promise.
    let given = (!params.is_null()).then(|| unsafe { params.read() });
    let given = match given {
        Some(given) => Some((given.flags, call.handle_or_null(given.hUploadStream, kind::CUstream)?)),
        None => None,
    };
    let id = if exec.is_null() { 0 } else { call.mint_from_first(kind::CUgraphExec)? };
    call.transact(&Instantiate { exec: id, graph, params: given }, |reply: &ArchivedInstantiateReply, call| {
        let status = reply.ret.to_native();
        // SAFETY: by the caller's promise.
        unsafe {
            call.put_new(exec, id, &reply.made);
            if !params.is_null() {
                let node = call.session.book.handles.intern(reply.node.to_native(), kind::CUgraphNode, false);
                (&raw mut (*params).hErrNode_out).write(node);
                (&raw mut (*params).result_out).write(reply.result.to_native());
            }
        }
        (status == 0, status)
    })
}

/// Ends a stream's recording: the program may know the graph already.
///
/// # Safety
/// As for the driver's function.
pub(super) unsafe fn end_capture(opcode: u32, stream: *mut c_void, graph: *mut *mut c_void) -> Result<u32, Fault> {
    let mut call = Call::begin(SLOT.current()?, opcode);
    let stream = call.handle_or_null(stream, kind::CUstream)?;
    let request = EndCapture { stream, graph: !graph.is_null() };
    call.transact(&request, |reply: &ArchivedEndCaptureReply, call| {
        let status = reply.ret.to_native();
        if let (Some(id), false) = (reply.graph.as_ref(), graph.is_null()) {
            // SAFETY: by the caller's promise.
            unsafe { graph.write(call.session.book.handles.intern(id.to_native(), kind::CUgraph, true)) };
        }
        (status == 0, status)
    })
}

pub unsafe fn cuStreamGetCaptureInfo_v2(
    opcode: u32,
    stream: *mut c_void,
    status: *mut u32,
    id: *mut u64,
    graph: *mut *mut c_void,
    dependencies: *mut c_void,
    count: *mut usize,
) -> Result<u32, Fault> {
    let edges = std::ptr::null_mut();
    // SAFETY: by the caller's promise.
    unsafe { captured(opcode, stream, &Places { status, id, graph, dependencies: dependencies.cast(), edges, count }) }
}

#[allow(clippy::too_many_arguments, reason = "the header's parameters")]
pub unsafe fn cuStreamGetCaptureInfo_v3(
    opcode: u32,
    stream: *mut c_void,
    status: *mut u32,
    id: *mut u64,
    graph: *mut *mut c_void,
    dependencies: *mut c_void,
    edges: *mut c_void,
    count: *mut usize,
) -> Result<u32, Fault> {
    let (dependencies, edges) = (dependencies.cast(), edges.cast());
    // SAFETY: by the caller's promise.
    unsafe { captured(opcode, stream, &Places { status, id, graph, dependencies, edges, count }) }
}

/// `CU_STREAM_CAPTURE_STATUS_NONE`.
pub(super) const NOT_CAPTURING: u32 = 0;

/// Where a stream's recording is told, each null or a place.
struct Places {
    status: *mut u32,
    id: *mut u64,
    graph: *mut *mut c_void,
    dependencies: *mut *const u64,
    edges: *mut *const u8,
    count: *mut usize,
}

/// # Safety
/// The places are what the driver demands.
unsafe fn captured(opcode: u32, stream: *mut c_void, to: &Places) -> Result<u32, Fault> {
    let is_twin = [opcode::cuStreamGetCaptureInfo_v2_ptsz, opcode::cuStreamGetCaptureInfo_v3_ptsz].contains(&opcode);
    if !to.status.is_null() && is_at_rest(stream, is_twin)? {
        SLOT.current()?.state.recordings.remove(&(stream as u64));
        // SAFETY: by the caller's promise. Nothing else is told of a stream that does not record.
        unsafe { to.status.write(NOT_CAPTURING) };
        return Ok(0);
    }
    // SAFETY: by the caller's promise.
    let (status, recording) = unsafe { told(opcode, stream, to)? };
    SLOT.current()?.state.recordings.insert(stream as u64, recording);
    Ok(status)
}

/// Whether it is known that a stream does not record: while none does, the driver has said so of this one.
fn is_at_rest(stream: *mut c_void, of_thread: bool) -> Result<bool, Fault> {
    let at = SLOT.current()?;
    if at.book.accepted.is_strict() || at.state.standing.is_recording() {
        return Ok(false);
    }
    let opcode = if of_thread { opcode::cuStreamIsCapturing_ptsz } else { opcode::cuStreamIsCapturing };
    let mut recording = NOT_CAPTURING;
    // SAFETY: a handle that is looked up, and a place for a number.
    let status = unsafe { marshal::cuStreamIsCapturing(opcode, stream, &raw mut recording)? };
    Ok(status == 0 && recording == NOT_CAPTURING)
}

/// Where a recording goes on.
pub struct Tip {
    pub graph: *mut c_void,
    pub dependencies: Box<[u64]>,
}

/// The graph that a stream records to, and the nodes that the next one is to wait for; `None` if it does not record, or the
/// driver has more to say of it.
///
/// # Safety
/// It is a handle or null.
pub unsafe fn recording(stream: *mut c_void) -> Result<Option<Tip>, Fault> {
    const ACTIVE: u32 = 1;
    let (mut status, mut graph, mut dependencies, mut count) = (0, null_mut(), null(), 0);
    let places = Places {
        status: &raw mut status,
        id: null_mut(),
        graph: &raw mut graph,
        dependencies: &raw mut dependencies,
        edges: null_mut(),
        count: &raw mut count,
    };
    // SAFETY: places of their types.
    let (ret, recording) = unsafe { told(opcode::cuStreamGetCaptureInfo_v2, stream, &places)? };
    let tip = Tip { graph, dependencies: recording.dependencies };
    Ok((ret == 0 && status == ACTIVE && !graph.is_null()).then_some(tip))
}

/// The answer to such a question, with what the places lead to.
///
/// # Safety
/// The places are what the driver demands.
unsafe fn told(opcode: u32, stream: *mut c_void, to: &Places) -> Result<(u32, Recording), Fault> {
    let at = SLOT.current()?;
    let mut call = Call::begin(at, opcode);
    let request = Capture {
        stream: call.handle_or_null(stream, kind::CUstream)?,
        status: !to.status.is_null(),
        graph: !to.graph.is_null(),
        dependencies: !to.dependencies.is_null(),
        edges: !to.edges.is_null(),
        count: !to.count.is_null(),
    };
    call.transact(&request, |reply: &ArchivedCaptureReply, _| {
        let handles = &at.book.handles;
        let mut recording = Recording::default();
        // SAFETY: by the caller's promise. Only what the program asked for has an answer.
        unsafe {
            if let (Some(status), false) = (reply.status.as_ref(), to.status.is_null()) {
                to.status.write(status.to_native());
            }
            if let (Some(id), false) = (reply.id.as_ref(), to.id.is_null()) {
                to.id.write(id.to_native());
            }
            if let (Some(graph), false) = (reply.graph.as_ref(), to.graph.is_null()) {
                to.graph.write(handles.intern(graph.to_native(), kind::CUgraph, false));
            }
            if let (Some(count), false) = (reply.count.as_ref(), to.count.is_null()) {
                // The program reads as many as it is told of.
                let nodes = reply.dependencies.as_ref().map_or(usize::MAX, |nodes| nodes.len());
                let edges = reply.edges.as_ref().filter(|edges| !edges.is_empty());
                let edges = edges.map_or(usize::MAX, |edges| edges.len() / size_of::<CUgraphEdgeData>());
                to.count.write((count.to_native() as usize).min(nodes).min(edges));
            }
            if let (Some(nodes), false) = (reply.dependencies.as_ref(), to.dependencies.is_null()) {
                let nodes = nodes.iter().map(|id| handles.intern(id.to_native(), kind::CUgraphNode, false) as u64);
                recording.dependencies = nodes.collect();
                to.dependencies.write(recording.dependencies.as_ptr());
            }
            if let (Some(edges), false) = (reply.edges.as_ref(), to.edges.is_null()) {
                recording.edges = edges.as_slice().into();
                let is_none = recording.edges.is_empty();
                to.edges.write(if is_none { std::ptr::null() } else { recording.edges.as_ptr() });
            }
        }
        let status = reply.ret.to_native();
        (status == 0, (status, recording))
    })
}
