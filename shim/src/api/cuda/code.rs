//! Code: modules and libraries of memory and of files, and the linker. Files are the program's: they are read here.

#![allow(non_snake_case)]

use std::ffi::{OsStr, c_char, c_void};
use std::os::unix::ffi::OsStrExt;

use ava_protocol::binary::{self, Bytes, Image};
use ava_protocol::cuda::constant::{CUDA_ERROR_FILE_NOT_FOUND, CUDA_ERROR_INVALID_IMAGE, CUDA_ERROR_INVALID_VALUE};
use ava_protocol::cuda::custom::{ArchivedCompiled, ArchivedCompleted, Compile, Complete};
use ava_protocol::cuda::{kind, opcode};
use ava_protocol::layout::Rows;
use ava_protocol::wire::{ArchivedStored, Data, Place};

use super::options::{Options, of_library};
use super::state::SLOT;
use crate::base::fault::Fault;
use crate::base::readable::{self, Program};
use crate::call::Call;

/// Most bytes of linked code that are taken: the worker says how many there are.
const LONGEST_CODE: usize = 1 << 30;

/// Where code is.
enum Code {
    /// In memory; it says itself how long it is.
    At(*const c_void),
    /// In memory, of so many bytes.
    Sized(*const c_void, usize),
    /// From a file.
    Read(Vec<u8>),
    /// In a file that cannot be read. The driver is asked all the same: another error comes first.
    Missing,
}

impl Code {
    /// The code in a file, with a NUL behind it as text has one; the driver refuses null.
    ///
    /// # Safety
    /// `path` is null or NUL-terminated.
    unsafe fn file(path: *const c_char) -> Result<Self, Fault> {
        if path.is_null() {
            return Ok(Self::At(std::ptr::null()));
        }
        // SAFETY: by the caller's promise.
        let Some(path) = (unsafe { readable::text(path) }) else { return Ok(Self::Missing) };
        let Ok(mut bytes) = std::fs::read(OsStr::from_bytes(path.to_bytes())) else { return Ok(Self::Missing) };
        bytes.push(0);
        match binary::image(&Bytes(&bytes), 0) {
            // It leads to memory of another process.
            Some(Image::Wrapper) => Err(Fault::Status(CUDA_ERROR_INVALID_IMAGE.into())),
            _ => Ok(Self::Read(bytes)),
        }
    }

    /// # Safety
    /// Nobody else writes there.
    unsafe fn data<'a>(self, call: &mut Call) -> Result<Data<'a>, Fault> {
        // SAFETY: by the caller's promise.
        unsafe {
            match self {
                Self::At(code) => call.binary(code),
                Self::Sized(code, _) if binary::image(&Program, code as u64) == Some(Image::Wrapper) => {
                    call.binary(code)
                }
                Self::Sized(code, size) => call.bytes(code, Rows::flat(Some(size as u64)), false),
                Self::Read(bytes) => call.owned(bytes),
                Self::Missing => Ok(Data::Null),
            }
        }
    }
}

/// Compiles code into an object of this kind.
///
/// # Safety
/// As the driver's functions demand.
unsafe fn load(opcode: u32, kind: u16, place: *mut *mut c_void, code: Code, options: &Options) -> Result<u32, Fault> {
    let mut call = Call::begin(SLOT.current()?, opcode);
    let is_missing = matches!(code, Code::Missing) && !place.is_null();
    let object = if place.is_null() { 0 } else { call.mint(kind)? };
    // SAFETY: by the caller's promise.
    let code = unsafe { code.data(&mut call)? };
    let options_data = call.owned(options.bytes())?;
    let request = Compile { object, code, input: 0, name: Data::Null, options: options_data };
    // SAFETY: by the caller's promise.
    let status = call.transact(&request, |reply: &ArchivedCompiled, call| unsafe {
        options.tell(&reply.told);
        call.put_new(place, object, &reply.made);
        let status = reply.ret.to_native();
        (status == 0, status)
    })?;
    Ok(if is_missing { missing(status) } else { status })
}

/// The status of a file that cannot be read, of which the driver was told nothing.
fn missing(status: u32) -> u32 {
    if status == CUDA_ERROR_INVALID_VALUE { CUDA_ERROR_FILE_NOT_FOUND } else { status }
}

pub unsafe fn cuModuleLoad(module: *mut *mut c_void, file: *const c_char) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe {
        let code = Code::file(file)?;
        load(opcode::cuModuleLoadDataEx, kind::CUmodule, module, code, &Options::default())
    }
}

pub unsafe fn cuModuleLoadDataEx(
    module: *mut *mut c_void,
    image: *const c_void,
    count: u32,
    keys: *mut u32,
    values: *mut *mut c_void,
) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe {
        let options = Options::read(count, keys, values)?;
        load(opcode::cuModuleLoadDataEx, kind::CUmodule, module, Code::At(image), &options)
    }
}

#[allow(clippy::too_many_arguments, reason = "the header's parameters")]
pub unsafe fn cuLibraryLoadData(
    library: *mut *mut c_void,
    code: *const c_void,
    keys: *mut u32,
    values: *mut *mut c_void,
    count: u32,
    library_keys: *mut u32,
    _library_values: *mut *mut c_void,
    library_count: u32,
) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe {
        let options = Options::read(count, keys, values)?;
        of_library(library_count, library_keys)?;
        load(opcode::cuLibraryLoadData, kind::CUlibrary, library, Code::At(code), &options)
    }
}

