//! Sources of programs. What a source includes by an absolute path lies under another root where it is compiled, so that its
//! name is made one from there; the program is told what it passed.

#![allow(non_snake_case)]

use std::ffi::{CStr, c_char, c_void};

use ava_protocol::opencl::kind;

use super::state::{SLOT, State};
use crate::api::generated::opencl::marshal;
use crate::base::fault::Fault;
use crate::engine::include;
use crate::session::ApiSession;

const CL_SUCCESS: i32 = 0;
const CL_INVALID_VALUE: i32 = -30;

pub unsafe fn clCreateProgramWithSource(
    context: *mut c_void,
    count: u32,
    strings: *const *const c_char,
    lengths: *const usize,
    errcode_ret: *mut i32,
) -> Result<*mut c_void, Fault> {
    // SAFETY: the program vouches for its pointers; what takes their place has as many texts of the lengths that are named.
    unsafe {
        let given = texts(count, strings, lengths);
        let made = |text: &&[u8]| include::with_relative_names(text, include::is_there);
        let changed: Vec<Option<Vec<u8>>> = given.iter().map(made).collect();
        if changed.iter().all(Option::is_none) {
            return marshal::clCreateProgramWithSource(context, count, strings, lengths, errcode_ret);
        }
        let texts: Vec<&[u8]> = given.iter().zip(&changed).map(|(text, own)| own.as_deref().unwrap_or(text)).collect();
        let mut pointers: Vec<*const c_char> = texts.iter().map(|text| text.as_ptr().cast()).collect();
        // A length of 0 would have the text end at a NUL.
        let lens: Vec<usize> = texts.iter().map(|text| text.len()).collect();
        if lens.contains(&0) {
            pointers.iter_mut().zip(&lens).filter(|(_, len)| **len == 0).for_each(|(at, _)| *at = c"".as_ptr());
        }
        let program =
            marshal::clCreateProgramWithSource(context, count, pointers.as_ptr(), lens.as_ptr(), errcode_ret)?;
        let at = SLOT.current()?;
        if let Some(found) = at.book.handles.find(program, kind::cl_program) {
            at.state.sources.set(&at.book.handles, found.id, given.concat());
        }
        Ok(program)
    }
}

/// The texts of a source; none if one is null, so that the vendor says so.
unsafe fn texts<'a>(count: u32, strings: *const *const c_char, lengths: *const usize) -> Vec<&'a [u8]> {
    if strings.is_null() {
        return Vec::new();
    }
    let text = |i: usize| {
        // SAFETY: by the caller's promise there are as many pointers, and lengths if any.
        let (text, len) = unsafe { (strings.add(i).read(), if lengths.is_null() { 0 } else { lengths.add(i).read() }) };
        // SAFETY: likewise so many bytes, or a text that ends with a NUL.
        (!text.is_null()).then(|| unsafe {
            if len == 0 { CStr::from_ptr(text).to_bytes() } else { std::slice::from_raw_parts(text.cast(), len) }
        })
    };
    (0..count as usize).map(text).collect::<Option<_>>().unwrap_or_default()
}

/// What the program passed as the source of a program, if that is another than the vendor's.
pub fn original(at: &ApiSession<State>, program: *mut c_void) -> Option<Vec<u8>> {
    let found = at.book.handles.find(program, kind::cl_program)?;
    at.state.sources.get(found.id, Vec::clone)
}

/// The answer to a query for the source; `None` where the vendor has it.
///
/// # Safety
/// The pointers are as the vendor's API demands.
pub unsafe fn answer(
    program: *mut c_void,
    size: usize,
    value: *mut c_void,
    size_ret: *mut usize,
) -> Result<Option<i32>, Fault> {
    let Some(mut text) = original(SLOT.current()?, program) else { return Ok(None) };
    text.push(0);
    if !value.is_null() && size < text.len() {
        return Ok(Some(CL_INVALID_VALUE));
    }
    // SAFETY: by the caller's promise; the value has room for the text.
    unsafe {
        if !value.is_null() {
            std::ptr::copy_nonoverlapping(text.as_ptr(), value.cast(), text.len());
        }
        if !size_ret.is_null() {
            size_ret.write(text.len());
        }
    }
    Ok(Some(CL_SUCCESS))
}
