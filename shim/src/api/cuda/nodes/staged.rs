//! Copies of graphs from and to memory of the program's own, which the worker does not have. In the place of such a copy a graph
//! has a graph: a function that fills memory which both sides have from the program's, the copy from there, or the copy
//! and a function that takes what it has left. The functions are called whenever the copy is played, so that the program's
//! memory is read and written when a driver would do so. To the program it is a copy.
//!
//! - **Invariant**: what is here of a copy is known by a number, and is gone when the driver calls the end of the object that
//!   its graph, and all that was made of that, holds. So nothing bad comes of a call for one that is gone.

#![allow(non_snake_case)]

use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::Arc;

use ava_protocol::cuda::constant::CUDA_ERROR_INVALID_VALUE;
use ava_protocol::cuda::nodes::{COPY, FUNCTION, HOST, SIDES, Side, UNIFIED, any, put, word};
use ava_protocol::cuda::opcode;
use ava_protocol::layout::Rows;

use super::calls::{self, Place};
use crate::api::cuda::host::{cuMemFreeHost, cuMemHostAlloc};
use crate::api::cuda::places;
use crate::api::cuda::state::SLOT;
use crate::api::cuda::state::stages::{self, Function, Part, Stage, address, empty, end, fill};
use crate::api::cuda::status::answered;
use crate::api::generated::cuda::marshal;
use crate::base::fault::Fault;

/// `CU_USER_OBJECT_NO_DESTRUCTOR_SYNC`, and `CU_GRAPH_USER_OBJECT_MOVE`.
const NO_SYNC: u32 = 1;
const MOVE: u32 = 1;
/// `CU_STREAM_CAPTURE_MODE_RELAXED`.
const RELAXED: u32 = 2;
/// `CU_GRAPH_NODE_TYPE_MEMCPY` and `…_GRAPH`.
const IS_COPY: u32 = 1;
const IS_GRAPH: u32 = 4;

/// The sides of a `CUDA_MEMCPY3D` that are memory of the program's own: where the first byte lies, and the rows from there.
///
/// # Errors
/// It is of no memory.
pub fn of_programs(params: &[u8]) -> Result<[Option<(u64, Rows)>; 2], Fault> {
    let fixed = &SLOT.current()?.book.fixed;
    let side = |side: &Side| {
        let invalid = Fault::Status(CUDA_ERROR_INVALID_VALUE.into());
        let base = match word(params, side.memory, 4) as u32 {
            HOST => word(params, side.host, 8),
            UNIFIED => word(params, side.device, 8),
            _ => return Ok(None),
        };
        let rows = side.rows(params).ok_or(invalid)?;
        let (first, span) = (base.checked_add(rows.start).ok_or(invalid)?, rows.span().ok_or(invalid)?);
        if base == 0 {
            return Err(invalid);
        }
        let is_unified = word(params, side.memory, 4) as u32 == UNIFIED;
        if is_unified && !places::is_programs(first) || fixed.holds(first as usize, span) {
            return Ok(None);
        }
        Ok(Some((first, Rows { start: 0, ..rows })))
    };
    Ok([side(&SIDES[0])?, side(&SIDES[1])?])
}

/// Adds a copy with such sides to a graph.
///
/// # Safety
/// The arguments are as the driver's functions demand.
pub unsafe fn add(
    node: *mut *mut c_void,
    place: &Place,
    params: &[u8],
    sides: [Option<(u64, Rows)>; 2],
) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe {
        with_graph(params, sides, place.context, |graph| {
            if place.edges.is_null() {
                let (graph_of, count) = (place.graph, place.count);
                return marshal::cuGraphAddChildGraphNode(node, graph_of, place.dependencies, count, graph);
            }
            let mut of_graph = [0_u8; 256];
            put(&mut of_graph, 0, IS_GRAPH.into());
            put(&mut of_graph, 16, graph as u64);
            let shape = any(IS_GRAPH).ok_or(Fault::Status(CUDA_ERROR_INVALID_VALUE.into()))?;
            calls::add(opcode::cuGraphAddNode_v2, node, place, of_graph.as_mut_ptr().cast(), shape)
        })
    }
}

/// Changes a copy of an executable graph to one with such sides. It must have had them before, too.
///
/// # Safety
/// The arguments are as the driver's functions demand.
pub unsafe fn set(
    exec: *mut c_void,
    node: *mut c_void,
    params: &[u8],
    sides: [Option<(u64, Rows)>; 2],
    context: *mut c_void,
) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe {
        with_graph(params, sides, context, |graph| marshal::cuGraphExecChildGraphNodeSetParams(exec, node, graph))
    }
}

/// Makes the graph that stands for a copy, for `then`: who takes it makes a copy of it.
///
/// # Safety
/// The arguments are as the driver's functions demand.
unsafe fn with_graph(
    params: &[u8],
    sides: [Option<(u64, Rows)>; 2],
    context: *mut c_void,
    then: impl FnOnce(*mut c_void) -> Result<u32, Fault>,
) -> Result<u32, Fault> {
    relaxed(|| {
        give_back();
        let mut graph = null_mut();
        // SAFETY: a place for a handle, and then a graph that nobody else knows.
        unsafe {
            answered(marshal::cuGraphCreate(&raw mut graph, 0)?)?;
            let status = build(graph, params, sides, context).and_then(|()| then(graph));
            let _ = marshal::cuGraphDestroy(graph);
            status
        }
    })
}

