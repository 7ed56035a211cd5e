//! The block with which most threads are at work at once: what a block of each size needs, the program's function says, so it
//! is found here, with what the driver says of each size.

#![allow(non_snake_case)]

use std::ffi::c_void;

use ava_protocol::cuda::constant::CUDA_ERROR_INVALID_VALUE;

use super::status::answered;
use crate::api::generated::cuda::marshal;
use crate::base::fault::Fault;

/// `CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK`, and `CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT`.
const MAX_THREADS: u32 = 0;
const MULTIPROCESSORS: u32 = 16;

/// Threads that run in step: blocks are multiples of them.
const WARP: i32 = 32;
/// More threads than any block has ("Technical Specifications per Compute Capability": 1,024): for each size the worker is asked.
const MOST: i32 = 1 << 16;

/// `CUoccupancyB2DSize`: the dynamic shared memory of a block of so many threads.
type Needs = unsafe extern "C" fn(threads: i32) -> usize;

pub unsafe fn cuOccupancyMaxPotentialBlockSize(
    grid: *mut i32,
    block: *mut i32,
    function: *mut c_void,
    needs: Option<Needs>,
    shared: usize,
    limit: i32,
) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe { cuOccupancyMaxPotentialBlockSizeWithFlags(grid, block, function, needs, shared, limit, 0) }
}

pub unsafe fn cuOccupancyMaxPotentialBlockSizeWithFlags(
    grid: *mut i32,
    block: *mut i32,
    function: *mut c_void,
    needs: Option<Needs>,
    shared: usize,
    limit: i32,
    flags: u32,
) -> Result<u32, Fault> {
    if grid.is_null() || block.is_null() || limit < 0 {
        return Ok(CUDA_ERROR_INVALID_VALUE);
    }
    let (mut device, mut most, mut processors) = (0, 0, 0);
    // SAFETY: places for numbers.
    unsafe {
        answered(marshal::cuCtxGetDevice(&raw mut device)?)?;
        answered(marshal::cuFuncGetAttribute(&raw mut most, MAX_THREADS, function)?)?;
        answered(marshal::cuDeviceGetAttribute(&raw mut processors, MULTIPROCESSORS, device)?)?;
    }
    let most = if limit == 0 { most } else { most.min(limit) }.min(MOST);
    // Of blocks with as many threads at work the largest.
    let (mut best, mut best_blocks, mut best_threads) = (0, 0, 0);
    let mut size = most;
    while size > 0 {
        // SAFETY: the program says that it is such a function.
        let shared = needs.map_or(shared, |needs| unsafe { needs(size) });
        let mut blocks = 0;
        // SAFETY: a place for a number.
        answered(unsafe {
            marshal::cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(
                &raw mut blocks,
                function,
                size,
                shared,
                flags,
            )?
        })?;
        let threads = blocks.saturating_mul(size);
        if threads > best_threads {
            (best, best_blocks, best_threads) = (size, blocks, threads);
        }
        size = (size - 1) / WARP * WARP;
    }
    // SAFETY: by the caller's promise.
    unsafe {
        block.write(best);
        grid.write(best_blocks.saturating_mul(processors));
    }
    Ok(0)
}
