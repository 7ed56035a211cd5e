//! `clBuildProgram` and `clCompileProgram`: what sources include is read here, in the program's own file system and
//! with its rights, and crosses as text.

#![allow(non_snake_case)]

use std::ffi::{CStr, c_char, c_void};

use ava_protocol::opencl::custom::ArchivedStatus;
use ava_protocol::opencl::custom::build::{Headers, Request};
use ava_protocol::opencl::{kind, opcode};
use ava_protocol::wire::{Data, Texts};
use rkyv::rancor::Failure;

use super::state::{SLOT, State};
use super::{include, sources};
use ava_protocol::upcall::Life;

use crate::api::generated::opencl::signature;
use crate::base::fault::Fault;
use crate::base::readable;
use crate::call::Call;
use crate::session::ApiSession;

type Notify = Option<unsafe extern "C" fn(*mut c_void, *mut c_void)>;

#[allow(clippy::too_many_arguments)]
pub unsafe fn clBuildProgram(
    program: *mut c_void,
    num_devices: u32,
    device_list: *const *mut c_void,
    options: *const c_char,
    pfn_notify: Notify,
    user_data: *mut c_void,
) -> Result<i32, Fault> {
    let at = SLOT.current()?;
    let mut call = Call::begin(at, opcode::clBuildProgram);
    // SAFETY: the program vouches for its pointers.
    unsafe {
        let program_id = call.handle(program, kind::cl_program);
        let request = Request {
            program: program_id,
            num_devices,
            device_list: call.handles(device_list.cast(), Some(num_devices.into()), kind::cl_device_id)?,
            options: call.text(options)?,
            headers: headers(at, &mut call, &[program], options)?,
            num_input_headers: 0,
            input_headers: Data::Null,
            header_include_names: Texts { null: true, items: Vec::new(), more: Data::Null },
            pfn_notify: notify(&mut call, pfn_notify, user_data, signature::clBuildProgram, (program_id, program))?,
            user_data: !user_data.is_null(),
        };
        send(&mut call, &request)
    }
}

#[allow(clippy::too_many_arguments)]
pub unsafe fn clCompileProgram(
    program: *mut c_void,
    num_devices: u32,
    device_list: *const *mut c_void,
    options: *const c_char,
    num_input_headers: u32,
    input_headers: *const *mut c_void,
    header_include_names: *const *const c_char,
    pfn_notify: Notify,
    user_data: *mut c_void,
) -> Result<i32, Fault> {
    let at = SLOT.current()?;
    let mut call = Call::begin(at, opcode::clCompileProgram);
    let count = Some(u64::from(num_input_headers));
    let mut programs = vec![program];
    let len = (num_input_headers as usize).saturating_mul(size_of::<*mut c_void>());
    if !input_headers.is_null() && readable::is_readable(input_headers.cast(), len) {
        // SAFETY: the program passed as many handles.
        programs.extend_from_slice(unsafe { std::slice::from_raw_parts(input_headers, num_input_headers as usize) });
    }
    // SAFETY: the program vouches for its pointers.
    unsafe {
        let program_id = call.handle(program, kind::cl_program);
        let request = Request {
            program: program_id,
            num_devices,
            device_list: call.handles(device_list.cast(), Some(num_devices.into()), kind::cl_device_id)?,
            options: call.text(options)?,
            headers: headers(at, &mut call, &programs, options)?,
            num_input_headers,
            input_headers: call.handles(input_headers.cast(), count, kind::cl_program)?,
            header_include_names: call.texts(header_include_names, count, std::ptr::null(), false)?,
            pfn_notify: notify(&mut call, pfn_notify, user_data, signature::clCompileProgram, (program_id, program))?,
            user_data: !user_data.is_null(),
        };
        send(&mut call, &request)
    }
}

fn notify(
    call: &mut Call,
    function: Notify,
    user_data: *mut c_void,
    signature: u32,
    about: (u64, *mut c_void),
) -> Result<u64, Fault> {
    call.callback(function.map(|f| f as usize), user_data as usize, signature, Life::Call, &[about])
}

fn send(call: &mut Call, request: &Request<'_>) -> Result<i32, Fault> {
    // A build that fails calls back all the same, so the registration stays whatever the status: the worker says
    // by the sign of `CL_INVALID_…` values whether a build began.
    // What kernels print is to be out without a further call. Where no thread can be started it comes with the next.
    let _ = call.session.listen();
    call.transact(request, |reply: &ArchivedStatus, _| {
        let status = reply.ret.to_native();
        (status > FIRST_INVALID, status)
    })
}

/// `CL_INVALID_VALUE`: this status and those below it say that the call was refused before anything was built.
const FIRST_INVALID: i32 = -30;

/// The files that these programs' sources include, for the request.
unsafe fn headers<'a>(
    at: &ApiSession<State>,
    call: &mut Call,
    programs: &[*mut c_void],
    options: *const c_char,
) -> Result<Data<'a>, Fault> {
    let options = if options.is_null() {
        &[]
    } else {
        // SAFETY: the program vouches for its options.
        unsafe { readable::text(options) }.map_or(&[][..], CStr::to_bytes)
    };
    let texts = programs.iter().map(|program| sources::text(*program)).collect::<Result<Vec<_>, Fault>>()?;
    let mut headers = include::collect(&texts, options);
    if headers == Headers::default() {
        return Ok(Data::Null);
    }
    headers.from_root |= programs.iter().any(|program| sources::is_changed(at, *program));
    let bytes = rkyv::to_bytes::<Failure>(&headers).map_err(|_| Fault::Exhausted)?;
    call.owned(bytes.to_vec())
}
