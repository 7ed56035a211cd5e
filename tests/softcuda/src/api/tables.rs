//! `cuGetExportTable`: tables of functions without names, which NVIDIA's runtime asks its driver for.
#![allow(non_snake_case, reason = "the header's names")]

use std::ffi::c_void;
use std::sync::Arc;

use ava_cuda_runtime::{self as runtime, Destructor, Driver};

use super::entry::{entries, unchecked};
use super::values::{In, Out};
use crate::cuda::{CUuuid, Result, Status};
use crate::device::context::{self, Context};
use crate::device::profile::{self, devices};

entries! { unchecked;
    /// A table by its UUID; `INVALID_VALUE` for an unknown one.
    fn cuGetExportTable(place: Out<*const c_void>, id: In<CUuuid>) {
        let table = runtime::table::<Device>(id.get()?.bytes);
        place.set(table.unwrap_or(std::ptr::null()))?;
        table.map(drop).ok_or(Status::INVALID_VALUE)
    }
}

/// The software device's driver, as the runtime sees it.
struct Device;

impl Driver for Device {
    fn version() -> runtime::Result<u32> {
        Ok(profile::VERSION as u32)
    }

    fn devices() -> runtime::Result<Vec<runtime::Device>> {
        let facts = |device: &profile::Device| {
            let (domain, bus, slot) = device.pci();
            runtime::Device { uuid: device.uuid().bytes, pci: [domain, bus, slot] }
        };
        Ok(devices().iter().map(facts).collect())
    }

    fn retain_primary(device: i32) -> runtime::Result<usize> {
        context::retain_primary(device).map_err(number)
    }

    fn current() -> runtime::Result<usize> {
        Ok(context::current_handle())
    }

    fn store(handle: usize, key: usize, value: usize, destructor: Option<Destructor>) -> runtime::Result<()> {
        named(handle)?.store(key, value, destructor);
        Ok(())
    }

    fn unstore(handle: usize, key: usize) -> runtime::Result<()> {
        named(handle)?.unstore(key).map(drop).ok_or(runtime::INVALID_HANDLE)
    }

    fn stored(handle: usize, key: usize) -> runtime::Result<usize> {
        named(handle)?.stored(key).ok_or(runtime::INVALID_HANDLE)
    }

    fn identity(handle: usize) -> runtime::Result<u64> {
        Ok(named(handle)?.id)
    }

    fn run(function: &'static str, body: impl FnOnce() -> runtime::Result<()>) -> runtime::Status {
        unchecked(function, || body().map_err(Status))
    }
}

fn named(handle: usize) -> runtime::Result<Arc<Context>> {
    let found: Result<_> = if handle == 0 { context::current() } else { context::find(handle) };
    found.map_err(number)
}

fn number(status: Status) -> runtime::Status {
    status.0
}
