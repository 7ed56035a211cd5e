//! Functions: attributes and parameters.
#![allow(non_snake_case, reason = "the header's names")]

use std::ffi::c_char;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::entry::entries;
use super::values::Out;
use crate::cuda::{CUfunction, CUmodule, Result, Status};
use crate::device::context;
use crate::device::module::{Function, Settings, function};
use crate::device::profile::{REGISTERS, SHARED_PER_BLOCK_OPTIN, TARGET, THREADS_PER_BLOCK, WARP};
use crate::engine;

entries! { checked;
    fn cuFuncGetAttribute(value: Out<i32>, number: u32, handle: CUfunction) {
        value.check()?;
        let function = named(handle)?;
        value.set(attribute(&function, &function.settings, number)?)
    }

    fn cuFuncSetAttribute(handle: CUfunction, number: u32, value: i32) {
        let function = named(handle)?;
        set_attribute(&function, &function.settings, number, value)
    }

    /// Caches are not modelled.
    fn cuFuncSetCacheConfig(handle: CUfunction, config: u32) {
        named(handle)?;
        if config > 3 { Err(Status::INVALID_VALUE) } else { Ok(()) }
    }

    /// Deprecated; banks are not modelled.
    fn cuFuncSetSharedMemConfig(handle: CUfunction, config: u32) {
        named(handle)?;
        if config > 2 { Err(Status::INVALID_VALUE) } else { Ok(()) }
    }

    fn cuFuncGetModule(place: Out<CUmodule>, handle: CUfunction) {
        place.set(named(handle)?.module)
    }

    fn cuFuncGetName(place: Out<*const c_char>, handle: CUfunction) {
        place.check()?;
        // A kernel's function lives as long as its module, and so does the name.
        place.set(named(handle)?.name.as_ptr())
    }

    fn cuFuncGetParamInfo(handle: CUfunction, index: usize, offset: Out<usize>, size: Out<usize>) {
        write_parameter(&named(handle)?.parameters, index, offset, size)
    }

    /// `CU_FUNCTION_LOADING_STATE_LOADED`: compiling is a matter of this device alone.
    fn cuFuncIsLoaded(state: Out<u32>, handle: CUfunction) {
        named(handle)?;
        state.set(1)
    }

    fn cuFuncLoad(handle: CUfunction) {
        named(handle)?.kernel().map(drop)
    }
}

/// A function of the current context, by its handle or by that of a kernel.
pub fn named(handle: CUfunction) -> Result<Arc<Function>> {
    function(handle, context::usable()?.owner())
}

/// Where a parameter is, and how large; `INVALID_VALUE` if there are not so many.
pub fn write_parameter(all: &[engine::Parameter], index: usize, offset: Out<usize>, size: Out<usize>) -> Result {
    let parameter = all.get(index).ok_or(Status::INVALID_VALUE)?;
    offset.set(parameter.offset)?;
    size.set_if(parameter.size);
    Ok(())
}

/// An attribute of a function (`CUfunction_attribute`).
pub fn attribute(function: &Function, settings: &Settings, number: u32) -> Result<i32> {
    let kernel = function.kernel()?;
    Ok(match number {
        0 => most_threads(kernel) as i32,
        1 => kernel.static_shared as i32,
        2 => 0,
        3 => kernel.local as i32,
        4 => kernel.registers.min(255) as i32,
        5 => kernel.target as i32,
        6 => TARGET as i32,
        7 => 0,
        8 => settings.dynamic_shared(kernel.static_shared) as i32,
        9 => settings.carveout.load(Ordering::Relaxed),
        10..=15 => 0,
        _ => return Err(Status::INVALID_VALUE),
    })
}

/// Sets an attribute; `INVALID_VALUE` for those that are the kernel's own, and for what the device does not have.
pub fn set_attribute(function: &Function, settings: &Settings, number: u32, value: i32) -> Result {
    let room = SHARED_PER_BLOCK_OPTIN.saturating_sub(function.kernel()?.static_shared);
    match number {
        8 if usize::try_from(value).is_ok_and(|value| value <= room) => {
            settings.dynamic_shared.store(value, Ordering::Relaxed);
        }
        9 if (-1..=100).contains(&value) => settings.carveout.store(value, Ordering::Relaxed),
        _ => return Err(Status::INVALID_VALUE),
    }
    Ok(())
}

/// The most threads of a block of a kernel: what its source says, and what registers there are.
pub fn most_threads(kernel: &engine::Kernel) -> u32 {
    let by_registers = REGISTERS / (kernel.registers.clamp(1, 255).next_multiple_of(8) * WARP) * WARP;
    kernel.max_threads.min(THREADS_PER_BLOCK).min(by_registers)
}
