//! `clSetKernelArg`: whether 8 bytes are a handle or just bytes, the kernel knows. Where the vendor cannot say (programs
//! without argument information, such as those from binaries), what it makes of a null pointer tells a buffer from bytes, and
//! the shim's registry of handles decides the rest. So it is asked what it makes of 8 bytes that are no object: it may take them
//! for an address and follow it. It is asked about another kernel of the same name, so that the program's stays as it is.

#![allow(non_snake_case)]

use std::ffi::c_void;

use ava_protocol::frame::Malformed;
use ava_protocol::layout::Rows;
use ava_protocol::opencl::constant::{
    CL_INVALID_ARG_INDEX, CL_INVALID_ARG_SIZE, CL_INVALID_MEM_OBJECT, CL_KERNEL_ARG_ADDRESS_LOCAL,
    CL_KERNEL_ARG_ADDRESS_PRIVATE, CL_KERNEL_ARG_ADDRESS_QUALIFIER, CL_KERNEL_ARG_TYPE_NAME, CL_KERNEL_FUNCTION_NAME,
    CL_KERNEL_PROGRAM,
};
use ava_protocol::opencl::custom::Status;
use ava_protocol::opencl::custom::clSetKernelArg::ArchivedRequest;
use ava_protocol::opencl::{API, kind};
use ava_protocol::wire::ArchivedData;

use super::arguments::{Declared, Known, MOST, Tried};
use super::state::State;
use crate::call::{Call, Outcome, Stop};
use crate::engine::query;
use crate::generated::opencl::Vendor;
use crate::memory::{Input, Private, Source};
use crate::session::Session;

/// Longest value that a shim sends; beyond, the address is none.
const LONGEST: usize = 1 << 20;

pub fn clSetKernelArg(api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "clSetKernelArg";
    let r = call.read::<ArchivedRequest>(body, NAME)?;
    let set = api.vendor.clSetKernelArg.ok_or(Stop::Missing(NAME))?;
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
        let argument = Argument { api, session: call.session, id: r.kernel.to_native(), kernel, index };
        let (object, object_kind) = (r.object.to_native(), r.kind.to_native());
        if object == 0 {
            argument.check_stray()?;
        } else if argument.is_object(object, object_kind) {
            value = pointer(call, object, object_kind)?;
        }
    }
    // SAFETY: a live kernel or null, and a value of `size` bytes or null. A value beyond every size is an address that
    // the vendor does not look at, since the size is no argument's.
    let ret = unsafe { set(kernel, index, size, value.as_ptr()) };
    if call.is_oneway() {
        return call.end_oneway(ret == 0, ret.into());
    }
    call.reply(&Status { ret })
}

/// The vendor's pointer as the argument's value.
fn pointer(call: &Call<'_>, object: u64, kind: u16) -> Result<Input, Stop> {
    if usize::from(kind) > API.kinds.len() || kind == 0 {
        return Err(Stop::Refused(i64::from(CL_INVALID_MEM_OBJECT)));
    }
    let pointer = call.handle(object, kind)?;
    Ok(Input::new(Source::Private(Private::copy(&(pointer as u64).to_le_bytes()))))
}

/// An argument that is given 8 bytes.
struct Argument<'a> {
    api: &'a State,
    session: &'a Session,
    id: u64,
    kernel: *mut c_void,
    index: u32,
}

impl Argument<'_> {
    /// Whether the argument is an object, rather than bytes whose value happens to be that of this object's handle.
    fn is_object(&self, object: u64, of: u16) -> bool {
        let declared = self.declared();
        match declared {
            Declared::Object => true,
            Declared::Plain => false,
            Declared::Named | Declared::Unknown => match self.tried() {
                Tried::Buffer => true,
                _ if self.api.is_buffer(self.session, object) => false,
                Tried::Refused(_) => true,
                // Some vendors take anything for a sampler and an image.
                Tried::Bytes => declared == Declared::Unknown && [kind::cl_sampler, kind::cl_mem].contains(&of),
            },
        }
    }

    /// Refuses what is no object where the vendor would, or would follow it as an address.
    fn check_stray(&self) -> Outcome {
        if self.declared() == Declared::Plain {
            return Ok(());
        }
        match self.tried() {
            Tried::Bytes => Ok(()),
            Tried::Buffer => Err(Stop::Refused(CL_INVALID_MEM_OBJECT.into())),
            Tried::Refused(status) => Err(Stop::Refused(status.into())),
        }
    }

    fn declared(&self) -> Declared {
        self.known(|known| &mut known.declared, || ask(self.vendor(), self.kernel, self.index))
    }

    fn tried(&self) -> Tried {
        let tried = || attempt(self.vendor(), self.kernel, self.index);
        // Where it cannot be tried, the vendor's word has to do.
        self.known(|known| &mut known.tried, tried).unwrap_or(match self.declared() {
            Declared::Object => Tried::Refused(CL_INVALID_MEM_OBJECT),
            _ => Tried::Bytes,
        })
    }

    fn vendor(&self) -> &Vendor {
        &self.api.vendor
    }

    /// What was found out before, or is found out now.
    fn known<T: Copy>(&self, place: impl Fn(&mut Known) -> &mut Option<T>, find: impl FnOnce() -> T) -> T {
        let all = &self.api.arguments;
        let before = all.get_mut(&self.id).and_then(|mut known| known.get_mut(&self.index).and_then(|k| *place(k)));
        before.unwrap_or_else(|| {
            let found = find();
            let mut known = all.entry(self.id).or_default();
            if known.len() < MOST || known.contains_key(&self.index) {
                *place(known.entry(self.index).or_default()) = Some(found);
            }
            found
        })
    }
}

