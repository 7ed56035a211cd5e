//! Launches: what a kernel takes is found out once for each function, and then arguments are gathered here, laid out as the
//! kernel takes them, and sent ahead.

#![allow(non_snake_case)]

use std::ffi::c_void;

use ava_protocol::cuda::c::CUlaunchConfig;
use ava_protocol::cuda::constant::{CUDA_ERROR_INVALID_VALUE, CUDA_ERROR_NOT_SUPPORTED, CUDA_ERROR_UNKNOWN};
use ava_protocol::cuda::custom::{ATTRIBUTE, ArchivedClusters, ArchivedStatus, Launch, crosses};
use ava_protocol::cuda::parameters::{Layout, Parameter};
use ava_protocol::cuda::{kind, opcode};
use ava_protocol::wire::Data;
use smallvec::SmallVec;

use super::state::SLOT;
use crate::api::generated::cuda::marshal;
use crate::base::fault::Fault;
use crate::book::handles::Found;
use crate::call::{Call, Wake};

/// Blocks of a grid, threads of a block, and dynamic shared memory of a block in bytes.
struct Shape {
    grid: [u32; 3],
    block: [u32; 3],
    shared: u32,
}

#[allow(clippy::too_many_arguments, reason = "the header's parameters")]
pub unsafe fn cuLaunchKernel(
    opcode: u32,
    function: *mut c_void,
    grid_x: u32,
    grid_y: u32,
    grid_z: u32,
    block_x: u32,
    block_y: u32,
    block_z: u32,
    shared: u32,
    stream: *mut c_void,
    parameters: *mut c_void,
    extra: *mut c_void,
) -> Result<u32, Fault> {
    let shape = Shape { grid: [grid_x, grid_y, grid_z], block: [block_x, block_y, block_z], shared };
    let arguments = Arguments { parameters: parameters.cast(), extra: extra.cast() };
    // SAFETY: by the caller's promise.
    unsafe { launch(opcode, function, &shape, stream, &arguments, &[]) }
}

#[allow(clippy::too_many_arguments, reason = "the header's parameters")]
pub unsafe fn cuLaunchCooperativeKernel(
    opcode: u32,
    function: *mut c_void,
    grid_x: u32,
    grid_y: u32,
    grid_z: u32,
    block_x: u32,
    block_y: u32,
    block_z: u32,
    shared: u32,
    stream: *mut c_void,
    parameters: *mut c_void,
) -> Result<u32, Fault> {
    let shape = Shape { grid: [grid_x, grid_y, grid_z], block: [block_x, block_y, block_z], shared };
    let arguments = Arguments { parameters: parameters.cast(), extra: std::ptr::null() };
    // SAFETY: by the caller's promise.
    unsafe { launch(opcode, function, &shape, stream, &arguments, &[]) }
}

pub unsafe fn cuLaunchKernelEx(
    opcode: u32,
    config: *const c_void,
    function: *mut c_void,
    parameters: *mut c_void,
    extra: *mut c_void,
) -> Result<u32, Fault> {
    let arguments = Arguments { parameters: parameters.cast(), extra: extra.cast() };
    // SAFETY: by the caller's promise.
    unsafe {
        let Described { shape, stream, attributes } = described(config)?;
        launch(opcode, function, &shape, stream, &arguments, attributes)
    }
}

/// What a `CUlaunchConfig` says.
struct Described<'a> {
    shape: Shape,
    stream: *mut c_void,
    attributes: &'a [[u64; ATTRIBUTE]],
}

/// # Safety
/// `config` is null or leads to a `CUlaunchConfig` with its attributes, which stay.
unsafe fn described<'a>(config: *const c_void) -> Result<Described<'a>, Fault> {
    let wrong = Fault::Status(CUDA_ERROR_INVALID_VALUE.into());
    if config.is_null() {
        return Err(wrong);
    }
    // SAFETY: by the caller's promise.
    let config = unsafe { config.cast::<CUlaunchConfig>().read() };
    let shape = Shape {
        grid: [config.gridDimX, config.gridDimY, config.gridDimZ],
        block: [config.blockDimX, config.blockDimY, config.blockDimZ],
        shared: config.sharedMemBytes,
    };
    let attributes: &[[u64; ATTRIBUTE]] = match config.numAttrs {
        0 => &[],
        _ if config.attrs.is_null() => return Err(wrong),
        // SAFETY: by the caller's promise.
        count => unsafe { std::slice::from_raw_parts(config.attrs.cast(), count as usize) },
    };
    if attributes.iter().any(|attribute| !crosses(attribute[0] as u32)) {
        return Err(Fault::Status(CUDA_ERROR_NOT_SUPPORTED.into()));
    }
    Ok(Described { shape, stream: config.hStream, attributes })
}

