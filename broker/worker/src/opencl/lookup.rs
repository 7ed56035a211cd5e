//! Functions that the vendor hands out by name.

#![allow(non_snake_case)]

use std::ffi::{CString, c_char, c_void};

use ava_protocol::opencl::custom::lookup::{ArchivedRequest, Reply};
use ava_protocol::opencl::kind;

use crate::call::{Call, Outcome, Stop};
use crate::vendor::{Finder, Loaded};

pub fn clGetExtensionFunctionAddress(call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "clGetExtensionFunctionAddress";
    let r = call.read::<ArchivedRequest>(body, NAME)?;
    let name = call.text(&r.name)?;
    let look_up = super::vendor(call.session).clGetExtensionFunctionAddress.ok_or(Stop::Missing(NAME))?;
    // SAFETY: a NUL-terminated name.
    let found = unsafe { look_up(name.as_ptr().cast()) };
    call.reply(&Reply { found: !found.is_null() })
}

pub fn clGetExtensionFunctionAddressForPlatform(call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "clGetExtensionFunctionAddressForPlatform";
    let r = call.read::<ArchivedRequest>(body, NAME)?;
    let platform = call.handle(r.platform.to_native(), kind::cl_platform_id)?;
    let name = call.text(&r.name)?;
    let look_up = super::vendor(call.session).clGetExtensionFunctionAddressForPlatform.ok_or(Stop::Missing(NAME))?;
    // SAFETY: a live platform or null, and a NUL-terminated name.
    let found = unsafe { look_up(platform, name.as_ptr().cast()) };
    call.reply(&Reply { found: !found.is_null() })
}

type GetPlatformIDs = unsafe extern "C" fn(u32, *mut *mut c_void, *mut u32) -> i32;
type LoadersLookUp = unsafe extern "C" fn(*const c_char) -> *mut c_void;
type LookUp = unsafe extern "C" fn(*mut c_void, *const c_char) -> *mut c_void;

/// Looks a function up on every platform of the library, in order, and then with the loader itself.
pub fn extension_finder(loaded: &Loaded) -> Finder {
    let (platforms, look_up) =
        (loaded.symbol("clGetPlatformIDs"), loaded.symbol("clGetExtensionFunctionAddressForPlatform"));
    let loaders = loaded.symbol("clGetExtensionFunctionAddress");
    let mut all = [std::ptr::null_mut(); 16];
    let mut count = 0;
    if !platforms.is_null() {
        // SAFETY: the functions have these types (the header check has proven it), and the array the size that is named.
        unsafe {
            let platforms = std::mem::transmute::<*mut c_void, GetPlatformIDs>(platforms);
            platforms(all.len() as u32, all.as_mut_ptr(), &raw mut count);
        }
    }
    let all: Vec<_> = all.into_iter().take(count as usize).collect();
    Box::new(move |name| {
        let (false, false, Ok(name)) = (look_up.is_null(), loaders.is_null(), CString::new(name)) else {
            return std::ptr::null_mut();
        };
        // SAFETY: as above; the platforms are alive.
        unsafe {
            let look_up = std::mem::transmute::<*mut c_void, LookUp>(look_up);
            let loaders = std::mem::transmute::<*mut c_void, LoadersLookUp>(loaders);
            all.iter()
                .map(|platform| look_up(*platform, name.as_ptr()))
                .find(|found| !found.is_null())
                .unwrap_or_else(|| loaders(name.as_ptr()))
        }
    })
}
