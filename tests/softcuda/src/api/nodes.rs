//! Nodes of graphs, by their kinds.
#![allow(non_snake_case, reason = "the header's names")]

use std::ffi::c_void;
use std::sync::Arc;

use super::attributes::attribute;
use super::copies::boxed;
use super::entry::entries;
use super::graph::{check_data, named};
use super::launch::of_node;
use super::memset;
use super::values::{In, Out};
use crate::cuda::{
    CUDA_HOST_NODE_PARAMS, CUDA_KERNEL_NODE_PARAMS, CUDA_KERNEL_NODE_PARAMS_v1, CUDA_MEM_ALLOC_NODE_PARAMS,
    CUDA_MEMCPY3D, CUDA_MEMSET_NODE_PARAMS, CUcontext, CUdeviceptr, CUevent, CUgraph, CUgraphEdgeData, CUgraphNode,
    CUgraphNodeParams, CUmemLocation, CUmemPoolProps, Result, Status, location_type,
};
use crate::device::event::EVENTS;
use crate::device::graph::{Work, home, kind};
use crate::device::operation::{Fill, Held, Host, Launch, Operation};
use crate::device::{context, pool, profile};

entries! { checked;
    fn cuGraphAddKernelNode(
        place: Out<CUgraphNode>,
        graph: CUgraph,
        dependencies: In<CUgraphNode>,
        count: usize,
        node: In<CUDA_KERNEL_NODE_PARAMS_v1>,
    ) {
        add(place, graph, dependencies, count, kernel(&node.get()?)?)
    }

    fn cuGraphAddKernelNode_v2(
        place: Out<CUgraphNode>,
        graph: CUgraph,
        dependencies: In<CUgraphNode>,
        count: usize,
        node: In<CUDA_KERNEL_NODE_PARAMS>,
    ) {
        add(place, graph, dependencies, count, kernel_v2(&node.get()?)?)
    }

    fn cuGraphKernelNodeGetParams(node: CUgraphNode, place: Out<CUDA_KERNEL_NODE_PARAMS_v1>) {
        place.set(describe(&*launch_of(node)?))
    }

    fn cuGraphKernelNodeGetParams_v2(node: CUgraphNode, place: Out<CUDA_KERNEL_NODE_PARAMS>) {
        let launch = launch_of(node)?;
        place.set(CUDA_KERNEL_NODE_PARAMS { v1: describe(&launch), kern: 0, ctx: launch.function.context })
    }

    /// Whether the launch is cooperative is the only attribute that a node has here.
    fn cuGraphKernelNodeGetAttribute(node: CUgraphNode, attribute: u32, place: Out<i32>) {
        let launch = launch_of(node)?;
        check_attribute(attribute)?;
        place.set(launch.is_cooperative.into())
    }

    fn cuGraphKernelNodeSetAttribute(node: CUgraphNode, attribute: u32, value: In<i32>) {
        let launch = launch_of(node)?;
        check_attribute(attribute)?;
        let launch = Launch { is_cooperative: value.get()? != 0, ..*launch };
        home(node)?.set(node, Work::Operation(Operation::Launch(launch)))
    }

    fn cuGraphKernelNodeSetParams(node: CUgraphNode, new: In<CUDA_KERNEL_NODE_PARAMS_v1>) {
        home(node)?.set(node, kernel(&new.get()?)?)
    }

    fn cuGraphKernelNodeSetParams_v2(node: CUgraphNode, new: In<CUDA_KERNEL_NODE_PARAMS>) {
        home(node)?.set(node, kernel_v2(&new.get()?)?)
    }

    fn cuGraphAddMemcpyNode(
        place: Out<CUgraphNode>,
        graph: CUgraph,
        dependencies: In<CUgraphNode>,
        count: usize,
        copy: In<CUDA_MEMCPY3D>,
        _context: CUcontext,
    ) {
        add(place, graph, dependencies, count, copy_of(&copy.get()?)?)
    }

    fn cuGraphMemcpyNodeGetParams(node: CUgraphNode, place: Out<CUDA_MEMCPY3D>) {
        match operation(node)? {
            Operation::Copy(copy) => place.set(*copy.described),
            _ => Err(Status::INVALID_VALUE),
        }
    }

    fn cuGraphMemcpyNodeSetParams(node: CUgraphNode, copy: In<CUDA_MEMCPY3D>) {
        home(node)?.set(node, copy_of(&copy.get()?)?)
    }

    fn cuGraphAddMemsetNode(
        place: Out<CUgraphNode>,
        graph: CUgraph,
        dependencies: In<CUgraphNode>,
        count: usize,
        fill: In<CUDA_MEMSET_NODE_PARAMS>,
        _context: CUcontext,
    ) {
        add(place, graph, dependencies, count, fill_of(&fill.get()?)?)
    }

    fn cuGraphMemsetNodeGetParams(node: CUgraphNode, place: Out<CUDA_MEMSET_NODE_PARAMS>) {
        match operation(node)? {
            Operation::Fill(Fill { address, pitch, value, element, width, height }) => {
                place.set(CUDA_MEMSET_NODE_PARAMS { dst: address, pitch, value, elementSize: element, width, height })
            }
            _ => Err(Status::INVALID_VALUE),
        }
    }

    fn cuGraphMemsetNodeSetParams(node: CUgraphNode, fill: In<CUDA_MEMSET_NODE_PARAMS>) {
        home(node)?.set(node, fill_of(&fill.get()?)?)
    }

    fn cuGraphAddHostNode(
        place: Out<CUgraphNode>,
        graph: CUgraph,
        dependencies: In<CUgraphNode>,
        count: usize,
        host: In<CUDA_HOST_NODE_PARAMS>,
    ) {
        add(place, graph, dependencies, count, host_of(&host.get()?)?)
    }

    fn cuGraphHostNodeGetParams(node: CUgraphNode, place: Out<CUDA_HOST_NODE_PARAMS>) {
        match operation(node)? {
            Operation::Host(Host { function, data }) => {
                place.set(CUDA_HOST_NODE_PARAMS { function: Some(function), userData: data })
            }
            _ => Err(Status::INVALID_VALUE),
        }
    }

    fn cuGraphHostNodeSetParams(node: CUgraphNode, host: In<CUDA_HOST_NODE_PARAMS>) {
        home(node)?.set(node, host_of(&host.get()?)?)
    }

    fn cuGraphAddChildGraphNode(
        place: Out<CUgraphNode>,
        graph: CUgraph,
        dependencies: In<CUgraphNode>,
        count: usize,
        child: CUgraph,
    ) {
        add(place, graph, dependencies, count, Work::Child(named(child)?.copy()))
    }

    fn cuGraphChildGraphNodeGetGraph(node: CUgraphNode, place: Out<CUgraph>) {
        match home(node)?.node(node)?.work {
            Work::Child(child) => place.set(child.handle),
            Work::Operation(_) => Err(Status::INVALID_VALUE),
        }
    }

    fn cuGraphAddEmptyNode(place: Out<CUgraphNode>, graph: CUgraph, dependencies: In<CUgraphNode>, count: usize) {
        add(place, graph, dependencies, count, Work::Operation(Operation::Empty))
    }

    fn cuGraphAddEventRecordNode(
        place: Out<CUgraphNode>,
        graph: CUgraph,
        dependencies: In<CUgraphNode>,
        count: usize,
        event: CUevent,
    ) {
        add(place, graph, dependencies, count, record_of(event)?)
    }

    fn cuGraphEventRecordNodeGetEvent(node: CUgraphNode, place: Out<CUevent>) {
        match operation(node)? {
            Operation::Record(event) => place.set(event.handle),
            _ => Err(Status::INVALID_VALUE),
        }
    }

    fn cuGraphEventRecordNodeSetEvent(node: CUgraphNode, event: CUevent) {
        home(node)?.set(node, record_of(event)?)
    }

    fn cuGraphAddEventWaitNode(
        place: Out<CUgraphNode>,
        graph: CUgraph,
        dependencies: In<CUgraphNode>,
        count: usize,
        event: CUevent,
    ) {
        add(place, graph, dependencies, count, wait_of(event)?)
    }

    fn cuGraphEventWaitNodeGetEvent(node: CUgraphNode, place: Out<CUevent>) {
        match operation(node)? {
            Operation::Await(event) => place.set(event.handle),
            _ => Err(Status::INVALID_VALUE),
        }
    }

    fn cuGraphEventWaitNodeSetEvent(node: CUgraphNode, event: CUevent) {
        home(node)?.set(node, wait_of(event)?)
    }

    /// The memory is there as long as the node is, at one address.
    fn cuGraphAddMemAllocNode(
        place: Out<CUgraphNode>,
        graph: CUgraph,
        dependencies: In<CUgraphNode>,
        count: usize,
        node: Out<CUDA_MEM_ALLOC_NODE_PARAMS>,
    ) {
        let mut wanted = node.get()?;
        let CUmemPoolProps { allocType, location, .. } = wanted.poolProps;
        if allocType != 1 || location.kind != location_type::DEVICE || wanted.bytesize == 0 {
            return Err(Status::INVALID_VALUE);
        }
        profile::device(location.id)?;
        let memory = pool::default_of(location.id).allocate(wanted.bytesize, 0)?;
        wanted.dptr = memory.base;
        let work = Work::Operation(Operation::Allocate(Arc::new(Held(memory))));
        add(place, graph, dependencies, count, work)?;
        node.set(wanted)
    }

    fn cuGraphMemAllocNodeGetParams(node: CUgraphNode, place: Out<CUDA_MEM_ALLOC_NODE_PARAMS>) {
        let Operation::Allocate(held) = operation(node)? else { return Err(Status::INVALID_VALUE) };
        let location = CUmemLocation { kind: location_type::DEVICE, id: held.0.device };
        let poolProps = CUmemPoolProps {
            allocType: 1,
            handleTypes: 0,
            location,
            win32SecurityAttributes: 0,
            maxSize: 0,
            usage: 0,
            reserved: [0; 54],
        };
        place.set(CUDA_MEM_ALLOC_NODE_PARAMS {
            poolProps,
            accessDescs: std::ptr::null(),
            accessDescCount: 0,
            bytesize: held.0.size,
            dptr: held.0.base,
        })
    }

    fn cuGraphAddMemFreeNode(
        place: Out<CUgraphNode>,
        graph: CUgraph,
        dependencies: In<CUgraphNode>,
        count: usize,
        address: CUdeviceptr,
    ) {
        if address == 0 {
            return Err(Status::INVALID_VALUE);
        }
        add(place, graph, dependencies, count, Work::Operation(Operation::Free(address)))
    }

    fn cuGraphMemFreeNodeGetParams(node: CUgraphNode, place: Out<CUdeviceptr>) {
        match operation(node)? {
            Operation::Free(address) => place.set(address),
            _ => Err(Status::INVALID_VALUE),
        }
    }

    fn cuGraphAddNode(
        place: Out<CUgraphNode>,
        graph: CUgraph,
        dependencies: In<CUgraphNode>,
        count: usize,
        node: In<CUgraphNodeParams>,
    ) {
        add(place, graph, dependencies, count, any(&node.get()?)?)
    }

    fn cuGraphAddNode_v2(
        place: Out<CUgraphNode>,
        graph: CUgraph,
        dependencies: In<CUgraphNode>,
        data: In<CUgraphEdgeData>,
        count: usize,
        node: In<CUgraphNodeParams>,
    ) {
        check_data(data, count)?;
        add(place, graph, dependencies, count, any(&node.get()?)?)
    }

    fn cuGraphNodeSetParams(node: CUgraphNode, new: In<CUgraphNodeParams>) {
        home(node)?.set(node, any(&new.get()?)?)
    }
}

