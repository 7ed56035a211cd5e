//! Copies between the program's memory and regions, row by row.

use std::ffi::c_void;

use ava_protocol::layout::Rows;

/// Copies the rows behind the program's `from` to `to`, which holds the rows' span.
///
/// # Safety
/// The program's rows are readable; `to` is writable for the span.
pub unsafe fn gather(from: *const c_void, rows: &Rows, to: *mut u8) {
    let from = from.cast::<u8>().wrapping_add(rows.start as usize);
    // SAFETY: by the caller's promise.
    unsafe { copy_rows(from, rows, to) }
}

/// Copies rows from `from`, which holds their span, to the rows behind the program's `to`.
///
/// # Safety
/// The program's rows are writable; `from` is readable for the span.
pub unsafe fn scatter(from: *const u8, rows: &Rows, to: *mut c_void) {
    let to = to.cast::<u8>().wrapping_add(rows.start as usize);
    // SAFETY: by the caller's promise.
    unsafe { copy_rows(from, rows, to) }
}

/// Like [`scatter`] of one run of `len` bytes, but writes only what differs: the program may have made an object of memory
/// that it can only read.
///
/// # Safety
/// As for [`scatter`]; where the bytes are equal, readable is enough.
pub unsafe fn scatter_changes(from: *const u8, len: u64, to: *mut c_void) {
    const STEP: usize = 4096;
    let (to, len) = (to.cast::<u8>(), len as usize);
    for at in (0..len).step_by(STEP) {
        let step = STEP.min(len - at);
        // SAFETY: by the caller's promise.
        unsafe {
            if libc::memcmp(from.add(at).cast(), to.add(at).cast(), step) != 0 {
                std::ptr::copy_nonoverlapping(from.add(at), to.add(at), step);
            }
        }
    }
}

unsafe fn copy_rows(from: *const u8, rows: &Rows, to: *mut u8) {
    let Some(span) = rows.span().filter(|span| *span > 0) else {
        return;
    };
    if rows.is_flat() {
        // SAFETY: by the caller's promise; program memory and regions do not overlap.
        unsafe { std::ptr::copy_nonoverlapping(from, to, span as usize) };
        return;
    }
    for offset in rows.offsets() {
        let at = offset as usize;
        // SAFETY: as above; every row lies within the span.
        unsafe { std::ptr::copy_nonoverlapping(from.add(at), to.add(at), rows.row as usize) };
    }
}
