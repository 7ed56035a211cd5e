//! `clSetKernelArg`: an argument of 8 bytes may be a handle or just 8 bytes, and the kernel knows which. The shim says
//! what it would be as a handle; the worker asks the vendor about the argument.

#![allow(non_snake_case)]

use std::ffi::c_void;
use std::sync::atomic::{AtomicU64, Ordering};

use ava_protocol::layout::Rows;
use ava_protocol::opencl::custom::ArchivedStatus;
use ava_protocol::opencl::custom::clSetKernelArg::Request;
use ava_protocol::opencl::{kind, opcode};
use dashmap::DashMap;

use crate::base::fault::Fault;
use crate::base::maps;
use crate::base::readable;
use crate::book::accepted::mix;
use crate::call::{Call, Wake};
use crate::session::Session;

/// Longest value that is read on the program's word; a longer one is no argument of any device, and the vendor refuses
/// the size without looking at the value.
const LONGEST: usize = 1 << 20;
/// Arguments of a kernel that are kept apart. A kernel with more waits for every answer about the others.
const KEPT: usize = 32;

/// What kernels' arguments were last set to, as far as a launch's success may depend on it: the object, or the size of
/// local memory.
pub struct Arguments {
    set: DashMap<u64, [AtomicU64; KEPT]>,
    others: AtomicU64,
}

impl Default for Arguments {
    fn default() -> Self {
        Self { set: maps::busy(), others: AtomicU64::new(0) }
    }
}

impl Arguments {
    /// The session is lost.
    pub fn give_up(&self) {
        self.set.clear();
        self.set.shrink_to_fit();
    }

    /// The argument of a kernel was set. The difference that this makes to the kernel's state.
    fn set(&self, session: &Session, kernel: u64, index: u32, meaning: u64) -> u64 {
        if index as usize >= KEPT {
            // Never the same again.
            return mix(self.others.fetch_add(1, Ordering::Relaxed), index.into());
        }
        let swap = |set: &[AtomicU64; KEPT]| set[index as usize].swap(meaning, Ordering::Relaxed) ^ meaning;
        if let Some(set) = self.set.get(&kernel) {
            return swap(&set);
        }
        if !session.handles.mark_remembered(kernel) {
            return meaning;
        }
        swap(&self.set.entry(kernel).or_default())
    }

    /// The object is gone.
    pub fn forget(&self, kernel: u64) {
        self.set.remove(&kernel);
    }
}

pub unsafe fn clSetKernelArg(
    kernel: *mut c_void,
    arg_index: u32,
    arg_size: usize,
    arg_value: *const c_void,
) -> Result<i32, Fault> {
    let mut call = Call::begin(super::session()?, opcode::clSetKernelArg);
    let session = call.session;
    let rows = (arg_size <= LONGEST).then(|| Rows::flat(Some(arg_size as u64))).flatten();
    let (mut object, mut object_kind, mut class) = (0, 0, 0);
    let mut is_zero = false;
    // SAFETY: the program passed a value of this size.
    let value = || unsafe { readable::number(arg_value.cast::<*mut c_void>()) };
    if arg_size == size_of::<*mut c_void>()
        && let Some(value) = value()
    {
        if let Some(found) = session.handles.any(value) {
            (object, object_kind, class) = (found.id, found.kind, found.class);
            call.uses(value, found.kind);
        } else {
            call.missed(value);
            is_zero = value.is_null();
        }
    }
    let id = call.handle(kernel, kind::cl_kernel);
    let request = Request {
        kernel: id,
        arg_index,
        arg_size: arg_size as u64,
        // SAFETY: as above.
        arg_value: unsafe { call.bytes(arg_value, rows, false)? },
        object,
        kind: object_kind,
    };
    // What the argument is does not depend on the others. A handle of 0 is a value where another that is none is not, and
    // objects of two kinds may have the same class.
    let nothing = u64::from(arg_value.is_null()) | u64::from(is_zero) << 1;
    let meaning = [arg_index.into(), arg_size as u64, nothing, class, object_kind.into()].into_iter().fold(1, mix);
    call.combine_only(id, meaning);
    let is_set =
        || session.handles.change_state(kernel, super::state(session).arguments.set(session, id, arg_index, meaning));
    if call.is_known() {
        call.post(&request, Wake::Later)?;
        is_set();
        return Ok(0);
    }
    let status = call.transact(&request, |reply: &ArchivedStatus, _| {
        let status = reply.ret.to_native();
        (status == 0, status)
    });
    if status == Ok(0) {
        is_set();
    }
    status
}
