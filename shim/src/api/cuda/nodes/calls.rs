//! Calls about nodes of graphs with parameters that lead to memory: a kernel's arguments, operations, and what a copy copies.

use std::ffi::c_void;

use ava_protocol::cuda::constant::CUDA_ERROR_INVALID_VALUE;
use ava_protocol::cuda::kind;
use ava_protocol::cuda::nodes::{ARRAY, ArchivedNodeAnswer, ArchivedNodeReply, Leads, Node, SIDES, Shape, put, word};
use ava_protocol::layout::Rows;
use ava_protocol::upcall::Life;
use ava_protocol::wire::Data;

use crate::api::cuda::launch::{Arguments, arguments};
use crate::api::cuda::state::SLOT;
use crate::api::generated::cuda::signature;
use crate::base::fault::Fault;
use crate::base::readable::is_readable;
use crate::call::Call;

/// The size of a `CUgraphEdgeData`, and of a handle.
const EDGE: u64 = 8;

/// Where a node goes.
#[derive(Clone, Copy)]
pub struct Place {
    pub graph: *mut c_void,
    pub dependencies: *const *mut c_void,
    pub edges: *const c_void,
    pub count: usize,
    pub context: *mut c_void,
}

/// Adds a node, stored in `node`.
///
/// # Safety
/// The arguments are as the driver's functions demand.
pub unsafe fn add(
    opcode: u32,
    node: *mut *mut c_void,
    place: &Place,
    params: *mut c_void,
    shape: &Shape,
) -> Result<u32, Fault> {
    let at = SLOT.current()?;
    // SAFETY: by the caller's promise.
    let gathered = unsafe { gather(params, shape)? };
    let mut call = Call::begin(at, opcode);
    let graph = call.handle_or_null(place.graph, kind::CUgraph)?;
    let count = place.count as u64;
    // SAFETY: as above.
    let (dependencies, edges) = unsafe {
        let rows = Rows::flat(count.checked_mul(EDGE));
        (
            call.handles(place.dependencies.cast(), Some(count), kind::CUgraphNode)?,
            call.bytes(place.edges, rows, false)?,
        )
    };
    let context = call.handle_or_null(place.context, kind::CUcontext)?;
    let (data, memory) = gathered.cross(&mut call, shape)?;
    let id = if node.is_null() { 0 } else { call.mint_from_first(kind::CUgraphNode)? };
    let request = Node { graph, node: id, dependencies, edges, count, params: data, memory, context };
    call.transact(&request, |reply: &ArchivedNodeReply, call| {
        let status = reply.ret.to_native();
        // SAFETY: as above.
        unsafe {
            call.put_new(node, id, &reply.made);
            if let (0, Some(place)) = (status, shape.address) {
                params.byte_add(place).cast::<u64>().write(reply.address.to_native());
            }
        }
        (status == 0, status)
    })
}

/// Changes a node, of an executable graph if that is not null.
///
/// # Safety
/// The arguments are as the driver's functions demand.
pub unsafe fn set(
    opcode: u32,
    exec: Option<*mut c_void>,
    node: *mut c_void,
    params: *const c_void,
    shape: &Shape,
    context: *mut c_void,
) -> Result<u32, Fault> {
    let at = SLOT.current()?;
    // SAFETY: by the caller's promise.
    let gathered = unsafe { gather(params, shape)? };
    let mut call = Call::begin(at, opcode);
    let graph = exec.map_or(Ok(0), |exec| call.handle_or_null(exec, kind::CUgraphExec))?;
    let node = call.handle_or_null(node, kind::CUgraphNode)?;
    let context = call.handle_or_null(context, kind::CUcontext)?;
    let (params, memory) = gathered.cross(&mut call, shape)?;
    let (dependencies, edges, count) = (Data::Null, Data::Null, 0);
    let request = Node { graph, node, dependencies, edges, count, params, memory, context };
    call.transact(&request, |reply: &ArchivedNodeReply, _| {
        let status = reply.ret.to_native();
        (status == 0, status)
    })
}

/// Asks for the parameters of a node. What they lead to stays until they are asked for again.
///
/// # Safety
/// `params` is null or leads to a struct of this shape.
pub unsafe fn get(opcode: u32, node: *mut c_void, params: *mut c_void, shape: &Shape) -> Result<u32, Fault> {
    let at = SLOT.current()?;
    if params.is_null() {
        return Ok(CUDA_ERROR_INVALID_VALUE);
    }
    let mut call = Call::begin(at, opcode);
    let node = call.handle_or_null(node, kind::CUgraphNode)?;
    let (params_of, memory, context) = (Data::Null, Data::Null, 0);
    let (dependencies, edges, count) = (Data::Null, Data::Null, 0);
    let request = Node { graph: 0, node, dependencies, edges, count, params: params_of, memory, context };
    call.transact(&request, |reply: &ArchivedNodeAnswer, _| {
        let status = reply.ret.to_native();
        let mut bytes = reply.params.to_vec();
        if status != 0 || bytes.len() != shape.spec.size {
            return (false, status);
        }
        for (place, kind) in shape.spec.handles {
            at.book.handles.translate(&mut bytes[*place..*place + 8], *kind, false);
        }
        if let Leads::Function(place) = shape.leads {
            // What the driver calls without the program's asking is none of its functions.
            let (function, data) = at.book.callbacks.of(word(&bytes, place, 8)).unwrap_or_default();
            put(&mut bytes, place, function as u64);
            put(&mut bytes, place + 8, data as u64);
        }
        let offsets: Vec<_> = reply.offsets.iter().map(|offset| offset.to_native() as usize).collect();
        if let Some((place, address)) = kept(node, shape, &reply.memory, &offsets) {
            put(&mut bytes, place, address);
        }
        // SAFETY: by the caller's promise; as many bytes as the struct has.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), params.cast(), bytes.len()) };
        (true, 0)
    })
}

