//! Device memory: what the program is told that there is, and what objects and addresses take of it.

#![allow(non_snake_case)]

use std::ffi::c_void;

use ava_protocol::cuda as table;
use ava_protocol::cuda::c::CUDA_ARRAY3D_DESCRIPTOR_v2;

use super::state::State;
use crate::call::{Call, Outcome, Stop};
use crate::gate;

pub fn cuMemGetInfo_v2(api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "cuMemGetInfo_v2";
    let r = call.read::<table::cuMemGetInfo_v2::ArchivedRequest>(body, NAME)?;
    let mut free = call.output(&r.free, Some(1), 8, NAME)?;
    let mut total = call.output(&r.total, Some(1), 8, NAME)?;
    let function = api.vendor.cuMemGetInfo_v2.ok_or(Stop::Missing(NAME))?;
    // SAFETY: places for numbers, or null.
    let ret = unsafe { function(free.as_mut_ptr().cast(), total.as_mut_ptr().cast()) };
    if ret == 0 {
        let there = gate::Memory { free: free.scalar().unwrap_or(0), total: total.scalar().unwrap_or(0) };
        let told = gate::told_memory(call.session, there);
        free.set_scalar(told.free);
        total.set_scalar(told.total);
    }
    let (free, total) = (free.returned(None, ret == 0), total.returned(None, ret == 0));
    call.reply(&table::cuMemGetInfo_v2::Reply { ret, free, total })
}

pub fn cuDeviceTotalMem_v2(api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "cuDeviceTotalMem_v2";
    let r = call.read::<table::cuDeviceTotalMem_v2::ArchivedRequest>(body, NAME)?;
    let mut bytes = call.output(&r.bytes, Some(1), 8, NAME)?;
    let function = api.vendor.cuDeviceTotalMem_v2.ok_or(Stop::Missing(NAME))?;
    // SAFETY: a place for a number, or null.
    let ret = unsafe { function(bytes.as_mut_ptr().cast(), r.dev.to_native()) };
    if ret == 0
        && let Some(there) = bytes.scalar()
    {
        bytes.set_scalar(gate::told_total(call.session, there));
    }
    let bytes = bytes.returned(None, ret == 0);
    call.reply(&table::cuDeviceTotalMem_v2::Reply { ret, bytes })
}

impl State {
    /// The bytes of an array; 0 for what the driver does not describe, or in a format that nobody knows.
    pub fn array_size(&self, array: *mut c_void) -> u64 {
        let Some(describe) = self.vendor.cuArray3DGetDescriptor_v2 else { return 0 };
        let mut told =
            CUDA_ARRAY3D_DESCRIPTOR_v2 { Width: 0, Height: 0, Depth: 0, Format: 0, NumChannels: 0, Flags: 0 };
        // SAFETY: a place for a description, of an array that the driver has just made.
        if unsafe { describe((&raw mut told).cast(), array.cast()) } != 0 {
            return 0;
        }
        let sides = [told.Width, told.Height, told.Depth].map(|side| side.max(1) as u64);
        let element = format_size(told.Format).saturating_mul(told.NumChannels.into());
        sides.into_iter().fold(element, u64::saturating_mul)
    }

    /// The bytes of all levels of an array.
    pub fn levels_size(&self, array: *mut c_void) -> u64 {
        /// The level of one element of the longest side that a number has room for.
        const MOST: u32 = 64;
        let Some(ask) = self.vendor.cuMipmappedArrayGetLevel else { return 0 };
        let level = |number| {
            let mut level = std::ptr::null_mut::<c_void>();
            // SAFETY: a place for an array, of arrays that the driver has just made.
            (unsafe { ask((&raw mut level).cast(), array.cast(), number) } == 0).then_some(level)
        };
        (0..MOST).map_while(level).map(|level| self.array_size(level)).fold(0, u64::saturating_add)
    }

    /// Whether the driver knows of memory at an address.
    pub fn knows_memory(&self, address: u64) -> bool {
        /// `CU_POINTER_ATTRIBUTE_MEMORY_TYPE`, a number of 4 bytes.
        const MEMORY_TYPE: u32 = 2;
        let Some(ask) = self.vendor.cuPointerGetAttribute else { return true };
        let mut kind = 0_u32;
        // SAFETY: a place for a number. The driver looks the address up.
        unsafe { ask((&raw mut kind).cast(), MEMORY_TYPE, address) == 0 }
    }
}

/// The bytes of a channel in a `CUarray_format` of numbers.
fn format_size(format: u32) -> u64 {
    match format {
        0x01 | 0x08 => 1,
        0x02 | 0x09 | 0x10 => 2,
        0x03 | 0x0a | 0x20 => 4,
        _ => 0,
    }
}
