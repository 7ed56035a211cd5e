//! Fills of memory with bytes, 16-bit and 32-bit values.
#![allow(non_snake_case, reason = "the header's names")]

use super::current::{default_stream, submit};
use super::entry::entries;
use crate::cuda::{CUdeviceptr, CUstream, Result, Status};
use crate::device::context;
use crate::device::memory::{self, Kind};
use crate::device::operation::{Fill, Operation};

entries! { checked;
    fn cuMemsetD8_v2 | cuMemsetD8_v2_ptds(address: CUdeviceptr, value: u8, count: usize) {
        now(row(address, value.into(), 1, count)?)
    }

    fn cuMemsetD16_v2 | cuMemsetD16_v2_ptds(address: CUdeviceptr, value: u16, count: usize) {
        now(row(address, value.into(), 2, count)?)
    }

    fn cuMemsetD32_v2 | cuMemsetD32_v2_ptds(address: CUdeviceptr, value: u32, count: usize) {
        now(row(address, value, 4, count)?)
    }

    fn cuMemsetD8Async | cuMemsetD8Async_ptsz(address: CUdeviceptr, value: u8, count: usize, stream: CUstream) {
        later(row(address, value.into(), 1, count)?, stream)
    }

    fn cuMemsetD16Async | cuMemsetD16Async_ptsz(address: CUdeviceptr, value: u16, count: usize, stream: CUstream) {
        later(row(address, value.into(), 2, count)?, stream)
    }

    fn cuMemsetD32Async | cuMemsetD32Async_ptsz(address: CUdeviceptr, value: u32, count: usize, stream: CUstream) {
        later(row(address, value, 4, count)?, stream)
    }

    fn cuMemsetD2D8_v2 | cuMemsetD2D8_v2_ptds(
        address: CUdeviceptr,
        pitch: usize,
        value: u8,
        width: usize,
        height: usize,
    ) {
        now(checked(Fill { address, pitch, value: value.into(), element: 1, width, height })?)
    }

    fn cuMemsetD2D16_v2 | cuMemsetD2D16_v2_ptds(
        address: CUdeviceptr,
        pitch: usize,
        value: u16,
        width: usize,
        height: usize,
    ) {
        now(checked(Fill { address, pitch, value: value.into(), element: 2, width, height })?)
    }

    fn cuMemsetD2D32_v2 | cuMemsetD2D32_v2_ptds(
        address: CUdeviceptr,
        pitch: usize,
        value: u32,
        width: usize,
        height: usize,
    ) {
        now(checked(Fill { address, pitch, value, element: 4, width, height })?)
    }

    fn cuMemsetD2D8Async | cuMemsetD2D8Async_ptsz(
        address: CUdeviceptr,
        pitch: usize,
        value: u8,
        width: usize,
        height: usize,
        stream: CUstream,
    ) {
        later(checked(Fill { address, pitch, value: value.into(), element: 1, width, height })?, stream)
    }

    fn cuMemsetD2D16Async | cuMemsetD2D16Async_ptsz(
        address: CUdeviceptr,
        pitch: usize,
        value: u16,
        width: usize,
        height: usize,
        stream: CUstream,
    ) {
        later(checked(Fill { address, pitch, value: value.into(), element: 2, width, height })?, stream)
    }

    fn cuMemsetD2D32Async | cuMemsetD2D32Async_ptsz(
        address: CUdeviceptr,
        pitch: usize,
        value: u32,
        width: usize,
        height: usize,
        stream: CUstream,
    ) {
        later(checked(Fill { address, pitch, value, element: 4, width, height })?, stream)
    }
}

fn row(address: CUdeviceptr, value: u32, element: u32, width: usize) -> Result<Fill> {
    let pitch = width.checked_mul(element as usize).ok_or(Status::INVALID_VALUE)?;
    checked(Fill { address, pitch, value, element, width, height: 1 })
}

/// A fill whose range and alignment are right.
pub fn checked(fill: Fill) -> Result<Fill> {
    context::usable()?;
    let element = fill.element as usize;
    let row = fill.width.checked_mul(element).ok_or(Status::INVALID_VALUE)?;
    let is_aligned = fill.address.is_multiple_of(element as u64) && fill.pitch.is_multiple_of(element);
    if !matches!(element, 1 | 2 | 4) || !is_aligned || fill.height > 1 && fill.pitch < row {
        return Err(Status::INVALID_VALUE);
    }
    if row > 0 && fill.height > 0 {
        let size = (fill.height - 1).checked_mul(fill.pitch).and_then(|rows| rows.checked_add(row));
        memory::check(fill.address, size.ok_or(Status::INVALID_VALUE)?)?;
    }
    Ok(fill)
}

/// Fills in the default stream; of memory of the host and managed memory, the end is waited for.
fn now(fill: Fill) -> Result {
    let stream = default_stream()?;
    let mark = stream.push(Operation::Fill(fill));
    let is_device = memory::find(fill.address).is_none_or(|found| matches!(found.kind, Kind::Device | Kind::Mapped));
    if is_device {
        return Ok(());
    }
    mark.wait();
    stream.health.check()
}

fn later(fill: Fill, stream: CUstream) -> Result {
    submit(stream, Operation::Fill(fill))
}