/// Keeps what the parameters of a node lead to; says which address of the struct leads there.
fn kept(node: u64, shape: &Shape, memory: &[u8], offsets: &[usize]) -> Option<(usize, u64)> {
    let at = SLOT.current().ok()?;
    let (place, ahead) = match shape.leads {
        Leads::Arguments { at, .. } => (at, offsets.len()),
        Leads::Array { at, .. } => (at, 0),
        Leads::Nowhere | Leads::Copy(_) | Leads::Function(_) => return None,
    };
    // The program reads as much there as the worker has sent.
    if ahead == 0 && memory.is_empty() || offsets.iter().any(|offset| *offset > memory.len()) {
        return None;
    }
    // Pointers to each argument, and then these.
    let mut words = vec![0_u64; ahead];
    for chunk in memory.chunks(8) {
        words.push(word(&[chunk, &[0; 8]].concat(), 0, 8));
    }
    let mut words = words.into_boxed_slice();
    let start = words.as_ptr() as u64;
    for (i, offset) in offsets.iter().enumerate() {
        words[i] = start + 8 * ahead as u64 + *offset as u64;
    }
    at.state.nodes.insert(node, words);
    at.book.handles.mark_remembered(node);
    Some((place, start))
}

/// A struct, with what it leads to.
struct Gathered {
    /// `None` if the program's is null.
    params: Option<Vec<u8>>,
    memory: Option<Vec<u8>>,
}

impl Gathered {
    fn cross<'a>(self, call: &mut Call, shape: &Shape) -> Result<(Data<'a>, Data<'a>), Fault> {
        let Some(mut params) = self.params else { return Ok((Data::Null, Data::Null)) };
        for (place, kind) in shape.spec.handles {
            let handle = word(&params, *place, 8) as *mut c_void;
            let id = call.handle_or_null(handle, *kind)?;
            put(&mut params, *place, id);
        }
        if let Leads::Function(place) = shape.leads {
            let (function, data) = (word(&params, place, 8) as usize, word(&params, place + 8, 8) as usize);
            // Of a launch's function, with which it shares its signature. Graphs that hold it may outlive this one.
            let signature = signature::cuLaunchHostFunc;
            let callback = call.callback((function != 0).then_some(function), data, signature, Life::Session, &[])?;
            put(&mut params, place, callback);
            put(&mut params, place + 8, 0);
        }
        let memory = self.memory.map_or(Ok(Data::Null), |memory| call.owned(memory))?;
        Ok((call.owned(params)?, memory))
    }
}

/// Reads a struct and what it leads to.
///
/// # Safety
/// `params` is null or leads to a struct of this shape.
unsafe fn gather(params: *const c_void, shape: &Shape) -> Result<Gathered, Fault> {
    if params.is_null() {
        return Ok(Gathered { params: None, memory: None });
    }
    let size = shape.spec.size;
    if !is_readable(params.cast(), size) {
        return Err(Fault::Status(CUDA_ERROR_INVALID_VALUE.into()));
    }
    // SAFETY: by the caller's promise.
    let mut params = unsafe { std::slice::from_raw_parts(params.cast::<u8>(), size) }.to_vec();
    let mut memory = None;
    match shape.leads {
        Leads::Nowhere | Leads::Function(_) => (),
        Leads::Arguments { at, kernels } => {
            let kernel = kernels.iter().map(|place| word(&params, *place, 8)).find(|kernel| *kernel != 0);
            let list =
                Arguments { parameters: word(&params, at, 8) as *const _, extra: word(&params, at + 8, 8) as *const _ };
            // SAFETY: by the caller's promise.
            memory = Some(unsafe { arguments(kernel.unwrap_or(0) as *mut c_void, &list)? }.into_vec());
            put(&mut params, at, 0);
            put(&mut params, at + 8, 0);
        }
        Leads::Array { at, count, count_size, element } => {
            let (address, count) = (word(&params, at, 8) as *const u8, word(&params, count, count_size));
            let len = usize::try_from(count).ok().and_then(|count| count.checked_mul(element));
            if !address.is_null() {
                let len = len.filter(|len| is_readable(address, *len));
                let len = len.ok_or(Fault::Status(CUDA_ERROR_INVALID_VALUE.into()))?;
                // SAFETY: by the caller's promise.
                memory = Some(unsafe { std::slice::from_raw_parts(address, len) }.to_vec());
            }
            put(&mut params, at, 0);
        }
        Leads::Copy(at) => {
            // What is no array may be anything.
            for side in &SIDES {
                if word(&params, at + side.memory, 4) as u32 != ARRAY {
                    put(&mut params, at + side.array, 0);
                }
            }
        }
    }
    if let Some(place) = shape.address {
        put(&mut params, place, 0);
    }
    Ok(Gathered { params: Some(params), memory })
}