fn add(place: Out<CUgraphNode>, graph: CUgraph, dependencies: In<CUgraphNode>, count: usize, work: Work) -> Result {
    place.check()?;
    place.set(named(graph)?.add(work, &dependencies.all(count)?)?)
}

fn operation(node: CUgraphNode) -> Result<Operation> {
    match home(node)?.node(node)?.work {
        Work::Operation(operation) => Ok(operation),
        Work::Child(_) => Err(Status::INVALID_VALUE),
    }
}

fn check_attribute(attribute: u32) -> Result {
    if attribute == attribute::COOPERATIVE { Ok(()) } else { Err(Status::INVALID_VALUE) }
}

fn launch_of(node: CUgraphNode) -> Result<Box<Launch>> {
    match operation(node)? {
        Operation::Launch(launch) => Ok(Box::new(launch)),
        _ => Err(Status::INVALID_VALUE),
    }
}

fn describe(launch: &Launch) -> CUDA_KERNEL_NODE_PARAMS_v1 {
    let addresses = launch.arguments.addresses(&launch.function.parameters);
    CUDA_KERNEL_NODE_PARAMS_v1 {
        func: launch.named,
        grid: launch.grid,
        block: launch.block,
        sharedMemBytes: launch.shared,
        kernelParams: addresses.as_ptr().cast(),
        extra: std::ptr::null(),
    }
}

