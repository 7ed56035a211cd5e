//! Who uses a device: others, as the environment says, and this process, as its CUDA library says.

use std::ffi::{c_int, c_uint, c_void};

use crate::devices::Device;

/// A process and the memory that it has of a device, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct Process {
    pub pid: u32,
    pub memory: u64,
}

/// All processes that use a device.
pub fn of(device: &Device) -> Vec<Process> {
    let own = own_memory(device.ordinal).map(|memory| Process { pid: std::process::id(), memory });
    own.into_iter().chain(others()).collect()
}

/// The bytes that are in use.
pub fn used(device: &Device) -> u64 {
    of(device).iter().map(|process| process.memory).sum::<u64>().min(ava_softgpu::memory())
}

/// `AVA_SOFTNVML_PROCESSES`.
fn others() -> Vec<Process> {
    let all = std::env::var("AVA_SOFTNVML_PROCESSES").unwrap_or_default();
    let one = |text: &str| {
        let (pid, memory) = text.split_once(':')?;
        Some(Process { pid: pid.trim().parse().ok()?, memory: memory.trim().parse().ok()? })
    };
    all.split(',').filter_map(one).collect()
}

/// What this process has, if it has a primary context.
fn own_memory(ordinal: u32) -> Option<u64> {
    // SAFETY: a name; only what is loaded is found.
    let cuda = unsafe { libc::dlopen(c"libcuda.so.1".as_ptr(), libc::RTLD_NOW | libc::RTLD_NOLOAD) };
    if cuda.is_null() {
        return None;
    }
    // SAFETY: the functions have the types of `cuda.h`, and each pointer leads to what it fills. The library stays loaded, as its
    // own threads do.
    unsafe {
        let state: extern "C" fn(c_int, *mut c_uint, *mut c_int) -> c_uint =
            function(cuda, c"cuDevicePrimaryCtxGetState")?;
        let (mut flags, mut active) = (0, 0);
        if state(ordinal as c_int, &raw mut flags, &raw mut active) != 0 || active == 0 {
            return None;
        }
        memory_in_use(cuda, ordinal)
    }
}

/// Asks in the primary context how much is in use.
///
/// # Safety
/// `cuda` is a CUDA library, and the device has a primary context.
unsafe fn memory_in_use(cuda: *mut c_void, ordinal: u32) -> Option<u64> {
    type Word = *mut c_void;
    // SAFETY: as above.
    unsafe {
        let retain: extern "C" fn(*mut Word, c_int) -> c_uint = function(cuda, c"cuDevicePrimaryCtxRetain")?;
        let push: extern "C" fn(Word) -> c_uint = function(cuda, c"cuCtxPushCurrent_v2")?;
        let ask: extern "C" fn(*mut usize, *mut usize) -> c_uint = function(cuda, c"cuMemGetInfo_v2")?;
        let pop: extern "C" fn(*mut Word) -> c_uint = function(cuda, c"cuCtxPopCurrent_v2")?;
        let release: extern "C" fn(c_int) -> c_uint = function(cuda, c"cuDevicePrimaryCtxRelease_v2")?;
        let (mut context, mut free, mut total) = (std::ptr::null_mut(), 0, 0);
        if retain(&raw mut context, ordinal as c_int) != 0 {
            return None;
        }
        let asked = push(context) == 0 && ask(&raw mut free, &raw mut total) == 0;
        pop(&raw mut context);
        release(ordinal as c_int);
        asked.then(|| total.saturating_sub(free) as u64)
    }
}

/// A function of a library.
///
/// # Safety
/// `library` is loaded, and F is the type of the function, as large as an address.
unsafe fn function<F: Copy>(library: *mut c_void, name: &std::ffi::CStr) -> Option<F> {
    // SAFETY: by the caller's promise.
    let found = unsafe { libc::dlsym(library, name.as_ptr()) };
    // SAFETY: as above.
    (!found.is_null()).then(|| unsafe { std::mem::transmute_copy(&found) })
}
