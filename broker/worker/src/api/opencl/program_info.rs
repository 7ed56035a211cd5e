//! `clGetProgramInfo(CL_PROGRAM_BINARIES)`: the binaries behind each other; the shim deals them out.

#![allow(non_snake_case)]

use ava_protocol::opencl::clGetProgramInfo::{ArchivedRequest, Reply};
use ava_protocol::opencl::constant::{CL_PROGRAM_BINARIES, CL_PROGRAM_BINARY_SIZES};
use ava_protocol::opencl::kind;

use super::state::State;
use crate::call::{Call, Outcome, Stop};
use crate::engine::query;
use crate::generated::opencl::serve;

pub fn clGetProgramInfo(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "clGetProgramInfo";
    let r = call.read::<ArchivedRequest>(body, NAME)?;
    let total = r.param_value_size.to_native();
    let mut value = call.output(&r.param_value, Some(total), 1, NAME)?;
    if r.param_name.to_native() != CL_PROGRAM_BINARIES || value.is_null() {
        return serve::clGetProgramInfo(api, call, body);
    }
    let info = api.vendor.clGetProgramInfo.ok_or(Stop::Missing(NAME))?;
    let program = call.handle(r.program.to_native(), kind::cl_program)?;
    let mut size_ret = call.output(&r.param_value_size_ret, Some(1), 8, NAME)?;
    let sizes = query::words(Some(info), program, CL_PROGRAM_BINARY_SIZES);
    let mut len = 0;
    // SAFETY: a live program or null, and memory of the size that is named.
    let mut ret = unsafe { info(program, CL_PROGRAM_BINARY_SIZES, 0, std::ptr::null_mut(), &raw mut len) };
    if ret == 0 {
        let mut binaries: Vec<Vec<u8>> = sizes.iter().map(|size| vec![0; *size]).collect();
        let mut pointers: Vec<*mut u8> = binaries
            .iter_mut()
            .map(|binary| if binary.is_empty() { std::ptr::null_mut() } else { binary.as_mut_ptr() })
            .collect();
        // SAFETY: as many pointers as there are devices, each null or to as many bytes as the vendor has said.
        ret = unsafe {
            let (size, place) = (size_of_val(&pointers[..]), pointers.as_mut_ptr().cast());
            info(program, CL_PROGRAM_BINARIES, size, place, &raw mut len)
        };
        let packed = binaries.concat();
        if ret == 0 && packed.len() as u64 <= total {
            value.set(&packed);
        }
        size_ret.set_scalar(len as u64);
    }
    let ok = ret == 0;
    call.reply(&Reply { ret, param_value: value.returned(None, ok), param_value_size_ret: size_ret.returned(None, ok) })
}