pub fn kernel(node: &CUDA_KERNEL_NODE_PARAMS_v1) -> Result<Work> {
    Ok(Work::Operation(Operation::Launch(of_node(node)?)))
}

/// Either the function or the kernel is given, the other is null.
pub fn kernel_v2(node: &CUDA_KERNEL_NODE_PARAMS) -> Result<Work> {
    let func = if node.v1.func != 0 { node.v1.func } else { node.kern };
    kernel(&CUDA_KERNEL_NODE_PARAMS_v1 { func, ..node.v1 })
}

pub fn copy_of(copy: &CUDA_MEMCPY3D) -> Result<Work> {
    Ok(Work::Operation(Operation::Copy(boxed(copy)?)))
}

pub fn fill_of(fill: &CUDA_MEMSET_NODE_PARAMS) -> Result<Work> {
    let CUDA_MEMSET_NODE_PARAMS { dst, pitch, value, elementSize, width, height } = *fill;
    let fill = memset::checked(Fill { address: dst, pitch, value, element: elementSize, width, height })?;
    Ok(Work::Operation(Operation::Fill(fill)))
}

pub fn host_of(host: &CUDA_HOST_NODE_PARAMS) -> Result<Work> {
    let function = host.function.ok_or(Status::INVALID_VALUE)?;
    Ok(Work::Operation(Operation::Host(Host { function, data: host.userData })))
}

