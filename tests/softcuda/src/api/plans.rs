//! Executable graphs.
#![allow(non_snake_case, reason = "the header's names")]

use std::ffi::c_char;
use std::sync::Arc;

use super::current::stream;
use super::entry::entries;
use super::graph::named;
use super::launch::check_stream;
use super::nodes::{any, copy_of, fill_of, host_of, kernel, kernel_v2, record_of, wait_of};
use super::values::{In, Out, write_text};
use crate::cuda::{
    CUDA_GRAPH_INSTANTIATE_PARAMS, CUDA_HOST_NODE_PARAMS, CUDA_KERNEL_NODE_PARAMS, CUDA_KERNEL_NODE_PARAMS_v1,
    CUDA_MEMCPY3D, CUDA_MEMSET_NODE_PARAMS, CUcontext, CUevent, CUgraph, CUgraphExec, CUgraphExecUpdateResultInfo,
    CUgraphNode, CUgraphNodeParams, CUstream, Result, Status,
};
use crate::device::context;
use crate::device::graph::{Action, PLANS, Plan, Work};

entries! { checked;
    fn cuGraphInstantiate(
        place: Out<CUgraphExec>,
        graph: CUgraph,
        node: Out<CUgraphNode>,
        log: Out<c_char>,
        size: usize,
    ) {
        instantiate_with_log(place, graph, node, log, size)
    }

    fn cuGraphInstantiate_v2(
        place: Out<CUgraphExec>,
        graph: CUgraph,
        node: Out<CUgraphNode>,
        log: Out<c_char>,
        size: usize,
    ) {
        instantiate_with_log(place, graph, node, log, size)
    }

    fn cuGraphInstantiateWithFlags(place: Out<CUgraphExec>, graph: CUgraph, flags: u64) {
        place.check()?;
        place.set(instantiate(graph, flags)?.handle)
    }

    fn cuGraphInstantiateWithParams | cuGraphInstantiateWithParams_ptsz(
        place: Out<CUgraphExec>,
        graph: CUgraph,
        wanted: Out<CUDA_GRAPH_INSTANTIATE_PARAMS>,
    ) {
        place.check()?;
        let asked = wanted.get()?;
        let plan = instantiate(graph, asked.flags);
        // `CUDA_GRAPH_INSTANTIATE_ERROR`, `_SUCCESS`.
        let result_out = if plan.is_err() { 1 } else { 0 };
        wanted.set(CUDA_GRAPH_INSTANTIATE_PARAMS { hErrNode_out: 0, result_out, ..asked })?;
        place.set(plan?.handle)
    }

    fn cuGraphExecDestroy(plan: CUgraphExec) {
        PLANS.remove(plan).map(drop)
    }

    fn cuGraphExecGetFlags(plan: CUgraphExec, flags: Out<u64>) {
        flags.set(find(plan)?.flags)
    }

    fn cuGraphLaunch | cuGraphLaunch_ptsz(plan: CUgraphExec, handle: CUstream) {
        stream(handle)?.launch(&*find(plan)?)
    }

    /// Nothing has to be brought to a device.
    fn cuGraphUpload | cuGraphUpload_ptsz(plan: CUgraphExec, handle: CUstream) {
        find(plan)?;
        check_stream(handle)
    }

    fn cuGraphNodeSetEnabled(plan: CUgraphExec, node: CUgraphNode, is_enabled: u32) {
        find(plan)?.change(node, |step| {
            // Kernels, copies and fills only.
            if step.kind() > 2 {
                return Err(Status::INVALID_VALUE);
            }
            step.is_enabled = is_enabled != 0;
            Ok(())
        })
    }

    fn cuGraphNodeGetEnabled(plan: CUgraphExec, node: CUgraphNode, is_enabled: Out<u32>) {
        let steps = find(plan)?.steps();
        let step = steps.iter().find(|step| step.node == node && step.kind() <= 2).ok_or(Status::INVALID_VALUE)?;
        is_enabled.set(step.is_enabled.into())
    }

    fn cuGraphExecKernelNodeSetParams(plan: CUgraphExec, node: CUgraphNode, new: In<CUDA_KERNEL_NODE_PARAMS_v1>) {
        change(plan, node, kernel(&new.get()?)?)
    }

    fn cuGraphExecKernelNodeSetParams_v2(plan: CUgraphExec, node: CUgraphNode, new: In<CUDA_KERNEL_NODE_PARAMS>) {
        change(plan, node, kernel_v2(&new.get()?)?)
    }

    fn cuGraphExecMemcpyNodeSetParams(
        plan: CUgraphExec,
        node: CUgraphNode,
        new: In<CUDA_MEMCPY3D>,
        _context: CUcontext,
    ) {
        change(plan, node, copy_of(&new.get()?)?)
    }

    fn cuGraphExecMemsetNodeSetParams(
        plan: CUgraphExec,
        node: CUgraphNode,
        new: In<CUDA_MEMSET_NODE_PARAMS>,
        _context: CUcontext,
    ) {
        change(plan, node, fill_of(&new.get()?)?)
    }

    fn cuGraphExecHostNodeSetParams(plan: CUgraphExec, node: CUgraphNode, new: In<CUDA_HOST_NODE_PARAMS>) {
        change(plan, node, host_of(&new.get()?)?)
    }

    fn cuGraphExecChildGraphNodeSetParams(plan: CUgraphExec, node: CUgraphNode, child: CUgraph) {
        change(plan, node, Work::Child(named(child)?))
    }

    fn cuGraphExecEventRecordNodeSetEvent(plan: CUgraphExec, node: CUgraphNode, event: CUevent) {
        change(plan, node, record_of(event)?)
    }

    fn cuGraphExecEventWaitNodeSetEvent(plan: CUgraphExec, node: CUgraphNode, event: CUevent) {
        change(plan, node, wait_of(event)?)
    }

    fn cuGraphExecNodeSetParams(plan: CUgraphExec, node: CUgraphNode, new: In<CUgraphNodeParams>) {
        change(plan, node, any(&new.get()?)?)
    }

    fn cuGraphExecUpdate(plan: CUgraphExec, graph: CUgraph, node: Out<CUgraphNode>, result: Out<u32>) {
        let outcome = find(plan)?.update(&*named(graph)?);
        node.set_if(outcome.err().map_or(0, |(_, other)| other));
        result.set_if(if outcome.is_err() { TOPOLOGY_CHANGED } else { 0 });
        outcome.map_err(|_| Status::GRAPH_EXEC_UPDATE_FAILURE)
    }

    fn cuGraphExecUpdate_v2(plan: CUgraphExec, graph: CUgraph, place: Out<CUgraphExecUpdateResultInfo>) {
        place.check()?;
        let outcome = find(plan)?.update(&*named(graph)?);
        let (own, other) = outcome.err().unwrap_or_default();
        let result = if outcome.is_err() { TOPOLOGY_CHANGED } else { 0 };
        place.set(CUgraphExecUpdateResultInfo { result, errorNode: other, errorFromNode: own })?;
        outcome.map_err(|_| Status::GRAPH_EXEC_UPDATE_FAILURE)
    }
}