/// Tries values on another kernel of the same name.
fn attempt(vendor: &Vendor, kernel: *mut c_void, index: u32) -> Option<Tried> {
    const HANDLE: usize = size_of::<*mut c_void>();
    let (info, set) = (vendor.clGetKernelInfo?, vendor.clSetKernelArg?);
    let (create, release) = (vendor.clCreateKernel?, vendor.clReleaseKernel?);
    let program = query::pointer(Some(info), kernel, CL_KERNEL_PROGRAM);
    let mut name = query::all(Some(info), kernel, CL_KERNEL_FUNCTION_NAME);
    name.push(0);
    // SAFETY: a live kernel and program, and a name that ends with a NUL. The other kernel is ours until it is released.
    unsafe {
        let mut status = 0;
        let mut twin = create(program, name.as_ptr().cast(), &raw mut status);
        if twin.is_null() {
            // A program that was released since makes no kernels with some vendors.
            twin = vendor.clCloneKernel.map_or(std::ptr::null_mut(), |clone| clone(kernel, &raw mut status));
        }
        if twin.is_null() {
            return None;
        }
        // A queue is not tried with a null pointer, which some vendors follow, since it refuses a null handle.
        let tried = match set(twin, index, HANDLE, (&raw const NO_HANDLE).cast()) {
            0 if set(twin, index, HANDLE, std::ptr::null()) == 0 => Tried::Buffer,
            // The vendor refuses index and size of any value.
            0 | CL_INVALID_ARG_INDEX | CL_INVALID_ARG_SIZE => Tried::Bytes,
            status => Tried::Refused(status),
        };
        release(twin);
        Some(tried)
    }
}

static NO_HANDLE: u64 = 0;

fn ask(vendor: &Vendor, kernel: *mut c_void, index: u32) -> Declared {
    let Some(info) = vendor.clGetKernelArgInfo else { return Declared::Unknown };
    let argument = move |key| {
        // SAFETY: a live kernel, and memory of the size that is named.
        query::bytes(|size, value, len| unsafe { info(kernel, index, key, size, value, len) })
    };
    let address = argument(CL_KERNEL_ARG_ADDRESS_QUALIFIER);
    match address.first_chunk().map(|address| u32::from_le_bytes(*address)) {
        None => return Declared::Unknown,
        Some(CL_KERNEL_ARG_ADDRESS_LOCAL) => return Declared::Plain,
        Some(CL_KERNEL_ARG_ADDRESS_PRIVATE) => (),
        Some(_) => return Declared::Object,
    }
    let name = query::cut(&argument(CL_KERNEL_ARG_TYPE_NAME));
    let opaque = ["image", "sampler_t", "queue_t", "pipe", "read_only image", "write_only image"];
    match name.as_bytes() {
        b"" => Declared::Named,
        _ if opaque.iter().any(|start| name.starts_with(start)) => Declared::Object,
        plain if is_plain(plain) => Declared::Plain,
        _ => Declared::Named,
    }
}

/// Whether this is one of the language's own types that are no objects, or a struct.
fn is_plain(name: &[u8]) -> bool {
    let plain = ["char", "uchar", "short", "ushort", "int", "uint", "long", "ulong", "half", "float", "double"];
    let end = name.iter().rposition(|b| !b.is_ascii_digit()).map_or(0, |last| last + 1);
    plain.iter().any(|plain| plain.as_bytes() == &name[..end]) || name.contains(&b' ')
}