pub unsafe fn cuOccupancyMaxPotentialClusterSize(
    size: *mut i32,
    function: *mut c_void,
    config: *const c_void,
) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe { clusters(opcode::cuOccupancyMaxPotentialClusterSize, size, function, config) }
}

pub unsafe fn cuOccupancyMaxActiveClusters(
    count: *mut i32,
    function: *mut c_void,
    config: *const c_void,
) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe { clusters(opcode::cuOccupancyMaxActiveClusters, count, function, config) }
}

/// What the driver says of a launch that is not made.
///
/// # Safety
/// The arguments are as the driver's functions demand.
unsafe fn clusters(opcode: u32, place: *mut i32, function: *mut c_void, config: *const c_void) -> Result<u32, Fault> {
    let at = SLOT.current()?;
    // SAFETY: by the caller's promise.
    let Described { shape: Shape { grid, block, shared }, stream, attributes } = unsafe { described(config)? };
    if place.is_null() {
        return Ok(CUDA_ERROR_INVALID_VALUE);
    }
    let mut call = Call::begin(at, opcode);
    let stream = call.handle_or_null(stream, kind::CUstream)?;
    let function = call.handle_or_null(function, kind::CUfunction)?;
    let attributes = sent(&mut call, attributes)?;
    let (arguments, cooperative) = (Data::Null, false);
    let request = Launch { function, grid, block, shared, stream, arguments, attributes, cooperative };
    call.transact(&request, |reply: &ArchivedClusters, _| {
        let status = reply.ret.to_native();
        if status == 0 {
            // SAFETY: by the caller's promise.
            unsafe { place.write(reply.count.to_native()) };
        }
        (status == 0, status)
    })
}

/// Attributes on their way.
fn sent<'a>(call: &mut Call, attributes: &[[u64; ATTRIBUTE]]) -> Result<Data<'a>, Fault> {
    match attributes {
        [] => Ok(Data::Null),
        some => call.owned(some.as_flattened().iter().flat_map(|word| word.to_ne_bytes()).collect()),
    }
}

/// A kernel's arguments: each at a pointer, or all in a buffer that a list names.
pub(super) struct Arguments {
    pub parameters: *const *const c_void,
    pub extra: *const *const c_void,
}

/// Arguments as a kernel takes them, of which most take few bytes.
pub(super) type Packed = SmallVec<[u8; 256]>;

/// A kernel's arguments, laid out as it takes them; nothing if there are none.
///
/// # Safety
/// The arguments are as the driver's functions demand.
pub(super) unsafe fn arguments(function: *mut c_void, given: &Arguments) -> Result<Packed, Fault> {
    // SAFETY: by the caller's promise.
    unsafe {
        match (given.parameters.is_null(), given.extra.is_null()) {
            (false, false) => Err(Fault::Status(CUDA_ERROR_INVALID_VALUE.into())),
            (false, _) => gathered(function, given.parameters),
            (_, false) => packed(given.extra),
            _ => Ok(Packed::new()),
        }
    }
}

/// # Safety
/// The arguments are as the driver's functions demand.
unsafe fn launch(
    opcode: u32,
    function: *mut c_void,
    shape: &Shape,
    stream: *mut c_void,
    given: &Arguments,
    attributes: &[[u64; ATTRIBUTE]],
) -> Result<u32, Fault> {
    let at = SLOT.current()?;
    // SAFETY: by the caller's promise.
    let packed = unsafe { self::arguments(function, given)? };
    let mut call = Call::begin(at, opcode);
    let stream = call.handle_or_null(stream, kind::CUstream)?;
    let function = call.handle_or_null(function, kind::CUfunction)?;
    let ([x, y, z], [i, j, k]) = (shape.grid, shape.block);
    for (one, other) in [(x, y), (z, i), (j, k), (shape.shared, packed.len() as u32)] {
        call.combine(u64::from(one) << 32 | u64::from(other));
    }
    for word in attributes.iter().flatten() {
        call.combine(*word);
    }
    let attributes = sent(&mut call, attributes)?;
    let arguments = call.lent(&packed)?;
    let cooperative = [opcode::cuLaunchCooperativeKernel, opcode::cuLaunchCooperativeKernel_ptsz].contains(&opcode);
    let (grid, block, shared) = (shape.grid, shape.block, shape.shared);
    let request = Launch { function, grid, block, shared, stream, arguments, attributes, cooperative };
    if call.is_accepted() {
        call.post(&request, Wake::Soon)?;
        return Ok(0);
    }
    call.transact(&request, |reply: &ArchivedStatus, _| {
        let status = reply.ret.to_native();
        (status == 0, status)
    })
}

