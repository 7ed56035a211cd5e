//! CUDA's launches: a kernel's arguments come in a buffer that a list names.

use std::ffi::c_void;

use ava_protocol::cuda::c::CUlaunchConfig;
use ava_protocol::cuda::custom::ATTRIBUTE;

use super::common::{Handle, functions, take};

/// Reads the buffer that a list names, which ends with null.
///
/// # Safety
/// It is null or such a list.
unsafe fn arguments(list: *const *const c_void) {
    const BUFFER: usize = 1;
    const BUFFER_SIZE: usize = 2;
    if list.is_null() {
        return;
    }
    let (mut buffer, mut size) = (std::ptr::null(), 0);
    let mut at = list;
    // SAFETY: by the caller's promise.
    unsafe {
        while !(*at).is_null() {
            match *at as usize {
                BUFFER => buffer = *at.add(1),
                BUFFER_SIZE => size = (*at.add(1)).cast::<usize>().read(),
                key => panic!("the vendor is given a list with the key {key}"),
            }
            at = at.add(2);
        }
    }
    take(buffer, size);
}

functions! {
    ava_worker::cuda::Vendor;
    cuLaunchKernel(
        _function: Handle, _grid_x: u32, _grid_y: u32, _grid_z: u32, _block_x: u32, _block_y: u32, _block_z: u32,
        _shared: u32, _stream: Handle, parameters: Handle, extra: Handle
    ) -> u32 {
        assert!(parameters.is_null(), "arguments come in a buffer");
        // SAFETY: the worker's promise.
        unsafe { arguments(extra.cast()) };
        0
    }
    cuLaunchKernelEx(config: *const c_void, _function: Handle, parameters: Handle, extra: Handle) -> u32 {
        assert!(parameters.is_null(), "arguments come in a buffer");
        // SAFETY: the worker's promise.
        unsafe {
            let config = config.cast::<CUlaunchConfig>().read();
            take(config.attrs, config.numAttrs as usize * ATTRIBUTE * 8);
            arguments(extra.cast());
        }
        0
    }
}

/// Leaves out what answers with addresses of the driver's own memory, of which nothing is here.
pub fn withdraw(vendor: &mut ava_worker::cuda::Vendor) {
    vendor.cuGraphKernelNodeGetParams = None;
    vendor.cuGraphKernelNodeGetParams_v2 = None;
    vendor.cuGraphMemAllocNodeGetParams = None;
    vendor.cuGraphBatchMemOpNodeGetParams = None;
    vendor.cuLinkComplete = None;
    vendor.cuStreamGetCaptureInfo_v2 = None;
    vendor.cuStreamGetCaptureInfo_v2_ptsz = None;
    vendor.cuStreamGetCaptureInfo_v3 = None;
    vendor.cuStreamGetCaptureInfo_v3_ptsz = None;
}