/// `CU_GRAPH_EXEC_UPDATE_ERROR_TOPOLOGY_CHANGED`.
const TOPOLOGY_CHANGED: u32 = 2;

/// `CUDA_GRAPH_INSTANTIATE_FLAG_`: `AUTO_FREE_ON_LAUNCH`, `UPLOAD`, `USE_NODE_PRIORITY`; launches by kernels (4) are refused.
const FLAGS: u64 = 1 | 2 | 8;

fn find(plan: CUgraphExec) -> Result<Arc<Plan>> {
    PLANS.get(plan).ok_or(Status::INVALID_VALUE)
}

fn instantiate(graph: CUgraph, flags: u64) -> Result<Arc<Plan>> {
    context::usable()?;
    match flags {
        flags if flags & !FLAGS == 0 => Plan::new(&*named(graph)?, flags),
        flags if flags & !(FLAGS | 4) == 0 => Err(Status::NOT_SUPPORTED),
        _ => Err(Status::INVALID_VALUE),
    }
}

fn instantiate_with_log(
    place: Out<CUgraphExec>,
    graph: CUgraph,
    node: Out<CUgraphNode>,
    log: Out<c_char>,
    size: usize,
) -> Result {
    place.check()?;
    let plan = instantiate(graph, 0);
    node.set_if(0);
    if !log.is_null() && size > 0 {
        let text: &[u8] = if plan.is_err() { b"the dependencies go round in a circle" } else { b"" };
        write_text(log, size, text)?;
    }
    place.set(plan?.handle)
}

/// Gives a step of a plan other work of the same kind.
fn change(plan: CUgraphExec, node: CUgraphNode, work: Work) -> Result {
    find(plan)?.change(node, |step| {
        if step.kind() != work.kind() {
            return Err(Status::INVALID_VALUE);
        }
        step.action = match work {
            Work::Operation(operation) => Action::Operation(operation),
            Work::Child(child) => Action::child(&child)?,
        };
        Ok(())
    })
}
