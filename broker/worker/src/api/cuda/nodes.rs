//! Nodes of graphs with parameters that lead to memory. The driver copies what they lead to.

#![allow(non_snake_case)]

use std::ffi::c_void;

use ava_protocol::cuda::constant::{CUDA_ERROR_NOT_SUPPORTED, CUDA_ERROR_UNKNOWN};
use ava_protocol::cuda::kind;
use ava_protocol::cuda::nodes::{
    ALLOCATION, ArchivedNode, COPY, FUNCTION, HOST, KERNEL, KERNEL_V2, Leads, NodeAnswer, NodeReply, OPERATIONS, SIDES,
    Shape, any, put, word,
};
use ava_protocol::cuda::parameters::{Layout, Parameter};
use ava_protocol::frame::Malformed;
use ava_protocol::layout::Rows;
use ava_protocol::upcall::Life;
use ava_protocol::wire::Stored;

use super::launch::Packed;
use super::state::State;
use crate::call::{Call, Outcome, Stop};
use crate::gate::Cost;
use crate::generated::cuda::trampoline;
use crate::memory::{Input, Private, Source};
use crate::upcall::callbacks::Registered;

/// A struct for the driver, and what it leads to.
struct Params {
    params: Input,
    _memory: Input,
    _packed: Packed,
    function: Option<Registered>,
}

impl Params {
    fn as_ptr(&self) -> *mut c_void {
        self.params.as_ptr().cast_mut()
    }

    fn word(&self, at: usize) -> u64 {
        word(self.params.bytes().unwrap_or_default(), at, 8)
    }

    /// The driver has taken them, or not.
    fn confirm(&self, ret: u32) {
        if let Some(function) = &self.function {
            function.confirm(ret == 0);
        }
    }
}

/// The struct that a call gives the driver.
fn params(call: &Call, r: &ArchivedNode<'_>, shape: &'static Shape, name: &'static str) -> Result<Params, Stop> {
    let mut params = call.structs(&r.params, Some(1), &shape.spec, name)?;
    let memory = call.input(&r.memory, Rows::flat(r.memory.size()), false, name)?;
    let packed = Packed::new(&memory);
    let mut function = None;
    if let Source::Private(private) = &mut params.source {
        let bytes = private.bytes_mut();
        if let Some(tag) = shape.tag
            && word(bytes, 0, 4) != u64::from(tag)
        {
            // The program has changed it since it was looked at.
            return Err(Malformed::Body(name).into());
        }
        match shape.leads {
            Leads::Nowhere => (),
            Leads::Arguments { at, .. } => {
                put(bytes, at, 0);
                put(bytes, at + 8, packed.extra() as u64);
            }
            Leads::Array { at, count, count_size, element } => {
                let wanted = word(bytes, count, count_size).saturating_mul(element as u64);
                let got = memory.bytes().map(|memory| memory.len() as u64);
                if let Some(got) = got.filter(|got| *got != wanted) {
                    return Err(Malformed::Size { what: name, got, wanted }.into());
                }
                put(bytes, at, got.map_or(0, |_| memory.as_ptr() as u64));
            }
            Leads::Copy(at) => copied(call, &mut bytes[at..])?,
            Leads::Function(at) => {
                let registered = call.registration(word(bytes, at, 8), &[], 0, Life::Session);
                registered.expect_again();
                put(bytes, at, if registered.wanted() { CALLED as usize as u64 } else { 0 });
                put(bytes, at + 8, registered.user_data(false) as u64);
                function = Some(registered);
            }
        }
        if let Some(address) = shape.address {
            put(bytes, address, 0);
        }
    }
    Ok(Params { params, _memory: memory, _packed: packed, function })
}

/// What the driver calls for a function of the program's: a node's is called as a launch's is.
const CALLED: unsafe extern "C" fn(*mut c_void) = trampoline::cuLaunchHostFunc;

/// A copy of device memory, arrays, and memory of the host that the program has at the same address.
fn copied(call: &Call, bytes: &mut [u8]) -> Outcome {
    for side in SIDES {
        // What is reserved is null.
        put(bytes, side.array + 8, 0);
        if word(bytes, side.memory, 4) as u32 != HOST {
            put(bytes, side.host, 0);
            continue;
        }
        put(bytes, side.device, 0);
        let first = |rows: &Rows| word(bytes, side.host, 8).checked_add(rows.start);
        let range = side.rows(bytes).and_then(|rows| Some((first(&rows)?, rows.span()?)));
        if range.is_none_or(|(first, span)| call.session.fixed.find(first, span).is_err()) {
            return Err(Stop::Refused(CUDA_ERROR_NOT_SUPPORTED.into()));
        }
    }
    Ok(())
}

