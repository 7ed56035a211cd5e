//! What is remembered of a session with CUDA.

use std::ffi::{CStr, c_void};

use ava_protocol::cuda::kind;

use super::contexts::Contexts;
use super::links::Links;
use crate::generated::cuda::Vendor;
use crate::hooks::{Done, Hooks};
use crate::state::marks::Marks;

/// The table's type of addresses of devices.
pub const ADDRESS: &str = "CUdeviceptr";
/// Addresses of pinned memory of the host, which the table has no type of.
pub const PINNED: &str = "pinned";
/// Its type of memory without an address.
pub const HANDLE: &str = "CUmemGenericAllocationHandle";

/// A session with CUDA.
pub struct State {
    pub vendor: Vendor,
    pub links: Links,
    pub contexts: Contexts,
}

impl State {
    /// A session on these functions.
    pub fn of(vendor: Vendor) -> Self {
        Self { vendor, links: Links::default(), contexts: Contexts::default() }
    }
}

impl Hooks for State {
    /// Streams go on when a call has returned, and a driver says of none of their commands whether it runs.
    fn ends_with_calls(&self) -> bool {
        false
    }

    fn kernel_name(&self, kind: u16, kernel: *mut c_void) -> Option<String> {
        // Drivers of before CUDA 12.3 have neither.
        let ask = match kind {
            kind::CUfunction => self.vendor.cuFuncGetName,
            kind::CUkernel => self.vendor.cuKernelGetName,
            _ => None,
        };
        let mut name = std::ptr::null();
        // SAFETY: a live object of the kind that is asked about, and a place for an address.
        let status = unsafe { ask?(&raw mut name, kernel) };
        // SAFETY: the driver keeps the text as long as the object.
        (status == 0 && !name.is_null()).then(|| unsafe { CStr::from_ptr(name) }.to_string_lossy().into_owned())
    }

    fn marks(&self) -> &dyn Marks {
        self
    }

    fn takes(&self, kind: u16, object: *mut c_void) -> u64 {
        match kind {
            _ if object.is_null() => 0,
            kind::CUarray => self.array_size(object),
            kind::CUmipmappedArray => self.levels_size(object),
            _ => 0,
        }
    }

    fn is_there(&self, of: &str, number: u64) -> bool {
        // A handle of memory ends by itself alone.
        of == HANDLE || self.knows_memory(number)
    }

    fn destroy(&self, kind: u16, object: *mut c_void) {
        let destroy = match kind {
            kind::CUarray => self.vendor.cuArrayDestroy,
            kind::CUmipmappedArray => self.vendor.cuMipmappedArrayDestroy,
            _ => None,
        };
        if let Some(destroy) = destroy {
            // SAFETY: an array that the driver has just made.
            unsafe { destroy(object.cast()) };
        }
    }

    fn undo(&self, of: &str, number: u64) {
        if let (ADDRESS, Some(free)) = (of, self.vendor.cuMemFree_v2) {
            // SAFETY: memory that the driver has just given.
            unsafe { free(number) };
        }
    }

    fn tell_when_done(&self, kind: u16, object: *mut c_void, tell: Done, word: *mut c_void) -> bool {
        self.watch(kind, object, tell, word)
    }

    fn forget(&self, id: u64) {
        self.links.forget(id);
    }

    fn version(&self) -> Option<String> {
        let mut version = 0;
        // SAFETY: a place for a number.
        let status = unsafe { self.vendor.cuDriverGetVersion?(&raw mut version) };
        (status == 0).then(|| format!("CUDA {}.{}", version / 1000, version % 1000 / 10))
    }
}
