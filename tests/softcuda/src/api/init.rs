//! Initialisation, version, names of errors, profiler.
#![allow(non_snake_case, reason = "the header's names")]

use std::ffi::c_char;

use super::entry::entries;
use super::values::Out;
use crate::cuda::{Result, Status};
use crate::device::{process, profile};

entries! { unchecked;
    /// Initialises the driver; flags have to be 0.
    fn cuInit(flags: u32) {
        match flags {
            0 if profile::devices().is_empty() => Err(Status::NO_DEVICE),
            0 => process::initialize(),
            _ => Err(Status::INVALID_VALUE),
        }
    }

    /// The version of the driver API.
    fn cuDriverGetVersion(version: Out<i32>) {
        version.set(profile::VERSION)
    }

    /// The name of an error; null and `INVALID_VALUE` for an unknown one.
    fn cuGetErrorName(error: u32, name: Out<*const c_char>) {
        text(name, Status::texts(error).map(|(name, _)| name.as_ptr()))
    }

    /// The description of an error; null and `INVALID_VALUE` for an unknown one.
    fn cuGetErrorString(error: u32, description: Out<*const c_char>) {
        text(description, Status::texts(error).map(|(_, text)| text.as_ptr()))
    }

    /// Deprecated; nothing profiles.
    fn cuProfilerInitialize(_config: usize, _output: usize, _mode: u32) {
        Ok(())
    }

    /// Nothing profiles.
    fn cuProfilerStart() {
        Ok(())
    }

    /// Nothing profiles.
    fn cuProfilerStop() {
        Ok(())
    }
}

fn text(place: Out<*const c_char>, text: Option<*const c_char>) -> Result {
    place.set(text.unwrap_or(std::ptr::null()))?;
    text.map(drop).ok_or(Status::INVALID_VALUE)
}