/// A kernel's arguments, each at a pointer. What is no function and no kernel has no parameters: the driver says so.
///
/// # Safety
/// As many pointers lead to as many bytes as it takes.
unsafe fn gathered(function: *mut c_void, pointers: *const *const c_void) -> Result<Packed, Fault> {
    let at = SLOT.current()?;
    let Some(found) = at.book.handles.any(function) else { return Ok(Packed::new()) };
    // SAFETY: by the caller's promise.
    unsafe {
        if let Some(known) = at.state.parameters.get(&found.id) {
            return gather(&known, pointers);
        }
        gather(&layout(function, found)?, pointers)
    }
}

/// The parameters of a function or a kernel.
fn layout(function: *mut c_void, found: Found) -> Result<Layout, Fault> {
    let at = SLOT.current()?;
    let layout = Layout::ask(Fault::Status(CUDA_ERROR_UNKNOWN.into()), |index| {
        let (mut offset, mut size) = (0, 0);
        // SAFETY: places for two numbers.
        let status = unsafe {
            match found.kind {
                kind::CUkernel => marshal::cuKernelGetParamInfo(function, index, &raw mut offset, &raw mut size)?,
                _ => marshal::cuFuncGetParamInfo(function, index, &raw mut offset, &raw mut size)?,
            }
        };
        match status {
            0 => Ok(Some(Parameter { offset, size })),
            CUDA_ERROR_INVALID_VALUE => Ok(None),
            status => Err(Fault::Status(status.into())),
        }
    })?;
    at.state.parameters.insert(found.id, layout.clone());
    at.book.handles.mark_remembered(found.id);
    Ok(layout)
}

/// Arguments, each at a pointer; null is none.
///
/// # Safety
/// As many pointers lead to as many bytes, or are null.
unsafe fn gather(layout: &Layout, pointers: *const *const c_void) -> Result<Packed, Fault> {
    let mut bytes = Packed::from_elem(0, layout.len());
    for (i, parameter) in layout.parameters().iter().enumerate() {
        let place = &mut bytes[parameter.offset..parameter.offset + parameter.size];
        // SAFETY: by the caller's promise.
        let from = unsafe { pointers.add(i).read_unaligned() }.cast::<u8>();
        if from.is_null() {
            return Err(Fault::Status(CUDA_ERROR_INVALID_VALUE.into()));
        }
        // SAFETY: by the caller's promise.
        unsafe { std::ptr::copy_nonoverlapping(from, place.as_mut_ptr(), place.len()) };
    }
    Ok(bytes)
}

/// `CU_LAUNCH_PARAM_END`, `…_BUFFER_POINTER` and `…_BUFFER_SIZE`.
const END: usize = 0;
const BUFFER: usize = 1;
const BUFFER_SIZE: usize = 2;

/// Arguments as one buffer, laid out as the kernel takes them.
///
/// # Safety
/// It is a list of keys and values as the driver takes them, with its end.
unsafe fn packed(extra: *const *const c_void) -> Result<Packed, Fault> {
    let (mut buffer, mut size) = (std::ptr::null::<u8>(), 0);
    // SAFETY: by the caller's promise.
    unsafe {
        for pair in 0.. {
            let value = || extra.add(2 * pair + 1).read_unaligned();
            match extra.add(2 * pair).read_unaligned() as usize {
                END => break,
                BUFFER => buffer = value().cast(),
                BUFFER_SIZE => size = value().cast::<usize>().read_unaligned(),
                _ => return Err(Fault::Status(CUDA_ERROR_INVALID_VALUE.into())),
            }
        }
        if buffer.is_null() {
            return Ok(Packed::new());
        }
        Ok(Packed::from_slice(std::slice::from_raw_parts(buffer, size)))
    }
}