#[allow(clippy::too_many_arguments, reason = "the header's parameters")]
pub unsafe fn cuLibraryLoadFromFile(
    library: *mut *mut c_void,
    file: *const c_char,
    keys: *mut u32,
    values: *mut *mut c_void,
    count: u32,
    library_keys: *mut u32,
    _library_values: *mut *mut c_void,
    library_count: u32,
) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe {
        let options = Options::read(count, keys, values)?;
        of_library(library_count, library_keys)?;
        load(opcode::cuLibraryLoadData, kind::CUlibrary, library, Code::file(file)?, &options)
    }
}

pub unsafe fn cuLinkCreate_v2(
    count: u32,
    keys: *mut u32,
    values: *mut *mut c_void,
    state: *mut *mut c_void,
) -> Result<u32, Fault> {
    let at = SLOT.current()?;
    // SAFETY: by the caller's promise.
    let options = unsafe { Options::read(count, keys, values)? };
    let mut call = Call::begin(at, opcode::cuLinkCreate_v2);
    let object = if state.is_null() { 0 } else { call.mint(kind::CUlinkState)? };
    let data = call.owned(options.bytes())?;
    let request = Compile { object, code: Data::Null, input: 0, name: Data::Null, options: data };
    call.transact(&request, |reply: &ArchivedCompiled, call| {
        // SAFETY: by the caller's promise.
        unsafe { call.put_new(state, object, &reply.made) };
        if matches!(reply.made, ArchivedStored::Made) {
            at.state.links.made(object, options);
            at.book.handles.mark_remembered(object);
        }
        let status = reply.ret.to_native();
        (status == 0, status)
    })
}

#[allow(clippy::too_many_arguments, reason = "the header's parameters")]
pub unsafe fn cuLinkAddData_v2(
    state: *mut c_void,
    input: u32,
    data: *mut c_void,
    size: usize,
    name: *const c_char,
    count: u32,
    keys: *mut u32,
    values: *mut *mut c_void,
) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe { add(state, input, Code::Sized(data, size), name, &Options::read(count, keys, values)?) }
}

pub unsafe fn cuLinkAddFile_v2(
    state: *mut c_void,
    input: u32,
    path: *const c_char,
    count: u32,
    keys: *mut u32,
    values: *mut *mut c_void,
) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe { add(state, input, Code::file(path)?, path, &Options::read(count, keys, values)?) }
}

/// Adds code to what is linked.
///
/// # Safety
/// As the driver's functions demand.
unsafe fn add(
    state: *mut c_void,
    input: u32,
    code: Code,
    name: *const c_char,
    options: &Options,
) -> Result<u32, Fault> {
    let at = SLOT.current()?;
    let mut call = Call::begin(at, opcode::cuLinkAddData_v2);
    let object = call.handle_or_null(state, kind::CUlinkState)?;
    let is_missing = matches!(code, Code::Missing) && object != 0;
    // SAFETY: by the caller's promise.
    let (code, name) = unsafe { (code.data(&mut call)?, call.text(name)?) };
    let data = call.owned(options.bytes())?;
    let request = Compile { object, code, input, name, options: data };
    // SAFETY: by the caller's promise: those of the link state are there as long as it is.
    let status = call.transact(&request, |reply: &ArchivedCompiled, _| unsafe {
        options.tell(&reply.told);
        at.state.links.tell(object, &reply.link);
        let status = reply.ret.to_native();
        (status == 0, status)
    })?;
    Ok(if is_missing { missing(status) } else { status })
}

pub unsafe fn cuLinkComplete(state: *mut c_void, code: *mut *mut c_void, size: *mut usize) -> Result<u32, Fault> {
    let at = SLOT.current()?;
    let mut call = Call::begin(at, opcode::cuLinkComplete);
    let object = call.handle_or_null(state, kind::CUlinkState)?;
    let wanted = !code.is_null();
    let request = Complete { state: object, wanted, code: Place::Null };
    // SAFETY: by the caller's promise: what the link state was made with is there as long as it is.
    let (status, len) = call.transact(&request, |reply: &ArchivedCompleted<'_>, _| unsafe {
        at.state.links.tell(object, &reply.link);
        let status = reply.ret.to_native();
        (status == 0, (status, reply.size.to_native() as usize))
    })?;
    drop(call);
    if status != 0 || !wanted {
        return Ok(status);
    }
    let mut bytes = Vec::new();
    if len > LONGEST_CODE || bytes.try_reserve_exact(len).is_err() {
        return Err(Fault::Exhausted);
    }
    bytes.resize(len, 0_u8);
    let rows = Rows::flat(Some(len as u64));
    let mut call = Call::begin(at, opcode::cuLinkComplete);
    let object = call.handle_or_null(state, kind::CUlinkState)?;
    let room = call.place(bytes.as_mut_ptr().cast(), rows, false)?;
    let request = Complete { state: object, wanted, code: room.place };
    // SAFETY: as many bytes are there.
    let status = call.transact(&request, |reply: &ArchivedCompleted<'_>, call| unsafe {
        call.put(bytes.as_mut_ptr().cast(), &room, &reply.code, rows);
        let status = reply.ret.to_native();
        (status == 0, status)
    })?;
    if status == 0 {
        // SAFETY: by the caller's promise.
        unsafe {
            code.write(at.state.links.keep(object, bytes) as *mut c_void);
            if !size.is_null() {
                size.write(len);
            }
        }
    }
    Ok(status)
}
