//! The functions about nodes of graphs, each with the shape of its parameters.

#![allow(non_snake_case)]

pub(super) mod calls;
pub(super) mod staged;

use std::ffi::c_void;
use std::ptr::null;

use ava_protocol::cuda::constant::{CUDA_ERROR_INVALID_VALUE, CUDA_ERROR_NOT_SUPPORTED};
use ava_protocol::cuda::nodes::{ALLOCATION, COPY, FUNCTION, KERNEL, KERNEL_V2, Leads, OPERATIONS, Shape, any, word};
use ava_protocol::cuda::{kind, opcode};
use ava_protocol::layout::Rows;

use calls::{Place, get};
pub use staged::cuGraphNodeGetType;

use super::state::SLOT;
use crate::api::generated::cuda::marshal;
use crate::base::fault::Fault;
use crate::base::readable::is_readable;

/// The functions that add a node with parameters of a shape.
macro_rules! adds {
    ($($name:ident: $shape:expr;)*) => {$(
        pub unsafe fn $name(
            node: *mut *mut c_void,
            graph: *mut c_void,
            dependencies: *const *mut c_void,
            count: usize,
            params: *const c_void,
        ) -> Result<u32, Fault> {
            let place = Place { graph, dependencies, edges: null(), count, context: std::ptr::null_mut() };
            // SAFETY: by the caller's promise.
            unsafe { add(opcode::$name, node, &place, params.cast_mut(), &$shape) }
        }
    )*};
}

/// The functions that change a node.
macro_rules! sets {
    ($($name:ident: $shape:expr;)*) => {$(
        pub unsafe fn $name(node: *mut c_void, params: *const c_void) -> Result<u32, Fault> {
            // SAFETY: by the caller's promise.
            unsafe { set(opcode::$name, None, node, params, &$shape, std::ptr::null_mut()) }
        }
    )*};
}

/// The functions that change a node of an executable graph.
macro_rules! exec_sets {
    ($($name:ident: $shape:expr;)*) => {$(
        pub unsafe fn $name(exec: *mut c_void, node: *mut c_void, params: *const c_void) -> Result<u32, Fault> {
            // SAFETY: by the caller's promise.
            unsafe { set(opcode::$name, Some(exec), node, params, &$shape, std::ptr::null_mut()) }
        }
    )*};
}

/// The functions that ask for the parameters of a node.
macro_rules! gets {
    ($($name:ident: $shape:expr;)*) => {$(
        pub unsafe fn $name(node: *mut c_void, params: *mut c_void) -> Result<u32, Fault> {
            // SAFETY: by the caller's promise.
            unsafe { get(opcode::$name, node, params, &$shape) }
        }
    )*};
}

adds! {
    cuGraphAddKernelNode: KERNEL;
    cuGraphAddKernelNode_v2: KERNEL_V2;
    cuGraphAddBatchMemOpNode: OPERATIONS;
    cuGraphAddHostNode: FUNCTION;
}

sets! {
    cuGraphKernelNodeSetParams: KERNEL;
    cuGraphKernelNodeSetParams_v2: KERNEL_V2;
    cuGraphMemcpyNodeSetParams: COPY;
    cuGraphBatchMemOpNodeSetParams: OPERATIONS;
    cuGraphHostNodeSetParams: FUNCTION;
}

exec_sets! {
    cuGraphExecKernelNodeSetParams: KERNEL;
    cuGraphExecKernelNodeSetParams_v2: KERNEL_V2;
    cuGraphExecBatchMemOpNodeSetParams: OPERATIONS;
    cuGraphExecHostNodeSetParams: FUNCTION;
}

gets! {
    cuGraphKernelNodeGetParams: KERNEL;
    cuGraphKernelNodeGetParams_v2: KERNEL_V2;
    cuGraphBatchMemOpNodeGetParams: OPERATIONS;
    cuGraphHostNodeGetParams: FUNCTION;
    cuGraphMemAllocNodeGetParams: ALLOCATION;
}

pub unsafe fn cuGraphAddMemAllocNode(
    node: *mut *mut c_void,
    graph: *mut c_void,
    dependencies: *const *mut c_void,
    count: usize,
    params: *mut c_void,
) -> Result<u32, Fault> {
    let place = Place { graph, dependencies, edges: null(), count, context: std::ptr::null_mut() };
    // SAFETY: by the caller's promise.
    unsafe { add(opcode::cuGraphAddMemAllocNode, node, &place, params, &ALLOCATION) }
}

pub unsafe fn cuGraphAddMemFreeNode(
    node: *mut *mut c_void,
    graph: *mut c_void,
    dependencies: *const *mut c_void,
    count: usize,
    memory: u64,
) -> Result<u32, Fault> {
    SLOT.current()?.state.standing.graph_allocates();
    // SAFETY: by the caller's promise.
    unsafe { marshal::cuGraphAddMemFreeNode(node, graph, dependencies.cast(), count, memory) }
}

pub unsafe fn cuGraphMemcpyNodeGetParams(node: *mut c_void, params: *mut c_void) -> Result<u32, Fault> {
    if let Some(stage) = staged::of_node(node)
        && !params.is_null()
    {
        // SAFETY: by the caller's promise; as many bytes as the struct has.
        unsafe { std::ptr::copy_nonoverlapping(stage.params.as_ptr(), params.cast(), stage.params.len()) };
        return Ok(0);
    }
    // SAFETY: by the caller's promise.
    unsafe { get(opcode::cuGraphMemcpyNodeGetParams, node, params, &COPY) }
}

