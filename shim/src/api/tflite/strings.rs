//! Tensors of texts: a count, an offset for each text and one for the end, and the texts.

#![allow(non_snake_case)]

use std::ffi::{c_char, c_int, c_void};

use ava_protocol::flat::Memory;

use super::data::{TfLiteTensorRealloc, data};
use super::state::{ERROR, OK};
use crate::base::fault::Fault;
use crate::base::readable;

/// A number of four bytes in a tensor's data.
fn number(data: &[u8], at: usize) -> Option<usize> {
    let bytes = data.get(4 * at..4 * at + 4)?.first_chunk()?;
    usize::try_from(i32::from_ne_bytes(*bytes)).ok()
}

pub unsafe fn TfLiteOpaqueTensorGetStringCount(tensor: *const c_void) -> Result<c_int, Fault> {
    // SAFETY: by the caller's promise.
    Ok(number(unsafe { data(tensor) }, 0).map_or(0, |count| count as c_int))
}

pub unsafe fn TfLiteOpaqueTensorGetString(
    tensor: *const c_void,
    index: c_int,
    text: *mut *const c_char,
    len: *mut c_int,
) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    let data = unsafe { data(tensor) };
    let found = usize::try_from(index).ok().filter(|index| number(data, 0).is_some_and(|count| *index < count));
    let Some(found) = found.and_then(|index| data.get(number(data, 1 + index)?..number(data, 2 + index)?)) else {
        return Ok(ERROR);
    };
    // SAFETY: as above.
    unsafe {
        text.write(found.as_ptr().cast());
        len.write(found.len() as c_int);
    }
    Ok(OK)
}

pub unsafe fn TfLiteOpaqueTensorWriteStrings(
    tensor: *mut c_void,
    texts: *const *const c_char,
    count: c_int,
    lengths: *const c_int,
) -> Result<u32, Fault> {
    let Ok(count) = usize::try_from(count) else { return Ok(ERROR) };
    let mut offsets = vec![count as c_int];
    let mut all: Vec<u8> = Vec::new();
    let head = 4 * (count + 2);
    let mut program = readable::Program;
    for i in 0..count {
        offsets.push((head + all.len()) as c_int);
        // SAFETY: by the caller's promise: so many texts of such lengths, which nobody changes meanwhile.
        let (len, text) =
            unsafe { (readable::number(lengths.wrapping_add(i)), readable::number(texts.wrapping_add(i))) };
        let (Some(len), Some(text)) = (len, text) else { return Ok(ERROR) };
        if program.read(text as u64, u64::try_from(len).unwrap_or(0), &mut all) != u64::try_from(len).unwrap_or(0) {
            return Ok(ERROR);
        }
    }
    offsets.push((head + all.len()) as c_int);
    let mut bytes: Vec<u8> = offsets.iter().flat_map(|offset| offset.to_ne_bytes()).collect();
    bytes.extend_from_slice(&all);
    // SAFETY: by the caller's promise.
    unsafe {
        let status = TfLiteTensorRealloc(bytes.len(), tensor)?;
        let to = data(tensor);
        if status != OK || to.len() != bytes.len() {
            return Ok(ERROR);
        }
        to.copy_from_slice(&bytes);
    }
    Ok(OK)
}

pub unsafe fn TfLiteOpaqueTensorWriteString(
    tensor: *mut c_void,
    text: *const c_char,
    len: c_int,
) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise: one text of this length.
    unsafe { TfLiteOpaqueTensorWriteStrings(tensor, &raw const text, 1, &raw const len) }
}