/// Does what makes memory, which a recording that goes on may forbid this thread.
fn relaxed(body: impl FnOnce() -> Result<u32, Fault>) -> Result<u32, Fault> {
    if !SLOT.current()?.state.standing.is_recording() {
        return body();
    }
    let mut mode = RELAXED;
    // SAFETY: a place for a mode.
    answered(unsafe { marshal::cuThreadExchangeStreamCaptureMode(&raw mut mode)? })?;
    let result = body();
    // SAFETY: as above.
    answered(unsafe { marshal::cuThreadExchangeStreamCaptureMode(&raw mut mode)? })?;
    result
}

/// # Safety
/// A graph without nodes, and what the driver's functions demand.
unsafe fn build(
    graph: *mut c_void,
    params: &[u8],
    sides: [Option<(u64, Rows)>; 2],
    context: *mut c_void,
) -> Result<(), Fault> {
    let mut staged = params.to_vec();
    let mut stage = Stage { params: params.to_vec(), sides: [None, None] };
    for (i, side) in SIDES.iter().enumerate() {
        let Some((at, rows)) = sides[i] else { continue };
        let buffer = buffer(rows.bytes())?;
        side.put_flat(&mut staged, buffer as u64, &rows);
        stage.sides[i] = Some(Part { at, rows, buffer });
    }
    let [fills, empties] = [stage.sides[0].is_some(), stage.sides[1].is_some()];
    let number = stages::insert(stage);
    // SAFETY: by the caller's promise; places for handles, and structs as the functions take them.
    unsafe {
        held(graph, number)?;
        let mut last: *mut c_void = null_mut();
        if fills {
            last = call(graph, last, fill, number)?;
        }
        let place = behind(graph, &last, context);
        let mut copy = null_mut();
        let params = staged.as_mut_ptr().cast();
        answered(calls::add(opcode::cuGraphAddMemcpyNode, &raw mut copy, &place, params, &COPY)?)?;
        if empties {
            call(graph, copy, empty, number)?;
        }
    }
    Ok(())
}

/// Has a graph, and all that is made of it, hold a stage.
///
/// # Safety
/// A graph.
unsafe fn held(graph: *mut c_void, number: usize) -> Result<(), Fault> {
    let mut object = null_mut();
    // SAFETY: a place for a handle, a function that takes a number, and live objects.
    unsafe {
        let made = marshal::cuUserObjectCreate(&raw mut object, number as *mut c_void, Some(end), 1, NO_SYNC);
        if let Err(fault) = made.and_then(answered) {
            stages::remove(number);
            return Err(fault);
        }
        let kept = marshal::cuGraphRetainUserObject(graph, object, 1, MOVE).and_then(answered);
        if kept.is_err() {
            let _ = marshal::cuUserObjectRelease(object, 1);
        }
        kept
    }
}

/// Adds a call of a function with a number, behind a node unless that is null.
///
/// # Safety
/// A graph, and a node of it or null.
unsafe fn call(
    graph: *mut c_void,
    after: *mut c_void,
    function: Function,
    number: usize,
) -> Result<*mut c_void, Fault> {
    let mut params = [0_u8; 16];
    put(&mut params, 0, address(function) as u64);
    put(&mut params, 8, number as u64);
    let (mut node, place) = (null_mut(), behind(graph, &after, null_mut()));
    // SAFETY: a place for a handle, and a struct as the function takes it.
    unsafe {
        let params = params.as_mut_ptr().cast();
        answered(calls::add(opcode::cuGraphAddHostNode, &raw mut node, &place, params, &FUNCTION)?)?;
    }
    Ok(node)
}

fn behind(graph: *mut c_void, after: &*mut c_void, context: *mut c_void) -> Place {
    Place { graph, dependencies: after, edges: null(), count: (!after.is_null()).into(), context }
}

/// Memory that both sides have.
fn buffer(len: u64) -> Result<usize, Fault> {
    let mut buffer = null_mut();
    // SAFETY: a place for an address.
    answered(unsafe { cuMemHostAlloc(&raw mut buffer, len.max(1) as usize, 0)? })?;
    Ok(buffer as usize)
}

/// Gives back what is not needed any more.
fn give_back() {
    for buffer in stages::take_spent() {
        // SAFETY: nobody uses it. One of a lost session is gone already.
        let _ = unsafe { cuMemFreeHost(buffer as *mut c_void) };
    }
}

/// The stage of a node that stands for a copy.
pub fn of_node(node: *mut c_void) -> Option<Arc<Stage>> {
    if stages::is_empty() {
        return None;
    }
    let (mut graph, mut all, mut count) = (null_mut(), [null_mut::<c_void>(); 3], 3);
    // SAFETY: places for handles, as many as it says, and then for a struct.
    unsafe {
        let within = marshal::cuGraphChildGraphNodeGetGraph(node, &raw mut graph);
        within.and_then(answered).ok()?;
        marshal::cuGraphGetNodes(graph, all.as_mut_ptr(), &raw mut count).and_then(answered).ok()?;
        all.iter().take(count).find_map(|node| {
            let mut params = [0_u8; 16];
            let told = calls::get(opcode::cuGraphHostNodeGetParams, *node, params.as_mut_ptr().cast(), &FUNCTION);
            told.and_then(answered).ok()?;
            let function = word(&params, 0, 8) as usize;
            let is_ours = [address(fill), address(empty)].contains(&function);
            stages::of(word(&params, 8, 8) as usize).filter(|_| is_ours)
        })
    }
}

pub unsafe fn cuGraphNodeGetType(node: *mut c_void, kind: *mut u32) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise; a call that succeeds has written there.
    unsafe {
        let status = marshal::cuGraphNodeGetType(node, kind)?;
        if status == 0 && !kind.is_null() && kind.read() == IS_GRAPH && of_node(node).is_some() {
            kind.write(IS_COPY);
        }
        Ok(status)
    }
}
