//! Launches of kernels, and of functions of the program's.
#![allow(non_snake_case, reason = "the header's names")]

use std::ffi::c_void;
use std::sync::Arc;

use super::attributes::read_attributes;
use super::current::{stream, submit};
use super::entry::entries;
use super::function::{most_threads, named};
use super::occupancy::active_blocks;
use super::values::In;
use crate::cuda::{CUDA_KERNEL_NODE_PARAMS_v1, CUfunction, CUhostFn, CUlaunchConfig, CUstream, Result, Status};
use crate::device::module::Function;
use crate::device::operation::{Arguments, Host, Launch, Operation};
use crate::device::profile::{BLOCK, GRID, MULTIPROCESSORS, SHARED_PER_BLOCK_OPTIN, THREADS_PER_BLOCK};

entries! { checked;
    fn cuLaunchKernel | cuLaunchKernel_ptsz(
        handle: CUfunction,
        grid_x: u32,
        grid_y: u32,
        grid_z: u32,
        block_x: u32,
        block_y: u32,
        block_z: u32,
        shared: u32,
        stream: CUstream,
        parameters: In<*const c_void>,
        extra: In<*const c_void>,
    ) {
        let shape = Shape { grid: [grid_x, grid_y, grid_z], block: [block_x, block_y, block_z], shared };
        submit(stream, Operation::Launch(launch(handle, shape, parameters, extra, false)?))
    }

    fn cuLaunchCooperativeKernel | cuLaunchCooperativeKernel_ptsz(
        handle: CUfunction,
        grid_x: u32,
        grid_y: u32,
        grid_z: u32,
        block_x: u32,
        block_y: u32,
        block_z: u32,
        shared: u32,
        stream: CUstream,
        parameters: In<*const c_void>,
    ) {
        let shape = Shape { grid: [grid_x, grid_y, grid_z], block: [block_x, block_y, block_z], shared };
        let none = In::at(std::ptr::null());
        submit(stream, Operation::Launch(launch(handle, shape, parameters, none, true)?))
    }

    fn cuLaunchKernelEx | cuLaunchKernelEx_ptsz(
        config: In<CUlaunchConfig>,
        handle: CUfunction,
        parameters: In<*const c_void>,
        extra: In<*const c_void>,
    ) {
        let config = config.get()?;
        let shape = Shape { grid: config.grid, block: config.block, shared: config.sharedMemBytes };
        let is_cooperative = read_attributes(In::at(config.attrs), config.numAttrs)?;
        let launch = launch(handle, shape, parameters, extra, is_cooperative)?;
        submit(config.hStream, Operation::Launch(launch))
    }

    fn cuLaunchHostFunc | cuLaunchHostFunc_ptsz(stream: CUstream, function: Option<CUhostFn>, data: *mut c_void) {
        let function = function.ok_or(Status::INVALID_VALUE)?;
        submit(stream, Operation::Host(Host { function, data }))
    }
}

/// Blocks of a grid, threads of a block, and dynamic shared memory of a block in bytes.
#[derive(Clone, Copy)]
pub struct Shape {
    pub grid: [u32; 3],
    pub block: [u32; 3],
    pub shared: u32,
}

/// A launch with its arguments, after all checks.
pub fn launch(
    handle: CUfunction,
    shape: Shape,
    parameters: In<*const c_void>,
    extra: In<*const c_void>,
    is_cooperative: bool,
) -> Result<Launch> {
    let function = named(handle)?;
    check(&function, shape, is_cooperative)?;
    let arguments = match (parameters.is_null(), extra.is_null()) {
        (true, true) if !function.parameters.is_empty() => return Err(Status::INVALID_VALUE),
        (true, true) => Vec::new(),
        (false, true) => gather(&function, parameters)?,
        (true, false) => packed(&function, extra)?,
        (false, false) => return Err(Status::INVALID_VALUE),
    };
    let Shape { grid, block, shared } = shape;
    let arguments = Arguments::new(arguments);
    Ok(Launch { function, named: handle, grid, block, shared, arguments, is_cooperative })
}

