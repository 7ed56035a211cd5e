//! Graphs as a whole: executables, what became of them, and what streams are recording.

#![allow(non_snake_case)]

use std::ffi::c_void;
use std::ptr::{null, null_mut};

use ava_protocol::cuda::c::{CUDA_GRAPH_INSTANTIATE_PARAMS, CUgraphExecUpdateResultInfo_v1};
use ava_protocol::cuda::nodes::{
    ArchivedCapture, ArchivedEndCapture, ArchivedInstantiate, ArchivedUpdate, CaptureReply, EndCaptureReply,
    InstantiateReply, UpdateReply,
};
use ava_protocol::cuda::{API, kind};

use super::state::State;
use crate::call::{Call, Outcome, Stop};

pub fn cuGraphExecUpdate_v2(api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "cuGraphExecUpdate_v2";
    let r = call.read::<ArchivedUpdate>(body, NAME)?;
    let update = api.vendor.cuGraphExecUpdate_v2.ok_or(Stop::Missing(NAME))?;
    let exec = call.handle(r.exec.to_native(), kind::CUgraphExec)?;
    let graph = call.handle(r.graph.to_native(), kind::CUgraph)?;
    let mut info = CUgraphExecUpdateResultInfo_v1 { result: 0, errorNode: null_mut(), errorFromNode: null_mut() };
    let place = if r.info { &raw mut info } else { null_mut() };
    // SAFETY: live objects or null, and a place for what became of it or null.
    let ret = unsafe { update(exec, graph, place.cast()) };
    let id = |node: *mut c_void| call.session.objects.intern_from(kind::CUgraphNode, node as usize, &[]);
    let (node, from) = (id(info.errorNode), id(info.errorFromNode));
    call.reply(&UpdateReply { ret, result: info.result, node, from })
}

pub fn cuGraphInstantiateWithParams(opcode: u32, api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    let name = API.functions[opcode as usize];
    let r = call.read::<ArchivedInstantiate>(body, name)?;
    let instantiate = api.vendor.cuGraphInstantiateWithParams(opcode).ok_or(Stop::Missing(name))?;
    let graph = call.handle(r.graph.to_native(), kind::CUgraph)?;
    let mut params = None;
    if let Some(given) = r.params.as_ref() {
        params = Some(CUDA_GRAPH_INSTANTIATE_PARAMS {
            flags: given.0.to_native(),
            hUploadStream: call.handle(given.1.to_native(), kind::CUstream)?,
            hErrNode_out: null_mut(),
            result_out: 0,
        });
    }
    let mut birth = call.birth(r.exec.to_native(), kind::CUgraphExec)?;
    let place = params.as_mut().map_or(null_mut(), |params| &raw mut *params);
    // SAFETY: a live graph or null, a place for the executable or null, and a struct without addresses or null.
    let ret = unsafe { instantiate(birth.as_mut_ptr(), graph, place.cast()) };
    if ret == 0 {
        call.delivered(&mut birth, &[r.graph.to_native()])?;
    }
    let (mut result, mut node) = (0, 0);
    if let Some(params) = params {
        result = params.result_out;
        node = call.session.objects.intern_from(kind::CUgraphNode, params.hErrNode_out as usize, &[]);
    }
    call.reply(&InstantiateReply { ret, made: birth.stored(), result, node })
}

pub fn cuStreamEndCapture(opcode: u32, api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    let name = API.functions[opcode as usize];
    let r = call.read::<ArchivedEndCapture>(body, name)?;
    let end = api.vendor.cuStreamEndCapture(opcode).ok_or(Stop::Missing(name))?;
    let stream = call.handle(r.stream.to_native(), kind::CUstream)?;
    call.session.objects.check_room()?;
    let mut graph = NOTHING as *mut c_void;
    let place = if r.graph { &raw mut graph } else { null_mut() };
    // SAFETY: a live stream, and a place for the graph or null.
    let ret = unsafe { end(stream, place) };
    let graph = match graph as usize {
        NOTHING => None,
        // What a failed call leaves is no graph.
        graph if ret != 0 && graph != 0 => None,
        graph => Some(call.session.objects.intern_handed_over(kind::CUgraph, graph)),
    };
    call.reply(&EndCaptureReply { ret, graph })
}

