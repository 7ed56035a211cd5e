//! Managed memory: what programs say of its use and its place. It is where it is: nothing moves.
#![allow(non_snake_case, reason = "the header's names")]

use std::ops::Range;
use std::sync::Arc;

use super::entry::entries;
use super::launch::check_stream;
use super::values::{In, Out};
use crate::cuda::{CUdevice, CUdeviceptr, CUmemLocation, CUstream, Result, Status, location_type};
use crate::device::advice::HOST;
use crate::device::memory::{self, Allocation, Kind};
use crate::device::{context, profile};

entries! { checked;
    fn cuMemPrefetchAsync | cuMemPrefetchAsync_ptsz(
        address: CUdeviceptr,
        size: usize,
        device: CUdevice,
        stream: CUstream,
    ) {
        prefetch(address, size, place(device), stream)
    }

    fn cuMemPrefetchAsync_v2 | cuMemPrefetchAsync_v2_ptsz(
        address: CUdeviceptr,
        size: usize,
        location: CUmemLocation,
        flags: u32,
        stream: CUstream,
    ) {
        if flags != 0 { Err(Status::INVALID_VALUE) } else { prefetch(address, size, location, stream) }
    }

    fn cuMemAdvise(address: CUdeviceptr, size: usize, advice: u32, device: CUdevice) {
        advise(address, size, advice, place(device))
    }

    fn cuMemAdvise_v2(address: CUdeviceptr, size: usize, advice: u32, location: CUmemLocation) {
        advise(address, size, advice, location)
    }

    fn cuMemRangeGetAttribute(
        place: Out<i32>,
        bytes: usize,
        attribute: u32,
        address: CUdeviceptr,
        size: usize,
    ) {
        write_attribute(place, bytes, attribute, address, size)
    }

    fn cuMemRangeGetAttributes(
        places: In<Out<i32>>,
        bytes: In<usize>,
        attributes: In<u32>,
        count: usize,
        address: CUdeviceptr,
        size: usize,
    ) {
        let (places, bytes) = (places.all(count)?, bytes.all(count)?);
        let all = attributes.all(count)?.into_iter().zip(places.into_iter().zip(bytes));
        all.into_iter().try_for_each(|(attribute, (place, bytes))| {
            write_attribute(place, bytes, attribute, address, size)
        })
    }

    /// Who may use managed memory is not enforced.
    fn cuStreamAttachMemAsync | cuStreamAttachMemAsync_ptsz(
        stream: CUstream,
        address: CUdeviceptr,
        _size: usize,
        flags: u32,
    ) {
        check_stream(stream)?;
        memory::at(address, |kind| matches!(kind, Kind::Managed(_)))?;
        if matches!(flags, 1 | 2 | 4) { Ok(()) } else { Err(Status::INVALID_VALUE) }
    }
}

fn prefetch(address: CUdeviceptr, size: usize, location: CUmemLocation, stream: CUstream) -> Result {
    let (memory, range) = managed(address, size)?;
    check_location(location)?;
    check_stream(stream)?;
    memory.advice.prefetch(range, location);
    Ok(())
}

fn advise(address: CUdeviceptr, size: usize, advice: u32, location: CUmemLocation) -> Result {
    let (memory, range) = managed(address, size)?;
    // Where something is to be not so any more does not matter.
    if matches!(advice, 3 | 5 | 6) {
        check_location(location)?;
    }
    memory.advice.advise(range, advice, location)
}

fn write_attribute(place: Out<i32>, bytes: usize, attribute: u32, address: CUdeviceptr, size: usize) -> Result {
    let (memory, range) = managed(address, size)?;
    if !bytes.is_multiple_of(size_of::<i32>()) {
        return Err(Status::INVALID_VALUE);
    }
    place.set_all(memory.advice.attribute(range, attribute, bytes / size_of::<i32>())?)
}

/// Managed memory that a range is in.
fn managed(address: u64, size: usize) -> Result<(Arc<Allocation>, Range<u64>)> {
    context::usable()?;
    let found = memory::find(address).filter(|found| matches!(found.kind, Kind::Managed(_)));
    let found = found.ok_or(Status::INVALID_VALUE)?;
    let end = address.checked_add(size as u64).filter(|end| *end <= found.range().end && size > 0);
    Ok((found, address..end.ok_or(Status::INVALID_VALUE)?))
}

/// A device, or `CU_DEVICE_CPU`, as a location.
fn place(device: CUdevice) -> CUmemLocation {
    match device {
        HOST => CUmemLocation { kind: location_type::HOST, id: 0 },
        id => CUmemLocation { kind: location_type::DEVICE, id },
    }
}

fn check_location(location: CUmemLocation) -> Result {
    match location.kind {
        location_type::DEVICE => profile::device(location.id).map(drop),
        location_type::HOST | location_type::HOST_NUMA | location_type::HOST_NUMA_CURRENT => Ok(()),
        _ => Err(Status::INVALID_VALUE),
    }
}
