//! Functions that the vendor hands out by name.

#![allow(non_snake_case)]

use std::ffi::CStr;

use ava_protocol::api::Version;
use ava_protocol::opencl::custom::lookup::{ArchivedRequest, Reply};
use ava_protocol::opencl::{API, kind};

use super::state::State;
use crate::call::{Call, Outcome, Stop};
use crate::memory::Input;

pub fn clGetExtensionFunctionAddress(api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "clGetExtensionFunctionAddress";
    let r = call.read::<ArchivedRequest>(body, NAME)?;
    let name = call.text(&r.name)?;
    let look_up = api.vendor.clGetExtensionFunctionAddress.ok_or(Stop::Missing(NAME))?;
    // SAFETY: a NUL-terminated name.
    let found = !unsafe { look_up(name.as_ptr().cast()) }.is_null();
    let platforms = api.platforms();
    answer(call, &name, found, |function| platforms.any(function))
}

pub fn clGetExtensionFunctionAddressForPlatform(api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "clGetExtensionFunctionAddressForPlatform";
    let r = call.read::<ArchivedRequest>(body, NAME)?;
    let platform = call.handle(r.platform.to_native(), kind::cl_platform_id)?;
    let name = call.text(&r.name)?;
    let look_up = api.vendor.clGetExtensionFunctionAddressForPlatform.ok_or(Stop::Missing(NAME))?;
    // SAFETY: a live platform or null, and a NUL-terminated name.
    let found = !unsafe { look_up(platform, name.as_ptr().cast()) }.is_null();
    let platforms = api.platforms();
    answer(call, &name, found, |function| platforms.of(platform).has(function))
}

/// What the vendor has found may be of a version of its extension that the table does not describe.
fn answer(call: &mut Call, name: &Input, found: bool, version: impl Fn(&str) -> Option<Version>) -> Outcome {
    let version = match of_an_extension(name).filter(|_| found) {
        Some(function) => version(function),
        None => found.then_some((0, 0, 0)),
    };
    call.reply(&Reply { found: version.is_some(), version: version.unwrap_or_default() })
}

/// The name of a function that belongs to an extension of the table.
fn of_an_extension(name: &Input) -> Option<&'static str> {
    let name = CStr::from_bytes_with_nul(name.bytes()?).ok()?.to_str().ok()?;
    API.extension_functions.iter().map(|(function, _)| *function).find(|function| *function == name)
}
