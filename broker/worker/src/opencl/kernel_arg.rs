//! `clSetKernelArg`: whether 8 bytes are a handle or just bytes, the kernel knows. Where the vendor cannot say (programs
//! from binaries or IL without argument information), what it makes of a null pointer tells a buffer from bytes, and the
//! shim's registry of handles decides the rest.

#![allow(non_snake_case)]

use std::collections::HashMap;
use std::ffi::c_void;

use ava_protocol::frame::Malformed;
use ava_protocol::layout::Rows;
use ava_protocol::opencl::constant::{
    CL_INVALID_MEM_OBJECT, CL_KERNEL_ARG_ADDRESS_PRIVATE, CL_KERNEL_ARG_ADDRESS_QUALIFIER, CL_KERNEL_ARG_TYPE_NAME,
};
use ava_protocol::opencl::custom::Status;
use ava_protocol::opencl::custom::clSetKernelArg::ArchivedRequest;
use ava_protocol::opencl::{API, kind};
use ava_protocol::wire::ArchivedData;
use dashmap::DashMap;

use crate::call::{Call, Outcome, Stop};
use crate::generated::opencl::Vendor;
use crate::memory::{Input, Private, Source};

/// What is known of kernels' arguments, by kernel and index.
pub type Arguments = DashMap<u64, HashMap<u32, Argument>>;
/// Most arguments of one kernel that anything is remembered of.
const MOST: usize = 1024;
/// Longest value that a shim sends; beyond, the address is none.
const LONGEST: usize = 1 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    /// A memory object, a sampler, a queue: its handle.
    Object,
    Plain,
    Unknown,
}

pub fn clSetKernelArg(call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "clSetKernelArg";
    let r = call.read::<ArchivedRequest>(body, NAME)?;
    let set = super::vendor(call.session).clSetKernelArg.ok_or(Stop::Missing(NAME))?;
    let kernel = call.handle(r.kernel.to_native(), kind::cl_kernel)?;
    let (index, size) = (r.arg_index.to_native(), r.arg_size.to_native() as usize);
    let rows = match &r.arg_value {
        ArchivedData::Unread if size <= LONGEST => return Err(Malformed::Body(NAME).into()),
        ArchivedData::Null | ArchivedData::Unread => None,
        _ => Rows::flat(Some(size as u64)),
    };
    let mut value = call.input(&r.arg_value, rows, false, NAME)?;
    if let Some(word) = value.bytes().and_then(|bytes| <[u8; 8]>::try_from(bytes).ok())
        && word != [0; 8]
        && !kernel.is_null()
    {
        let object = r.object.to_native();
        let mut known = argument(call, (r.kernel.to_native(), index), kernel);
        if known == Argument::Unknown && object != 0 {
            known = probe(call, kernel, index, object)?;
        }
        if known == Argument::Object {
            value = pointer(call, object, r.kind.to_native())?;
        }
    }
    // SAFETY: a live kernel or null, and a value of `size` bytes or null. A value beyond every size is an address that
    // the vendor does not look at, since the size is no argument's.
    let ret = unsafe { set(kernel, index, size, value.as_ptr()) };
    if call.is_oneway() {
        return call.settle(ret == 0, ret.into());
    }
    call.reply(&Status { ret })
}

/// Tells a buffer from 8 bytes of which the program's handle happens to be the value: a null pointer is a value for a
/// buffer only (OpenCL 3.0, 5.9.2). The argument is about to be set, so nothing is lost.
fn probe(call: &Call<'_>, kernel: *mut c_void, index: u32, object: u64) -> Result<Argument, Stop> {
    let Some(set) = super::vendor(call.session).clSetKernelArg else {
        return Ok(Argument::Object);
    };
    if !super::is_buffer(call.session, object) {
        return Ok(Argument::Object);
    }
    // SAFETY: a live kernel, and no value to be looked at.
    let taken = unsafe { set(kernel, index, size_of::<*mut c_void>(), std::ptr::null()) } == 0;
    Ok(if taken { Argument::Object } else { Argument::Plain })
}

/// The vendor's pointer as the argument's value.
fn pointer(call: &Call<'_>, object: u64, kind: u16) -> Result<Input, Stop> {
    if object == 0 || usize::from(kind) > API.kinds.len() || kind == 0 {
        return Err(Stop::Refused(i64::from(CL_INVALID_MEM_OBJECT)));
    }
    let pointer = call.handle(object, kind)?;
    Ok(Input::new(Source::Private(Private::copy(&(pointer as u64).to_le_bytes()))))
}

fn argument(call: &Call<'_>, (id, index): (u64, u32), kernel: *mut c_void) -> Argument {
    let known = &super::state(call.session).arguments;
    if let Some(argument) = known.get(&id).and_then(|known| known.get(&index).copied()) {
        return argument;
    }
    let argument = ask(super::vendor(call.session), kernel, index);
    let mut known = known.entry(id).or_default();
    if known.len() < MOST {
        known.insert(index, argument);
    }
    argument
}

fn ask(vendor: &Vendor, kernel: *mut c_void, index: u32) -> Argument {
    let Some(info) = vendor.clGetKernelArgInfo else {
        return Argument::Unknown;
    };
    let mut address = 0_u32;
    let mut name = [0_u8; 64];
    // SAFETY: a live kernel, and memory of the sizes that are named.
    let (first, second) = unsafe {
        let null = std::ptr::null_mut();
        (
            info(kernel, index, CL_KERNEL_ARG_ADDRESS_QUALIFIER, 4, (&raw mut address).cast(), null),
            info(kernel, index, CL_KERNEL_ARG_TYPE_NAME, name.len(), name.as_mut_ptr().cast(), null),
        )
    };
    if first != 0 {
        return Argument::Unknown;
    }
    if address != CL_KERNEL_ARG_ADDRESS_PRIVATE {
        return Argument::Object;
    }
    // A name that does not fit is a struct's.
    let name = name.split(|b| *b == 0).next().unwrap_or_default();
    let opaque = [&b"image"[..], b"sampler_t", b"queue_t", b"pipe", b"read_only image", b"write_only image"];
    match second {
        0 if opaque.iter().any(|start| name.starts_with(start)) => Argument::Object,
        _ => Argument::Plain,
    }
}