/// Parameters of a shape that the function says, or they say themselves.
trait Shaped {
    fn of(&self, call: &Call, r: &ArchivedNode<'_>, name: &'static str) -> Result<&'static Shape, Stop>;
}

impl Shaped for &'static Shape {
    fn of(&self, _: &Call, _: &ArchivedNode<'_>, _: &'static str) -> Result<&'static Shape, Stop> {
        Ok(self)
    }
}

/// A `CUgraphNodeParams`.
struct Tagged;

impl Shaped for Tagged {
    fn of(&self, call: &Call, r: &ArchivedNode<'_>, name: &'static str) -> Result<&'static Shape, Stop> {
        let params = call.input(&r.params, Rows::flat(r.params.size()), false, name)?;
        let tag = params.bytes().and_then(<[u8]>::first_chunk).ok_or(Malformed::Body(name))?;
        any(u32::from_le_bytes(*tag)).ok_or(Stop::Refused(CUDA_ERROR_NOT_SUPPORTED.into()))
    }
}

/// What a new node is added with.
struct New<'a> {
    node: *mut *mut c_void,
    graph: *mut c_void,
    dependencies: &'a Input,
    edges: &'a Input,
    count: usize,
    params: *mut c_void,
    context: *mut c_void,
}

fn add(
    call: &mut Call,
    r: &ArchivedNode<'_>,
    shape: &'static Shape,
    name: &'static str,
    vendor: impl FnOnce(&New<'_>) -> u32,
) -> Outcome {
    let graph = call.handle(r.graph.to_native(), kind::CUgraph)?;
    let count = r.count.to_native();
    let dependencies = call.handles(&r.dependencies, Some(count), kind::CUgraphNode, name)?;
    let edges = call.input(&r.edges, Rows::flat(count.checked_mul(8)), false, name)?;
    let context = call.handle(r.context.to_native(), kind::CUcontext)?;
    let params = params(call, r, shape, name)?;
    // What it allocates is said before the address.
    let device_memory = shape.address.map_or(0, |address| params.word(address - 8));
    call.admit(|| Cost { device_memory, ..Cost::default() })?;
    let mut birth = call.birth(r.node.to_native(), kind::CUgraphNode)?;
    let ret = vendor(&New {
        node: birth.as_mut_ptr(),
        graph,
        dependencies: &dependencies,
        edges: &edges,
        count: count as usize,
        params: params.as_ptr(),
        context,
    });
    params.confirm(ret);
    let (mut made, mut address) = (Stored::Untouched, 0);
    if ret == 0 {
        let parents = [r.graph.to_native()];
        if device_memory > 0 && birth.is_programs() && !birth.pointer().is_null() {
            let (id, node) = (r.node.to_native(), birth.pointer());
            call.born(id, kind::CUgraphNode, node, &parents, Some(device_memory))?;
            made = Stored::Made;
        } else {
            call.delivered(&mut birth, &parents)?;
            made = birth.stored();
        }
        address = shape.address.map_or(0, |address| params.word(address));
    }
    call.reply(&NodeReply { ret, made, address })
}

/// What a node is changed with.
struct Change {
    exec: *mut c_void,
    node: *mut c_void,
    params: *mut c_void,
    context: *mut c_void,
}

fn set(
    call: &mut Call,
    r: &ArchivedNode<'_>,
    shape: &'static Shape,
    name: &'static str,
    vendor: impl FnOnce(&Change) -> u32,
) -> Outcome {
    let exec = call.handle(r.graph.to_native(), kind::CUgraphExec)?;
    let node = call.handle(r.node.to_native(), kind::CUgraphNode)?;
    let context = call.handle(r.context.to_native(), kind::CUcontext)?;
    let params = params(call, r, shape, name)?;
    let ret = vendor(&Change { exec, node, params: params.as_ptr(), context });
    params.confirm(ret);
    call.reply(&NodeReply { ret, made: Stored::Untouched, address: 0 })
}

fn get(
    api: &State,
    call: &mut Call,
    r: &ArchivedNode<'_>,
    shape: &'static Shape,
    vendor: impl FnOnce(*mut c_void, *mut c_void) -> u32,
) -> Outcome {
    let node = call.handle(r.node.to_native(), kind::CUgraphNode)?;
    let mut private = Private::zeroed(shape.spec.size);
    let ret = vendor(node, private.as_mut_ptr());
    if ret != 0 {
        return call.reply(&NodeAnswer { ret, params: Vec::new(), memory: Vec::new(), offsets: Vec::new() });
    }
    let bytes = private.bytes_mut();
    let (mut memory, mut offsets) = (Vec::new(), Vec::new());
    match shape.leads {
        Leads::Nowhere => (),
        Leads::Arguments { at, kernels } => {
            let kernel = kernels.iter().map(|place| word(bytes, *place, 8)).find(|kernel| *kernel != 0);
            let layout = layout(api, kernel.unwrap_or(0) as *mut c_void)?;
            let (each, extra) = (word(bytes, at, 8), word(bytes, at + 8, 8));
            // SAFETY: the driver says that they are the node's, and they stay until it is changed.
            memory = unsafe { told(&layout, each as *const _, extra as *const _) };
            offsets = layout.parameters().iter().map(|parameter| parameter.offset as u32).collect();
            if memory.is_empty() {
                offsets.clear();
            }
            put(bytes, at, 0);
            put(bytes, at + 8, 0);
        }
        Leads::Array { at, count, count_size, element } => {
            let (address, count) = (word(bytes, at, 8) as *const u8, word(bytes, count, count_size) as usize);
            if let Some(len) = count.checked_mul(element).filter(|_| !address.is_null()) {
                // SAFETY: as above.
                memory = unsafe { std::slice::from_raw_parts(address, len) }.to_vec();
            }
            put(bytes, at, 0);
        }
        Leads::Copy(at) => {
            for side in SIDES {
                put(bytes, at + side.array + 8, 0);
            }
        }
        Leads::Function(at) => {
            let is_programs = word(bytes, at, 8) == CALLED as usize as u64;
            let number = word(bytes, at + 8, 8) as usize;
            let registration = call.session.callbacks.find(number).filter(|_| is_programs);
            put(bytes, at, registration.map_or(0, |registration| registration.callback));
            put(bytes, at + 8, 0);
        }
    }
    for (place, kind) in shape.spec.handles {
        let id = call.session.objects.intern_from(*kind, word(bytes, *place, 8) as usize, &[]);
        put(bytes, *place, id);
    }
    call.reply(&NodeAnswer { ret, params: bytes.to_vec(), memory, offsets })
}

/// Where the parameters of a kernel lie, and their sizes.
fn layout(api: &State, kernel: *mut c_void) -> Result<Layout, Stop> {
    let info = api.vendor.cuFuncGetParamInfo.ok_or(Stop::Missing("cuFuncGetParamInfo"))?;
    Layout::ask(Stop::Refused(CUDA_ERROR_UNKNOWN.into()), |index| {
        let (mut offset, mut size) = (0, 0);
        // SAFETY: the driver's own kernel, and places for two numbers.
        let status = unsafe { info(kernel, index, &raw mut offset, &raw mut size) };
        Ok((status == 0).then_some(Parameter { offset, size }))
    })
}

/// The arguments that the driver has of a node.
///
/// # Safety
/// The addresses are null, or lead to an argument of each parameter, or to a list with one buffer.
unsafe fn told(layout: &Layout, each: *const *const u8, extra: *const *const c_void) -> Vec<u8> {
    let mut bytes = vec![0; layout.len()];
    // SAFETY: by the caller's promise.
    unsafe {
        if !each.is_null() {
            for (i, Parameter { offset, size }) in layout.parameters().iter().enumerate() {
                std::ptr::copy_nonoverlapping(*each.add(i), bytes[*offset..].as_mut_ptr(), *size);
            }
        } else if let Some((buffer, size)) = Packed::told(extra) {
            let size = size.min(layout.len());
            std::ptr::copy_nonoverlapping(buffer, bytes.as_mut_ptr(), size);
        } else {
            bytes.clear();
        }
    }
    bytes
}

/// The functions of one kind, with what they give the driver's.
macro_rules! adds {
    ($($name:ident: $shape:expr, $($argument:ident),*;)*) => {$(
        pub fn $name(api: &State, call: &mut Call, body: &[u8]) -> Outcome {
            let name = stringify!($name);
            let r = call.read::<ArchivedNode>(body, name)?;
            let vendor = api.vendor.$name.ok_or(Stop::Missing(name))?;
            let shape = ($shape).of(call, r, name)?;
            // SAFETY: live objects or null, as many nodes and edges as it says, and a struct that leads to what it says.
            add(call, r, shape, name, |new| unsafe {
                vendor(new.node, new.graph, new.dependencies.as_ptr().cast_mut().cast(), $(passed!(new $argument)),*)
            })
        }
    )*};
}

/// An argument behind the dependencies.
macro_rules! passed {
    ($new:ident count) => {
        $new.count
    };
    ($new:ident edges) => {
        $new.edges.as_ptr().cast()
    };
    ($new:ident params) => {
        $new.params.cast()
    };
    ($new:ident context) => {
        $new.context
    };
}

macro_rules! sets {
    ($($name:ident: $shape:expr, $($argument:ident),*;)*) => {$(
        pub fn $name(api: &State, call: &mut Call, body: &[u8]) -> Outcome {
            let name = stringify!($name);
            let r = call.read::<ArchivedNode>(body, name)?;
            let vendor = api.vendor.$name.ok_or(Stop::Missing(name))?;
            let shape = ($shape).of(call, r, name)?;
            // SAFETY: live objects or null, and a struct that leads to what it says.
            set(call, r, shape, name, |new| unsafe { vendor($(new.$argument),*) })
        }
    )*};
}

macro_rules! gets {
    ($($name:ident: $shape:expr;)*) => {$(
        pub fn $name(api: &State, call: &mut Call, body: &[u8]) -> Outcome {
            let name = stringify!($name);
            let r = call.read::<ArchivedNode>(body, name)?;
            let vendor = api.vendor.$name.ok_or(Stop::Missing(name))?;
            // SAFETY: a live node or null, and a place for the struct.
            get(api, call, r, &$shape, |node, params| unsafe { vendor(node, params) })
        }
    )*};
}

adds! {
    cuGraphAddKernelNode: &KERNEL, count, params;
    cuGraphAddKernelNode_v2: &KERNEL_V2, count, params;
    cuGraphAddBatchMemOpNode: &OPERATIONS, count, params;
    cuGraphAddHostNode: &FUNCTION, count, params;
    cuGraphAddMemAllocNode: &ALLOCATION, count, params;
    cuGraphAddMemcpyNode: &COPY, count, params, context;
    cuGraphAddNode: Tagged, count, params;
    cuGraphAddNode_v2: Tagged, edges, count, params;
}

sets! {
    cuGraphKernelNodeSetParams: &KERNEL, node, params;
    cuGraphKernelNodeSetParams_v2: &KERNEL_V2, node, params;
    cuGraphMemcpyNodeSetParams: &COPY, node, params;
    cuGraphBatchMemOpNodeSetParams: &OPERATIONS, node, params;
    cuGraphHostNodeSetParams: &FUNCTION, node, params;
    cuGraphNodeSetParams: Tagged, node, params;
    cuGraphExecKernelNodeSetParams: &KERNEL, exec, node, params;
    cuGraphExecKernelNodeSetParams_v2: &KERNEL_V2, exec, node, params;
    cuGraphExecMemcpyNodeSetParams: &COPY, exec, node, params, context;
    cuGraphExecBatchMemOpNodeSetParams: &OPERATIONS, exec, node, params;
    cuGraphExecHostNodeSetParams: &FUNCTION, exec, node, params;
    cuGraphExecNodeSetParams: Tagged, exec, node, params;
}

gets! {
    cuGraphKernelNodeGetParams: KERNEL;
    cuGraphKernelNodeGetParams_v2: KERNEL_V2;
    cuGraphMemcpyNodeGetParams: COPY;
    cuGraphBatchMemOpNodeGetParams: OPERATIONS;
    cuGraphHostNodeGetParams: FUNCTION;
    cuGraphMemAllocNodeGetParams: ALLOCATION;
}
