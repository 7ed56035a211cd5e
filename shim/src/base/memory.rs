//! Copies between the program's memory and regions, row by row.

use std::ffi::c_void;

use ava_protocol::layout::Rows;
use ava_transport::region::copy_rows;

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

/// Like [`scatter`], but writes only what differs: the program may have made an object of memory that it can only read.
///
/// # Safety
/// As for [`scatter`]; where the bytes are equal, readable is enough.
pub unsafe fn scatter_changes(from: *const u8, rows: &Rows, to: *mut c_void) {
    const STEP: usize = 4096;
    let to = to.cast::<u8>();
    for offset in rows.offsets() {
        let end = offset as usize + rows.row as usize;
        for at in (offset as usize..end).step_by(STEP) {
            let step = STEP.min(end - at);
            // SAFETY: by the caller's promise.
            unsafe {
                if libc::memcmp(from.add(at).cast(), to.add(at).cast(), step) != 0 {
                    std::ptr::copy_nonoverlapping(from.add(at), to.add(at), step);
                }
            }
        }
    }
}
