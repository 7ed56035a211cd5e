//! What pointers are asked for: each attribute has a value of its own type.

#![allow(non_snake_case)]

use std::ffi::c_void;

use ava_protocol::cuda::constant::CUDA_ERROR_INVALID_VALUE;
use ava_protocol::cuda::custom::{ArchivedValues, Attributes, Value};
use ava_protocol::cuda::opcode;

use super::host::is_managed;
use super::state::SLOT;
use crate::base::fault::Fault;
use crate::base::readable::is_readable;
use crate::call::Call;
use crate::engine::recall::{Place, Question};

/// `CU_POINTER_ATTRIBUTE_IS_MANAGED`.
pub const IS_MANAGED: u32 = 8;

/// More attributes than there are.
const MOST: u32 = 1024;

pub unsafe fn cuPointerGetAttribute(data: *mut c_void, attribute: u32, pointer: u64) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe { ask(opcode::cuPointerGetAttribute, &[attribute], &[data], pointer) }
}

pub unsafe fn cuPointerGetAttributes(
    count: u32,
    attributes: *mut c_void,
    data: *mut c_void,
    pointer: u64,
) -> Result<u32, Fault> {
    let (attributes, data) = (attributes.cast_const().cast::<u32>(), data.cast_const().cast::<*mut c_void>());
    let len = count as usize;
    let are_readable = is_readable(attributes.cast(), 4 * len) && is_readable(data.cast(), 8 * len);
    if count == 0 || count > MOST || attributes.is_null() || data.is_null() || !are_readable {
        return Ok(CUDA_ERROR_INVALID_VALUE);
    }
    // SAFETY: by the caller's promise; both can be read.
    unsafe {
        let attributes = std::slice::from_raw_parts(attributes, len);
        ask(opcode::cuPointerGetAttributes, attributes, std::slice::from_raw_parts(data, len), pointer)
    }
}

/// Asks for attributes, each of which has a place.
///
/// # Safety
/// The places are null or large enough.
unsafe fn ask(opcode: u32, keys: &[u32], places: &[*mut c_void], pointer: u64) -> Result<u32, Fault> {
    let Some(kinds) = keys.iter().map(|key| Value::of(*key)).collect::<Option<Vec<_>>>() else {
        return Ok(CUDA_ERROR_INVALID_VALUE);
    };
    if places.iter().any(|place| place.is_null()) {
        return Ok(CUDA_ERROR_INVALID_VALUE);
    }
    let at = SLOT.current()?;
    let question =
        at.state.standing.number(pointer).filter(|_| keys.iter().all(|key| stays(*key))).and_then(|memory| {
            let numbers: Vec<u64> = [memory, pointer].into_iter().chain(keys.iter().map(|key| (*key).into())).collect();
            Question::new(at, opcode, &[], &numbers, false)
        });
    let parts: Vec<Place> = places.iter().zip(&kinds).map(|(place, kind)| (place.cast(), kind.size())).collect();
    // SAFETY: by the caller's promise.
    if question.as_ref().is_some_and(|question| unsafe { question.recall(&parts) }) {
        return Ok(0);
    }
    // The driver knows such memory as pinned.
    let is_managed = keys.contains(&IS_MANAGED) && is_managed(pointer, 1)?;
    let mut call = Call::begin(at, opcode);
    let request = Attributes { pointer, keys: keys.to_vec() };
    call.transact(&request, |reply: &ArchivedValues, call| {
        let status = reply.ret.to_native();
        let values = reply.values.iter().filter(|_| status == 0);
        for (((place, kind), key), value) in places.iter().zip(&kinds).zip(keys).zip(values) {
            let value = if *key == IS_MANAGED && is_managed { 1 } else { value.to_native() };
            let mut bytes = value.to_le_bytes();
            if let Value::Handle(kind) = kind {
                call.session.book.handles.translate(&mut bytes, *kind, false);
            }
            // SAFETY: by the caller's promise.
            unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), place.cast(), kind.size()) };
        }
        if let Some(question) = question.filter(|_| status == 0) {
            // SAFETY: by the caller's promise.
            unsafe { question.remember(&parts) };
        }
        (status == 0, status)
    })
}

/// Whether an attribute of device memory stays as long as the memory: its context, type, addresses, number, whether it is managed,
/// its device, where it begins and how long it is, whether it is mapped.
fn stays(attribute: u32) -> bool {
    matches!(attribute, 1..=4 | 7..=9 | 11..=13)
}