pub fn cuStreamGetCaptureInfo_v2(opcode: u32, api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    let name = API.functions[opcode as usize];
    let vendor = api.vendor.cuStreamGetCaptureInfo_v2(opcode).ok_or(Stop::Missing(name))?;
    // SAFETY: a live stream, and places or null.
    captured(call, body, name, |stream, to| unsafe {
        vendor(stream, to.status(), to.id(), to.graph(), to.dependencies().cast(), to.count())
    })
}

pub fn cuStreamGetCaptureInfo_v3(opcode: u32, api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    let name = API.functions[opcode as usize];
    let vendor = api.vendor.cuStreamGetCaptureInfo_v3(opcode).ok_or(Stop::Missing(name))?;
    // SAFETY: as above.
    captured(call, body, name, |stream, to| unsafe {
        vendor(stream, to.status(), to.id(), to.graph(), to.dependencies().cast(), to.edges().cast(), to.count())
    })
}

/// What a stream's recording is told in. Each place holds what no driver stores, until it is written to.
struct Places {
    status: Option<u32>,
    id: u64,
    graph: Option<*mut c_void>,
    dependencies: Option<*const *mut c_void>,
    edges: Option<*const [u8; 8]>,
    count: usize,
}

impl Places {
    fn status(&mut self) -> *mut u32 {
        self.status.as_mut().map_or(null_mut(), |place| &raw mut *place)
    }

    fn id(&mut self) -> *mut u64 {
        &raw mut self.id
    }

    fn graph(&mut self) -> *mut *mut c_void {
        self.graph.as_mut().map_or(null_mut(), |place| &raw mut *place)
    }

    fn dependencies(&mut self) -> *mut *const *mut c_void {
        self.dependencies.as_mut().map_or(null_mut(), |place| &raw mut *place)
    }

    fn edges(&mut self) -> *mut *const [u8; 8] {
        self.edges.as_mut().map_or(null_mut(), |place| &raw mut *place)
    }

    /// Always asked for: it says how many of the others there are.
    fn count(&mut self) -> *mut usize {
        &raw mut self.count
    }
}

const NOTHING: usize = usize::MAX;

fn captured(
    call: &mut Call,
    body: &[u8],
    name: &'static str,
    vendor: impl FnOnce(*mut c_void, &mut Places) -> u32,
) -> Outcome {
    let r = call.read::<ArchivedCapture>(body, name)?;
    let stream = call.handle(r.stream.to_native(), kind::CUstream)?;
    let mut to = Places {
        status: r.status.then_some(u32::MAX),
        id: u64::MAX,
        graph: r.graph.then_some(NOTHING as *mut c_void),
        dependencies: r.dependencies.then_some(null()),
        edges: r.edges.then_some(null()),
        count: NOTHING,
    };
    let ret = vendor(stream, &mut to);
    let objects = &call.session.objects;
    let graph = to.graph.filter(|graph| *graph as usize != NOTHING);
    let graph = graph.map(|graph| objects.intern_from(kind::CUgraph, graph as usize, &[]));
    let count = Some(to.count).filter(|count| *count != NOTHING);
    // What nodes are of, in the order of the graph's making, if the program asks for both.
    let owner = graph.map_or(Vec::new(), |graph| vec![graph]);
    let some = |wanted: bool| count.filter(|_| wanted && ret == 0);
    let dependencies = some(r.dependencies).map(|count| match to.dependencies {
        // SAFETY: the driver says that there are as many.
        Some(nodes) if !nodes.is_null() => unsafe { std::slice::from_raw_parts(nodes, count) }
            .iter()
            .map(|node| objects.intern_from(kind::CUgraphNode, *node as usize, &owner))
            .collect(),
        _ => Vec::new(),
    });
    let edges = some(r.edges).map(|count| match to.edges {
        // SAFETY: as above.
        Some(edges) if !edges.is_null() => unsafe { std::slice::from_raw_parts(edges, count) }.concat(),
        _ => Vec::new(),
    });
    call.reply(&CaptureReply {
        ret,
        status: to.status.filter(|status| *status != u32::MAX),
        id: Some(to.id).filter(|id| *id != u64::MAX),
        graph,
        dependencies,
        edges,
        count: count.map(|count| count as u64),
    })
}
