//! What every session has: the library's platforms, and their devices.

use std::ffi::c_void;

use crate::generated::opencl::Vendor;

/// The devices of a platform.
pub fn devices(vendor: &Vendor, platform: *mut c_void) -> Vec<*mut c_void> {
    const CL_DEVICE_TYPE_ALL: u64 = 0xFFFF_FFFF;
    let Some(ids) = vendor.clGetDeviceIDs else {
        return Vec::new();
    };
    let mut count = 0;
    // SAFETY: a live platform; no array, and then one of the size that is named.
    unsafe {
        ids(platform, CL_DEVICE_TYPE_ALL, 0, std::ptr::null_mut(), &raw mut count);
        let mut devices = vec![std::ptr::null_mut(); count as usize];
        if count > 0 {
            ids(platform, CL_DEVICE_TYPE_ALL, count, devices.as_mut_ptr(), &raw mut count);
        }
        devices
    }
}

/// The library's platforms.
pub fn platforms(vendor: &Vendor) -> Vec<*mut c_void> {
    let Some(ids) = vendor.clGetPlatformIDs else {
        return Vec::new();
    };
    let mut platforms = [std::ptr::null_mut(); 16];
    let mut count = 0;
    // SAFETY: an array of the size that is named.
    unsafe { ids(platforms.len() as u32, platforms.as_mut_ptr(), &raw mut count) };
    platforms.into_iter().take(count as usize).collect()
}
