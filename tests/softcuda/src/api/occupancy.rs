//! How many blocks of a kernel a multiprocessor holds.
#![allow(non_snake_case, reason = "the header's names")]

use super::attributes::read_attributes;
use super::entry::entries;
use super::function::{most_threads, named};
use super::values::{In, Out};
use crate::cuda::{CUfunction, CUlaunchConfig, Result, Status};
use crate::device::module::Function;
use crate::device::profile::{
    BLOCKS_PER_MULTIPROCESSOR, MULTIPROCESSORS, REGISTERS, SHARED_PER_BLOCK_OPTIN, SHARED_PER_MULTIPROCESSOR,
    THREADS_PER_MULTIPROCESSOR, WARP,
};

/// `CUoccupancyB2DSize`: dynamic shared memory of a block of so many threads, in bytes.
type SharedOf = Option<unsafe extern "C" fn(i32) -> usize>;

entries! { checked;
    fn cuOccupancyMaxActiveBlocksPerMultiprocessor(count: Out<i32>, handle: CUfunction, threads: i32, shared: usize) {
        count.check()?;
        count.set(active_blocks(&*named(handle)?, threads, shared)?)
    }

    fn cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(
        count: Out<i32>,
        handle: CUfunction,
        threads: i32,
        shared: usize,
        flags: u32,
    ) {
        count.check()?;
        check_flags(flags)?;
        count.set(active_blocks(&*named(handle)?, threads, shared)?)
    }

    fn cuOccupancyMaxPotentialBlockSize(
        grid: Out<i32>,
        block: Out<i32>,
        handle: CUfunction,
        shared_of: SharedOf,
        shared: usize,
        limit: i32,
    ) {
        write_best(grid, block, &*named(handle)?, shared_of, shared, limit)
    }

    fn cuOccupancyMaxPotentialBlockSizeWithFlags(
        grid: Out<i32>,
        block: Out<i32>,
        handle: CUfunction,
        shared_of: SharedOf,
        shared: usize,
        limit: i32,
        flags: u32,
    ) {
        check_flags(flags)?;
        write_best(grid, block, &*named(handle)?, shared_of, shared, limit)
    }

    /// A cluster of this device is one block.
    fn cuOccupancyMaxPotentialClusterSize(size: Out<i32>, handle: CUfunction, config: In<CUlaunchConfig>) {
        size.check()?;
        fit(handle, &config.get()?)?;
        size.set(1)
    }

    fn cuOccupancyMaxActiveClusters(count: Out<i32>, handle: CUfunction, config: In<CUlaunchConfig>) {
        count.check()?;
        count.set(fit(handle, &config.get()?)? * MULTIPROCESSORS as i32)
    }

    /// Dynamic shared memory that lets so many blocks be on a multiprocessor.
    fn cuOccupancyAvailableDynamicSMemPerBlock(bytes: Out<usize>, handle: CUfunction, blocks: i32, threads: i32) {
        bytes.check()?;
        let function = named(handle)?;
        let blocks = usize::try_from(blocks).ok().filter(|blocks| *blocks > 0).ok_or(Status::INVALID_VALUE)?;
        if active_blocks(&function, threads, 0)? < blocks as i32 {
            return Err(Status::INVALID_VALUE);
        }
        let room = (SHARED_PER_MULTIPROCESSOR / blocks) & !(GRANULE - 1);
        let room = room.min(SHARED_PER_BLOCK_OPTIN).saturating_sub(function.kernel()?.static_shared);
        bytes.set(room.min(function.dynamic_shared()?))
    }
}

/// How many blocks of a launch are on a multiprocessor at once.
fn fit(handle: CUfunction, config: &CUlaunchConfig) -> Result<i32> {
    read_attributes(In::at(config.attrs), config.numAttrs)?;
    let threads = config.block.iter().try_fold(1_u32, |all, size| all.checked_mul(*size));
    let threads = threads.and_then(|threads| i32::try_from(threads).ok()).ok_or(Status::INVALID_VALUE)?;
    active_blocks(&*named(handle)?, threads, config.sharedMemBytes as usize)
}

/// Shared memory is given out in units of this many bytes.
const GRANULE: usize = 256;

/// `CU_OCCUPANCY_DISABLE_CACHING_OVERRIDE` is the only flag.
fn check_flags(flags: u32) -> Result {
    if flags > 1 { Err(Status::INVALID_VALUE) } else { Ok(()) }
}

/// How many blocks of so many threads and so much dynamic shared memory, in bytes, are on a multiprocessor at once.
pub fn active_blocks(function: &Function, threads: i32, shared: usize) -> Result<i32> {
    let kernel = function.kernel()?;
    let threads = u32::try_from(threads).ok().filter(|threads| *threads > 0).ok_or(Status::INVALID_VALUE)?;
    if threads > most_threads(kernel) {
        return Ok(0);
    }
    let threads = threads.next_multiple_of(WARP);
    let by_threads = THREADS_PER_MULTIPROCESSOR / threads;
    let by_registers = REGISTERS / (kernel.registers.clamp(1, 255).next_multiple_of(8) * threads);
    let shared = kernel.static_shared.saturating_add(shared).next_multiple_of(GRANULE);
    let by_shared = SHARED_PER_MULTIPROCESSOR.checked_div(shared).map_or(u32::MAX, |blocks| blocks as u32);
    Ok(by_threads.min(by_registers).min(by_shared).min(BLOCKS_PER_MULTIPROCESSOR) as i32)
}

/// The block with which the most threads are active, the largest of several, and how many of it fill the device.
fn write_best(grid: Out<i32>, block: Out<i32>, function: &Function, of: SharedOf, shared: usize, limit: i32) -> Result {
    grid.check()?;
    block.check()?;
    let most = most_threads(function.kernel()?) as i32;
    let most = if limit > 0 { most.min(limit) } else { most };
    let mut best = (0, 0, 0);
    let sizes = std::iter::once(most).chain((1..=most / WARP as i32).rev().map(|warps| warps * WARP as i32));
    for size in sizes {
        // SAFETY: the program hands its function over to be called so.
        let shared = of.map_or(shared, |of| unsafe { of(size) });
        let blocks = active_blocks(function, size, shared)?;
        if size * blocks > best.0 {
            best = (size * blocks, size, blocks);
        }
    }
    grid.set(best.2 * MULTIPROCESSORS as i32)?;
    block.set(best.1)
}
