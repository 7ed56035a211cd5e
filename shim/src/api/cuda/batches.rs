//! Copies by the batch. They have no order among each other: one with the program's memory is made as its copies one by one.

#![allow(non_snake_case)]

use std::ffi::c_void;

use ava_protocol::cuda::constant::CUDA_ERROR_INVALID_VALUE;
use ava_protocol::cuda::opcode;

use super::copies::{copy, line};
use super::places;
use crate::api::generated::cuda::marshal;
use crate::base::fault::Fault;
use crate::base::readable::is_readable;

/// `CU_STREAM_LEGACY`.
const LEGACY: usize = 1;

/// The first interface: of a copy that is wrong, the number.
#[allow(clippy::too_many_arguments, reason = "the header's parameters")]
pub unsafe fn cuMemcpyBatchAsync(
    opcode: u32,
    to: *const u64,
    from: *const u64,
    sizes: *const usize,
    count: usize,
    attributes: *const c_void,
    indices: *const usize,
    attribute_count: usize,
    failed: *mut usize,
    stream: *mut c_void,
) -> Result<u32, Fault> {
    let per_thread = opcode == opcode::cuMemcpyBatchAsync_ptsz;
    let batch = Batch { to, from, sizes, count };
    // SAFETY: by the caller's promise.
    unsafe {
        if !batch.has_programs() {
            return marshal::cuMemcpyBatchAsync(
                opcode,
                to,
                from,
                sizes,
                count,
                attributes,
                indices,
                attribute_count,
                failed,
                stream,
            );
        }
        let (status, number) = batch.one_by_one(stream, per_thread)?;
        if status != 0 && !failed.is_null() {
            failed.write(number);
        }
        Ok(status)
    }
}

#[allow(clippy::too_many_arguments, reason = "the header's parameters")]
pub unsafe fn cuMemcpyBatchAsync_v2(
    opcode: u32,
    to: *const u64,
    from: *const u64,
    sizes: *const usize,
    count: usize,
    attributes: *const c_void,
    indices: *const usize,
    attribute_count: usize,
    stream: *mut c_void,
) -> Result<u32, Fault> {
    let per_thread = opcode == opcode::cuMemcpyBatchAsync_v2_ptsz;
    let batch = Batch { to, from, sizes, count };
    // SAFETY: by the caller's promise.
    unsafe {
        if !batch.has_programs() {
            return marshal::cuMemcpyBatchAsync_v2(
                opcode,
                to,
                from,
                sizes,
                count,
                attributes,
                indices,
                attribute_count,
                stream,
            );
        }
        Ok(batch.one_by_one(stream, per_thread)?.0)
    }
}

/// Where the copies lead and come from, and their sizes in bytes.
struct Batch {
    to: *const u64,
    from: *const u64,
    sizes: *const usize,
    count: usize,
}

impl Batch {
    /// Whether any copy is of the program's memory. What is no batch has none: the driver says so.
    ///
    /// # Safety
    /// Each array is null or has as many elements.
    unsafe fn has_programs(&self) -> bool {
        let len = self.count.saturating_mul(size_of::<u64>());
        if ![self.to, self.from, self.sizes.cast()].iter().all(|array| is_readable(array.cast(), len)) {
            return false;
        }
        // SAFETY: by the caller's promise.
        unsafe {
            (0..self.count).any(|i| places::is_programs(*self.to.add(i)) || places::is_programs(*self.from.add(i)))
        }
    }

    /// Makes the copies; returns the status, and the number of the one that it is about.
    ///
    /// # Safety
    /// Each array has as many elements, and the program's memory is there for the copies.
    unsafe fn one_by_one(&self, stream: *mut c_void, per_thread: bool) -> Result<(u32, usize), Fault> {
        // The legacy stream takes no batches.
        if stream as usize == LEGACY || stream.is_null() && !per_thread {
            return Ok((CUDA_ERROR_INVALID_VALUE, usize::MAX));
        }
        let opcode = if per_thread { opcode::cuMemcpyAsync_ptsz } else { opcode::cuMemcpyAsync };
        for i in 0..self.count {
            // SAFETY: by the caller's promise.
            let status = unsafe {
                let asked = line(*self.to.add(i), *self.from.add(i), *self.sizes.add(i));
                copy(opcode, &asked, stream)?
            };
            if status != 0 {
                return Ok((status, i));
            }
        }
        Ok((0, usize::MAX))
    }
}