pub unsafe fn cuGraphAddMemcpyNode(
    node: *mut *mut c_void,
    graph: *mut c_void,
    dependencies: *const *mut c_void,
    count: usize,
    params: *const c_void,
    context: *mut c_void,
) -> Result<u32, Fault> {
    let place = Place { graph, dependencies, edges: null(), count, context };
    // SAFETY: by the caller's promise.
    unsafe { add(opcode::cuGraphAddMemcpyNode, node, &place, params.cast_mut(), &COPY) }
}

pub unsafe fn cuGraphExecMemcpyNodeSetParams(
    exec: *mut c_void,
    node: *mut c_void,
    params: *const c_void,
    context: *mut c_void,
) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe { set(opcode::cuGraphExecMemcpyNodeSetParams, Some(exec), node, params, &COPY, context) }
}

/// The shape of parameters that say themselves what they are.
///
/// # Safety
/// `params` is null or leads to a `CUgraphNodeParams`.
unsafe fn tagged(params: *const c_void) -> Result<&'static Shape, Fault> {
    if !is_readable(params.cast(), size_of::<u32>()) {
        return Err(Fault::Status(CUDA_ERROR_INVALID_VALUE.into()));
    }
    // SAFETY: by the caller's promise.
    any(unsafe { params.cast::<u32>().read() }).ok_or(Fault::Status(CUDA_ERROR_NOT_SUPPORTED.into()))
}

pub unsafe fn cuGraphAddNode(
    node: *mut *mut c_void,
    graph: *mut c_void,
    dependencies: *const *mut c_void,
    count: usize,
    params: *mut c_void,
) -> Result<u32, Fault> {
    let place = Place { graph, dependencies, edges: null(), count, context: std::ptr::null_mut() };
    // SAFETY: by the caller's promise.
    unsafe { add(opcode::cuGraphAddNode, node, &place, params, tagged(params)?) }
}

pub unsafe fn cuGraphAddNode_v2(
    node: *mut *mut c_void,
    graph: *mut c_void,
    dependencies: *const *mut c_void,
    edges: *const c_void,
    count: usize,
    params: *mut c_void,
) -> Result<u32, Fault> {
    let place = Place { graph, dependencies, edges, count, context: std::ptr::null_mut() };
    // SAFETY: by the caller's promise.
    unsafe { add(opcode::cuGraphAddNode_v2, node, &place, params, tagged(params)?) }
}

pub unsafe fn cuGraphNodeSetParams(node: *mut c_void, params: *mut c_void) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe { set(opcode::cuGraphNodeSetParams, None, node, params, tagged(params)?, std::ptr::null_mut()) }
}

pub unsafe fn cuGraphExecNodeSetParams(
    exec: *mut c_void,
    node: *mut c_void,
    params: *mut c_void,
) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe { set(opcode::cuGraphExecNodeSetParams, Some(exec), node, params, tagged(params)?, std::ptr::null_mut()) }
}

/// Adds a node: one that copies memory of the program's own as what stands for it.
///
/// # Safety
/// The arguments are as the driver's functions demand.
unsafe fn add(
    opcode: u32,
    node: *mut *mut c_void,
    place: &Place,
    params: *mut c_void,
    shape: &Shape,
) -> Result<u32, Fault> {
    if shape.allocates() {
        SLOT.current()?.state.standing.graph_allocates();
    }
    // SAFETY: by the caller's promise.
    unsafe {
        let Some(copy) = copy_of_programs(params, shape)? else {
            return calls::add(opcode, node, place, params, shape);
        };
        let context = if place.context.is_null() { copy.context } else { place.context };
        staged::add(node, &Place { context, ..*place }, &copy.params, copy.sides)
    }
}

/// Changes a node, of an executable graph if that is not null.
///
/// # Safety
/// The arguments are as the driver's functions demand.
unsafe fn set(
    opcode: u32,
    exec: Option<*mut c_void>,
    node: *mut c_void,
    params: *const c_void,
    shape: &Shape,
    context: *mut c_void,
) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe {
        let Some(copy) = copy_of_programs(params, shape)? else {
            return calls::set(opcode, exec, node, params, shape, context);
        };
        let context = if context.is_null() { copy.context } else { context };
        match exec {
            Some(exec) if staged::of_node(node).is_some() => staged::set(exec, node, &copy.params, copy.sides, context),
            _ => Ok(CUDA_ERROR_NOT_SUPPORTED),
        }
    }
}

/// A copy with memory of the program's own.
struct CopyOfPrograms {
    /// A `CUDA_MEMCPY3D`.
    params: Vec<u8>,
    sides: [Option<(u64, Rows)>; 2],
    context: *mut c_void,
}

/// The copy that parameters describe, if they describe one with memory of the program's own.
///
/// # Safety
/// `params` is null or leads to a struct of this shape.
unsafe fn copy_of_programs(params: *const c_void, shape: &Shape) -> Result<Option<CopyOfPrograms>, Fault> {
    let Leads::Copy(at) = shape.leads else { return Ok(None) };
    if params.is_null() || !is_readable(params.cast(), shape.spec.size) {
        return Ok(None);
    }
    // SAFETY: by the caller's promise.
    let bytes = unsafe { std::slice::from_raw_parts(params.cast::<u8>(), shape.spec.size) };
    let params = bytes[at..at + COPY.spec.size].to_vec();
    let sides = staged::of_programs(&params)?;
    let place = shape.spec.handles.iter().find(|(_, kind)| *kind == kind::CUcontext);
    let context = place.map_or(0, |(place, _)| word(bytes, *place, 8)) as *mut c_void;
    Ok(sides.iter().any(Option::is_some).then_some(CopyOfPrograms { params, sides, context }))
}
