//! `clSetKernelArg`: an argument of 8 bytes may be a handle or just 8 bytes, and the kernel knows which. The shim says
//! what it would be as a handle; the worker asks the vendor about the argument.

#![allow(non_snake_case)]

use std::ffi::c_void;

use ava_protocol::layout::Rows;
use ava_protocol::opencl::custom::ArchivedStatus;
use ava_protocol::opencl::custom::clSetKernelArg::Request;
use ava_protocol::opencl::{kind, opcode};

use super::state::SLOT;
use crate::base::fault::Fault;
use crate::base::readable;
use crate::book::accepted::mix;
use crate::call::{Call, Wake};

/// Longest value that is read on the program's word; a longer one is no argument of any device, and the vendor refuses
/// the size without looking at the value.
const LONGEST: usize = 1 << 20;

pub unsafe fn clSetKernelArg(
    kernel: *mut c_void,
    arg_index: u32,
    arg_size: usize,
    arg_value: *const c_void,
) -> Result<i32, Fault> {
    let at = SLOT.current()?;
    let mut call = Call::begin(at, opcode::clSetKernelArg);
    let session = call.session;
    let rows = (arg_size <= LONGEST).then(|| Rows::flat(Some(arg_size as u64))).flatten();
    let (mut object, mut object_kind, mut class) = (0, 0, 0);
    let mut is_zero = false;
    // SAFETY: the program passed a value of this size.
    let value = || unsafe { readable::number(arg_value.cast::<*mut c_void>()) };
    if arg_size == size_of::<*mut c_void>()
        && let Some(value) = value()
    {
        if let Some(found) = session.book.handles.any(value) {
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
    let is_set = || {
        session.book.handles.change_state(kernel, at.state.arguments.set(&session.book.handles, id, arg_index, meaning))
    };
    if call.is_accepted() {
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
