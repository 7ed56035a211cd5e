//! Lists of processes. The vendor's have the workers of all users; the program's have the program alone, by its own number, on devices
//! on which it has a CUDA context. So nothing of a list crosses.

#![allow(non_snake_case)]

use std::ffi::{c_char, c_void};

use ava_protocol::nvml::c::{nvmlProcessInfo_v1_t, nvmlProcessInfo_v2_t};
use ava_protocol::nvml::constant::{
    NVML_ERROR_INSUFFICIENT_SIZE, NVML_ERROR_INVALID_ARGUMENT, NVML_ERROR_NO_PERMISSION,
};
use ava_protocol::nvml::kind;

use super::state::initialized;
use crate::api::cuda;
use crate::api::generated::nvml::marshal;
use crate::base::fault::Fault;

/// What the library says of memory that it cannot tell (`NVML_VALUE_NOT_AVAILABLE`), and of a process that is in no part of a device.
const NOT_AVAILABLE: u64 = u64::MAX;
const NO_PART: u32 = u32::MAX;

/// The longest UUID (`NVML_DEVICE_UUID_V2_BUFFER_SIZE`).
const UUID: usize = 96;

/// A list in which the program is, if it uses the device.
macro_rules! computing {
    ($($name:ident: $info:ty = $own:ident;)*) => {
        $(
            pub unsafe fn $name(device: *mut c_void, count: *mut u32, infos: *mut $info) -> Result<u32, Fault> {
                // SAFETY: by the caller's promise.
                unsafe { store(count, infos, own(device)?.map($own)) }
            }
        )*
    };
}

computing! {
    nvmlDeviceGetComputeRunningProcesses: nvmlProcessInfo_v1_t = first;
    nvmlDeviceGetComputeRunningProcesses_v2: nvmlProcessInfo_v2_t = second;
    nvmlDeviceGetComputeRunningProcesses_v3: nvmlProcessInfo_v2_t = second;
}

/// A list in which it never is: no API here draws.
macro_rules! drawing {
    ($($name:ident: $info:ty;)*) => {
        $(
            pub unsafe fn $name(device: *mut c_void, count: *mut u32, infos: *mut $info) -> Result<u32, Fault> {
                check(device)?;
                // SAFETY: by the caller's promise.
                unsafe { store(count, infos, None) }
            }
        )*
    };
}

drawing! {
    nvmlDeviceGetGraphicsRunningProcesses: nvmlProcessInfo_v1_t;
    nvmlDeviceGetGraphicsRunningProcesses_v2: nvmlProcessInfo_v2_t;
    nvmlDeviceGetGraphicsRunningProcesses_v3: nvmlProcessInfo_v2_t;
}

fn first(memory: u64) -> nvmlProcessInfo_v1_t {
    nvmlProcessInfo_v1_t { pid: std::process::id(), usedGpuMemory: memory }
}

fn second(memory: u64) -> nvmlProcessInfo_v2_t {
    let pid = std::process::id();
    nvmlProcessInfo_v2_t { pid, usedGpuMemory: memory, gpuInstanceId: NO_PART, computeInstanceId: NO_PART }
}

/// The name of the program, as much of it as there is room for. Those of others are not told.
pub unsafe fn nvmlSystemGetProcessName(pid: u32, name: *mut c_char, length: u32) -> Result<u32, Fault> {
    initialized()?;
    if name.is_null() || length == 0 {
        return Ok(NVML_ERROR_INVALID_ARGUMENT);
    }
    if pid != std::process::id() {
        return Ok(NVML_ERROR_NO_PERMISSION);
    }
    let command = std::fs::read("/proc/self/cmdline").unwrap_or_default();
    let text = command.split(|byte| *byte == 0).next().unwrap_or_default();
    let text = &text[..text.len().min(length as usize - 1)];
    // SAFETY: by the caller's promise there is so much room.
    unsafe {
        std::ptr::copy_nonoverlapping(text.as_ptr(), name.cast(), text.len());
        name.add(text.len()).write(0);
    }
    Ok(0)
}