/// The launch that a kernel node stands for.
pub fn of_node(node: &CUDA_KERNEL_NODE_PARAMS_v1) -> Result<Launch> {
    let shape = Shape { grid: node.grid, block: node.block, shared: node.sharedMemBytes };
    launch(node.func, shape, In::at(node.kernelParams), In::at(node.extra), false)
}

/// `INVALID_VALUE` for what no kernel may have, `LAUNCH_OUT_OF_RESOURCES` for more threads than this one can have,
/// `COOPERATIVE_LAUNCH_TOO_LARGE` for more blocks than can wait for each other.
fn check(function: &Arc<Function>, shape: Shape, is_cooperative: bool) -> Result {
    let is_within =
        |sizes: [u32; 3], limits: [u32; 3]| sizes.iter().zip(limits).all(|(size, limit)| (1..=limit).contains(size));
    let threads = shape.block.iter().try_fold(1u32, |product, size| product.checked_mul(*size));
    let threads = threads.filter(|threads| *threads <= THREADS_PER_BLOCK).ok_or(Status::INVALID_VALUE)?;
    let kernel = function.kernel()?;
    let shared = kernel.static_shared + shape.shared as usize;
    let has_shared = shape.shared as usize <= function.dynamic_shared()? && shared <= SHARED_PER_BLOCK_OPTIN;
    let has_block = kernel.required_threads.is_none_or(|required| required == shape.block);
    if !is_within(shape.grid, GRID) || !is_within(shape.block, BLOCK) || !has_shared || !has_block {
        return Err(Status::INVALID_VALUE);
    }
    if threads > most_threads(kernel) {
        return Err(Status::LAUNCH_OUT_OF_RESOURCES);
    }
    if is_cooperative {
        let blocks: u64 = shape.grid.iter().map(|size| u64::from(*size)).product();
        let room = active_blocks(function, threads as i32, shape.shared as usize)? as u64 * u64::from(MULTIPROCESSORS);
        if blocks > room {
            return Err(Status::COOPERATIVE_LAUNCH_TOO_LARGE);
        }
    }
    Ok(())
}

/// Arguments, each at a pointer.
fn gather(function: &Function, parameters: In<*const c_void>) -> Result<Vec<u8>> {
    let layout = &function.parameters;
    let end = layout.iter().map(|parameter| parameter.offset + parameter.size).max().unwrap_or(0);
    let mut bytes = vec![0; end];
    for (parameter, address) in layout.iter().zip(parameters.all(layout.len())?) {
        let argument = In::at(address.cast::<u8>()).all(parameter.size)?;
        bytes[parameter.offset..parameter.offset + parameter.size].copy_from_slice(&argument);
    }
    Ok(bytes)
}

/// What `extra` consists of.
const END: usize = 0;
const BUFFER: usize = 1;
const BUFFER_SIZE: usize = 2;

/// Arguments as one buffer, laid out as the kernel wants them.
fn packed(function: &Function, extra: In<*const c_void>) -> Result<Vec<u8>> {
    let (mut buffer, mut size) = (std::ptr::null(), 0);
    let mut at = extra.address();
    loop {
        let word = |place: *const *const c_void| In::at(place).get();
        let (key, value) = (word(at)? as usize, at.wrapping_add(1));
        match key {
            END => break,
            BUFFER => buffer = word(value)?.cast::<u8>(),
            BUFFER_SIZE => size = In::at(word(value)?.cast::<usize>()).get()?,
            _ => return Err(Status::INVALID_VALUE),
        }
        at = at.wrapping_add(2);
    }
    let end = function.parameters.iter().map(|parameter| parameter.offset + parameter.size).max().unwrap_or(0);
    // A compiler may pad the struct that the program passes, to its largest alignment.
    if size < end || size > end.next_multiple_of(16) {
        return Err(Status::INVALID_VALUE);
    }
    In::at(buffer).all(end)
}

/// Whether a stream exists, for calls that name one and do not use it.
pub fn check_stream(handle: CUstream) -> Result {
    stream(handle).map(drop)
}