pub fn record_of(event: CUevent) -> Result<Work> {
    Ok(Work::Operation(Operation::Record(EVENTS.find(event)?)))
}

pub fn wait_of(event: CUevent) -> Result<Work> {
    Ok(Work::Operation(Operation::Await(EVENTS.find(event)?)))
}

/// The work of a node whose kind is given with its parameters.
pub fn any(node: &CUgraphNodeParams) -> Result<Work> {
    context::usable()?;
    let value: *const c_void = node.value.as_ptr().cast();
    match node.kind {
        kind::KERNEL => kernel_v2(&In::at(value.cast::<CUDA_KERNEL_NODE_PARAMS>()).get()?),
        // The copy stands behind flags and a context, 16 bytes.
        kind::COPY => copy_of(&In::at(node.value[2..].as_ptr().cast::<CUDA_MEMCPY3D>()).get()?),
        kind::FILL => fill_of(&In::at(value.cast::<CUDA_MEMSET_NODE_PARAMS>()).get()?),
        kind::HOST => host_of(&In::at(value.cast::<CUDA_HOST_NODE_PARAMS>()).get()?),
        kind::GRAPH => Ok(Work::Child(named(node.value[0] as usize)?.copy())),
        kind::EMPTY => Ok(Work::Operation(Operation::Empty)),
        kind::WAIT_EVENT => wait_of(node.value[0] as usize),
        kind::RECORD_EVENT => record_of(node.value[0] as usize),
        kind::FREE => Ok(Work::Operation(Operation::Free(node.value[0]))),
        _ => Err(Status::NOT_SUPPORTED),
    }
}