/// The memory that the program has of a device; `None` if it has no context there.
fn own(device: *mut c_void) -> Result<Option<u64>, Fault> {
    check(device)?;
    let mut uuid = [0_u8; UUID];
    // SAFETY: so many bytes.
    let status = unsafe { marshal::nvmlDeviceGetUUID(device, uuid.as_mut_ptr().cast(), UUID as u32)? };
    if status != 0 {
        return Err(Fault::Status(status.into()));
    }
    let held = number(&uuid).and_then(cuda::held);
    Ok(held.map(|held| held.memory.unwrap_or(NOT_AVAILABLE)))
}

fn check(device: *mut c_void) -> Result<(), Fault> {
    let found = initialized()?.book.handles.find(device, kind::nvmlDevice_t);
    found.map(|_| ()).ok_or(Fault::Status(NVML_ERROR_INVALID_ARGUMENT.into()))
}

/// The number in a UUID as a text, `GPU-` or `MIG-` and then 32 digits and dashes.
fn number(text: &[u8]) -> Option<[u8; 16]> {
    let end = text.iter().position(|byte| *byte == 0)?;
    let (_, digits) = std::str::from_utf8(&text[..end]).ok()?.split_once('-')?;
    let digits = u128::from_str_radix(&digits.replace('-', ""), 16).ok()?;
    Some(digits.to_be_bytes())
}

/// Stores a list of one or none: how many there are, and as many as there is room for all.
///
/// # Safety
/// `count` is null or leads to a number, and `infos` to as many places if it is not null.
unsafe fn store<T>(count: *mut u32, infos: *mut T, one: Option<T>) -> Result<u32, Fault> {
    if count.is_null() {
        return Ok(NVML_ERROR_INVALID_ARGUMENT);
    }
    // SAFETY: by the caller's promise.
    unsafe {
        let room = count.read();
        if room > 0 && infos.is_null() {
            return Ok(NVML_ERROR_INVALID_ARGUMENT);
        }
        count.write(one.is_some().into());
        match one {
            Some(_) if room == 0 => return Ok(NVML_ERROR_INSUFFICIENT_SIZE),
            Some(one) => infos.write(one),
            None => {}
        }
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_a_number() {
        let all = *b"\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd\xef";
        assert_eq!(number(b"GPU-01234567-89ab-cdef-0123-456789abcdef\0\0"), Some(all));
        assert_eq!(number(b"MIG-01234567-89ab-cdef-0123-456789ABCDEF\0"), Some(all));
        assert_eq!((number(b"GPU-xyz\0"), number(b"GPU\0"), number(b"GPU-12")), (None, None, None));
        assert_eq!(number(b"MIG-GPU-01234567-89ab-cdef-0123-456789abcdef/1/0\0"), None);
    }

    #[test]
    fn a_list_says_how_many_there_are() {
        let store = |room: u32, place: bool, one: Option<u64>| {
            let (mut count, mut at) = (room, 7_u64);
            let infos = if place { &raw mut at } else { std::ptr::null_mut() };
            // SAFETY: places for a number and an element.
            let status = unsafe { store(&raw mut count, infos, one) }.unwrap();
            (status, count, at)
        };
        assert_eq!(store(0, false, Some(5)), (NVML_ERROR_INSUFFICIENT_SIZE, 1, 7));
        assert_eq!(store(0, true, Some(5)), (NVML_ERROR_INSUFFICIENT_SIZE, 1, 7));
        assert_eq!(store(3, true, Some(5)), (0, 1, 5));
        assert_eq!(store(3, false, Some(5)), (NVML_ERROR_INVALID_ARGUMENT, 3, 7));
        assert_eq!((store(0, false, None), store(3, true, None)), ((0, 0, 7), (0, 0, 7)));
        // SAFETY: null is refused.
        let status = unsafe { super::store::<u64>(std::ptr::null_mut(), std::ptr::null_mut(), None) };
        assert_eq!(status, Ok(NVML_ERROR_INVALID_ARGUMENT));
    }
}
