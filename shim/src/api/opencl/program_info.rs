//! `clGetProgramInfo`: for `CL_PROGRAM_BINARIES` the program passes an array of pointers to be filled, and a source may be
//! another than the vendor's.

#![allow(non_snake_case)]

use std::ffi::c_void;

use ava_protocol::layout::Rows;
use ava_protocol::opencl::clGetProgramInfo::{ArchivedReply, Request};
use ava_protocol::opencl::constant::{CL_PROGRAM_BINARIES, CL_PROGRAM_BINARY_SIZES, CL_PROGRAM_SOURCE};
use ava_protocol::opencl::{kind, opcode};
use ava_protocol::wire::Place;

use super::state::SLOT;
use crate::api::generated::opencl::marshal;
use crate::base::fault::Fault;
use crate::call::Call;
use crate::engine::files::Source;

pub unsafe fn clGetProgramInfo(
    program: *mut c_void,
    param_name: u32,
    param_value_size: usize,
    param_value: *mut c_void,
    param_value_size_ret: *mut usize,
) -> Result<i32, Fault> {
    if param_name == CL_PROGRAM_SOURCE {
        // SAFETY: the program vouches for its pointers.
        let answer = unsafe { super::sources::answer(program, param_value_size, param_value, param_value_size_ret)? };
        if let Some(status) = answer {
            return Ok(status);
        }
    }
    let count = param_value_size / size_of::<*mut c_void>();
    if param_name != CL_PROGRAM_BINARIES || param_value.is_null() || count == 0 {
        // Where nothing is filled the vendor's answer is right as it is.
        // SAFETY: the program vouches for its pointers.
        return unsafe {
            marshal::clGetProgramInfo(program, param_name, param_value_size, param_value, param_value_size_ret)
        };
    }
    let (status, sizes) = sizes(program)?;
    if status != 0 {
        return Ok(status);
    }
    let total: usize = sizes.iter().sum();
    let mut call = Call::begin(SLOT.current()?, opcode::clGetProgramInfo);
    let mut packed = vec![0_u8; total.max(1)];
    let rows = Rows::flat(Some(total as u64));
    let room = call.place(packed.as_mut_ptr().cast(), rows, false)?;
    // SAFETY: the program vouches for its pointers.
    let size_ret = unsafe { call.scalar_place(param_value_size_ret) };
    let request = Request {
        program: call.handle(program, kind::cl_program),
        param_name,
        param_value_size: total as u64,
        param_value: room.place,
        param_value_size_ret: match size_ret.place {
            Place::Null => Place::Scalar(0),
            place => place,
        },
    };
    // SAFETY: `packed` has room for all binaries; the program's array holds `count` pointers, each null or to as many
    // bytes as `CL_PROGRAM_BINARY_SIZES` says.
    unsafe {
        let status = call.transact(&request, |reply: &ArchivedReply, call| {
            let status = reply.ret.to_native();
            if status == 0 {
                call.put(packed.as_mut_ptr().cast(), &room, &reply.param_value, rows);
                call.put(param_value_size_ret.cast(), &size_ret, &reply.param_value_size_ret, None);
            }
            (status == 0, status)
        })?;
        if status == 0 {
            let mut at = 0;
            for (i, size) in sizes.iter().enumerate().take(count) {
                let target = param_value.cast::<*mut u8>().add(i).read();
                if !target.is_null() {
                    std::ptr::copy_nonoverlapping(packed.as_ptr().add(at), target, *size);
                }
                at += size;
            }
        }
        Ok(status)
    }
}

/// The status and value of `CL_PROGRAM_BINARY_SIZES`.
fn sizes(program: *mut c_void) -> Result<(i32, Vec<usize>), Fault> {
    let name = CL_PROGRAM_BINARY_SIZES;
    let mut len = 0;
    // SAFETY: memory of the sizes that are named.
    unsafe {
        let status = marshal::clGetProgramInfo(program, name, 0, std::ptr::null_mut(), &raw mut len)?;
        let mut sizes = vec![0_usize; len / size_of::<usize>()];
        if status != 0 {
            return Ok((status, sizes));
        }
        let status = marshal::clGetProgramInfo(program, name, len, sizes.as_mut_ptr().cast(), std::ptr::null_mut())?;
        Ok((status, sizes))
    }
}

/// A program's source as it was passed; empty for one that has none.
pub fn source(program: *mut c_void) -> Result<Source, Fault> {
    let name = CL_PROGRAM_SOURCE;
    let is_changed = super::sources::original(SLOT.current()?, program).is_some();
    let mut len = 0;
    // SAFETY: memory of the sizes that are named.
    unsafe {
        if clGetProgramInfo(program, name, 0, std::ptr::null_mut(), &raw mut len)? != 0 || len == 0 {
            return Ok(Source::default());
        }
        let mut text = vec![0_u8; len];
        if clGetProgramInfo(program, name, len, text.as_mut_ptr().cast(), std::ptr::null_mut())? != 0 {
            return Ok(Source::default());
        }
        text.truncate(len - 1);
        Ok(Source { text, is_changed })
    }
}
