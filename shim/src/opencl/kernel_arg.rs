//! `clSetKernelArg`: an argument of 8 bytes may be a handle or just 8 bytes, and the kernel knows which. The shim says
//! what it would be as a handle; the worker asks the vendor about the argument.

#![allow(non_snake_case)]

use std::ffi::c_void;

use ava_protocol::layout::Rows;
use ava_protocol::opencl::custom::ArchivedStatus;
use ava_protocol::opencl::custom::clSetKernelArg::Request;
use ava_protocol::opencl::{kind, opcode};

use crate::call::Call;
use crate::fault::Fault;
use crate::session::Session;

/// Longest value that is read on the program's word; a longer one is no argument of any device, and the vendor refuses
/// the size without looking at the value.
const LONGEST: usize = 1 << 20;

pub unsafe fn clSetKernelArg(
    kernel: *mut c_void,
    arg_index: u32,
    arg_size: usize,
    arg_value: *const c_void,
) -> Result<i32, Fault> {
    let mut call = Call::begin(Session::current()?, opcode::clSetKernelArg);
    let rows = (arg_size <= LONGEST).then(|| Rows::flat(Some(arg_size as u64))).flatten();
    let (mut object, mut object_kind) = (0, 0);
    if arg_size == size_of::<*mut c_void>() && !arg_value.is_null() {
        // SAFETY: the program passed a value of this size.
        let value = unsafe { arg_value.cast::<*mut c_void>().read_unaligned() };
        if let Some((id, kind)) = call.session.handles.any(value) {
            (object, object_kind) = (id, kind);
        }
    }
    let request = Request {
        kernel: call.handle(kernel, kind::cl_kernel),
        arg_index,
        arg_size: arg_size as u64,
        // SAFETY: as above.
        arg_value: unsafe { call.bytes(arg_value, rows, false)? },
        object,
        kind: object_kind,
    };
    call.transact(&request, |reply: &ArchivedStatus, _| (true, reply.ret.to_native()))
}
