//! Functions that are reached by name.

#![allow(non_snake_case)]

use std::ffi::{CStr, c_char, c_void};

use ava_protocol::opencl::custom::lookup::{ArchivedReply, Request};
use ava_protocol::opencl::{API, kind, opcode};

use super::state::SLOT;
use crate::api::generated::opencl as generated;
use crate::base::fault::Fault;
use crate::call::Call;

pub unsafe fn clGetExtensionFunctionAddress(name: *const c_char) -> Result<*mut c_void, Fault> {
    // SAFETY: the program vouches for the name.
    unsafe { address(opcode::clGetExtensionFunctionAddress, None, name) }
}

pub unsafe fn clGetExtensionFunctionAddressForPlatform(
    platform: *mut c_void,
    name: *const c_char,
) -> Result<*mut c_void, Fault> {
    // SAFETY: the program vouches for the name.
    unsafe { address(opcode::clGetExtensionFunctionAddressForPlatform, Some(platform), name) }
}

/// The entry by which an installable client driver's loader begins.
pub unsafe fn clIcdGetPlatformIDsKHR(count: u32, platforms: *mut *mut c_void, found: *mut u32) -> Result<i32, Fault> {
    // SAFETY: the loader vouches for its pointers.
    unsafe { super::roots::clGetPlatformIDs(count, platforms, found) }
}

/// Our function of that name, with the prototype that the vendor's has, if the vendor has one too.
unsafe fn address(opcode: u32, platform: Option<*mut c_void>, name: *const c_char) -> Result<*mut c_void, Fault> {
    if name.is_null() {
        return Ok(std::ptr::null_mut());
    }
    // SAFETY: by the caller's promise.
    let text = unsafe { CStr::from_ptr(name) }.to_string_lossy();
    let ours = generated::lookup(&text, (0, 0, 0));
    // What a loader asks a driver for before there is a session.
    let known_without = text.starts_with("clIcd") || (platform.is_none() && !is_extension(&text));
    if ours.is_null() || known_without {
        return Ok(ours);
    }
    let mut call = Call::begin(SLOT.current()?, opcode);
    let platform = match platform {
        Some(platform) => call.handle(platform, kind::cl_platform_id),
        None => 0,
    };
    // SAFETY: by the caller's promise.
    let name = unsafe { call.text(name)? };
    let request = Request { platform, name };
    call.transact(&request, |reply: &ArchivedReply, _| {
        let version = (reply.version.0.to_native(), reply.version.1.to_native(), reply.version.2.to_native());
        (true, if reply.found { generated::lookup(&text, version) } else { std::ptr::null_mut() })
    })
}

fn is_extension(name: &str) -> bool {
    API.extension_functions.iter().any(|(function, _)| *function == name)
        || name.ends_with("KHR")
        || name.ends_with("EXT")
}
