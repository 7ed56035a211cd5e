//! `clGetPlatformIDs` and `clGetDeviceIDs`, whose questions are remembered for the session in the place of a lost one.

#![allow(non_snake_case)]

use std::ffi::c_void;

use ava_protocol::opencl::kind;

use super::state::SLOT;
use super::state::roots::{Asked, Question};
use crate::api::generated::opencl::marshal;
use crate::base::fault::Fault;

pub unsafe fn clGetPlatformIDs(num_entries: u32, out: *mut *mut c_void, count: *mut u32) -> Result<i32, Fault> {
    // SAFETY: the program vouches for its pointers.
    unsafe {
        let status = marshal::clGetPlatformIDs(num_entries, out, count)?;
        if status == 0 {
            note(Question::Platforms, kind::cl_platform_id, out, num_entries, count)?;
        }
        Ok(status)
    }
}

pub unsafe fn clGetDeviceIDs(
    platform: *mut c_void,
    device_type: u64,
    num_entries: u32,
    out: *mut *mut c_void,
    count: *mut u32,
) -> Result<i32, Fault> {
    // SAFETY: as above.
    unsafe {
        let status = marshal::clGetDeviceIDs(platform, device_type, num_entries, out, count)?;
        if status == 0 {
            let question = Question::Devices(platform as usize, device_type);
            note(question, kind::cl_device_id, out, num_entries, count)?;
        }
        Ok(status)
    }
}

/// Notes an answer.
///
/// # Safety
/// `out` is null or holds `room` handles, and `count` is null or says how many there are.
unsafe fn note(question: Question, is: u16, out: *mut *mut c_void, room: u32, count: *mut u32) -> Result<(), Fault> {
    if out.is_null() {
        return Ok(());
    }
    let at = SLOT.current()?;
    // SAFETY: by the caller's promise.
    let count = if count.is_null() { room } else { unsafe { count.read() }.min(room) };
    // Where nobody asked how many there are, it is as many as are handles.
    let handles = (0..count as usize)
        // SAFETY: as above.
        .map(|i| unsafe { out.add(i).read() })
        .take_while(|handle| at.book.handles.find(*handle, is).is_some())
        .map(|handle| handle as usize)
        .collect();
    at.state.roots.note(Asked { question, handles });
    Ok(())
}
