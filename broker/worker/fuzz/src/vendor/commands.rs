//! Commands. They are done at once, whatever their events say.

use std::ffi::c_void;

use ava_protocol::layout::{self, Pixel, Rows};

use super::common::{
    Handle, INVALID_VALUE, INVALID_WAIT_LIST, OUT_OF_RESOURCES, at, functions, give, object, put, take, three,
};

/// Memory for mappings, all of which share it.
static mut MAPPED: [u64; (1 << 20) / 8] = [0; (1 << 20) / 8];
const MAPPED_LEN: u64 = 1 << 20;

/// A command that waits for `count` events and gives one.
fn command(queue: Handle, count: u32, events: *const Handle, event: *mut Handle) -> i32 {
    if queue.is_null() {
        return INVALID_VALUE;
    }
    if (count == 0) != events.is_null() {
        return INVALID_WAIT_LIST;
    }
    take(events, count as usize * 8);
    if (0..count as usize).any(|i| at(events, i).is_null()) {
        return INVALID_WAIT_LIST;
    }
    put(event, object());
    0
}

/// The rows of a transfer, if there is one: a buffer has no more than this.
fn rows(rows: Option<Rows>, host: *const c_void) -> Option<Rows> {
    rows.filter(|rows| !host.is_null() && rows.span().is_some_and(|span| span <= 1 << 30))
}

fn each(rows: Rows, host: *const c_void, see: impl Fn(*const u8, usize)) {
    if rows.row > 0 {
        for offset in rows.offsets().take(4096) {
            see(host.cast::<u8>().wrapping_add((rows.start + offset) as usize), rows.row as usize);
        }
    }
}

fn pixels(region: *const usize, row_pitch: usize, slice_pitch: usize) -> Option<Rows> {
    let pixel = Pixel { size: 4, array_of_rows: false };
    layout::pixels(pixel, three(region), Some(row_pitch as u64), Some(slice_pitch as u64))
}

fn mapped(ok: bool, error: *mut i32) -> *mut c_void {
    put(error, if ok { 0 } else { OUT_OF_RESOURCES });
    if ok { (&raw mut MAPPED).cast() } else { std::ptr::null_mut() }
}

functions! {
    ava_worker::opencl::Vendor;
    clFlush(queue: Handle) -> i32 { command(queue, 0, std::ptr::null(), std::ptr::null_mut()) }
    clFinish(queue: Handle) -> i32 { command(queue, 0, std::ptr::null(), std::ptr::null_mut()) }
    clWaitForEvents(n: u32, events: *const Handle) -> i32 {
        if n == 0 || events.is_null() {
            return INVALID_VALUE;
        }
        take(events, n as usize * 8);
        0
    }
    clEnqueueReadBuffer(
        queue: Handle, _buffer: Handle, _blocking: u32, _offset: usize, size: usize, to: *mut c_void, n: u32,
        events: *const Handle, event: *mut Handle,
    ) -> i32 {
        let Some(rows) = rows(Rows::flat(Some(size as u64)), to) else { return INVALID_VALUE };
        each(rows, to, |at, len| give(at.cast_mut(), len));
        command(queue, n, events, event)
    }
    clEnqueueWriteBuffer(
        queue: Handle, _buffer: Handle, _blocking: u32, _offset: usize, size: usize, from: *const c_void, n: u32,
        events: *const Handle, event: *mut Handle,
    ) -> i32 {
        let Some(rows) = rows(Rows::flat(Some(size as u64)), from) else { return INVALID_VALUE };
        each(rows, from, take);
        command(queue, n, events, event)
    }
    clEnqueueReadBufferRect(
        queue: Handle, _buffer: Handle, _blocking: u32, _origin: *const usize, host_origin: *const usize,
        region: *const usize, _row_pitch: usize, _slice_pitch: usize, host_row_pitch: usize, host_slice_pitch: usize,
        to: *mut c_void, n: u32, events: *const Handle, event: *mut Handle,
    ) -> i32 {
        let (row, slice) = (Some(host_row_pitch as u64), Some(host_slice_pitch as u64));
        let Some(rows) = rows(layout::rect(three(host_origin), three(region), row, slice), to) else {
            return INVALID_VALUE;
        };
        each(rows, to, |at, len| give(at.cast_mut(), len));
        command(queue, n, events, event)
    }
    clEnqueueWriteBufferRect(
        queue: Handle, _buffer: Handle, _blocking: u32, _origin: *const usize, host_origin: *const usize,
        region: *const usize, _row_pitch: usize, _slice_pitch: usize, host_row_pitch: usize, host_slice_pitch: usize,
        from: *const c_void, n: u32, events: *const Handle, event: *mut Handle,
    ) -> i32 {
        let (row, slice) = (Some(host_row_pitch as u64), Some(host_slice_pitch as u64));
        let Some(rows) = rows(layout::rect(three(host_origin), three(region), row, slice), from) else {
            return INVALID_VALUE;
        };
        each(rows, from, take);
        command(queue, n, events, event)
    }
    clEnqueueFillBuffer(
        queue: Handle, _buffer: Handle, pattern: *const c_void, size: usize, _offset: usize, _len: usize, n: u32,
        events: *const Handle, event: *mut Handle,
    ) -> i32 {
        take(pattern, size);
        command(queue, n, events, event)
    }
    clEnqueueCopyBuffer(
        queue: Handle, _from: Handle, _to: Handle, _from_offset: usize, _to_offset: usize, _size: usize, n: u32,
        events: *const Handle, event: *mut Handle,
    ) -> i32 {
        command(queue, n, events, event)
    }
    clEnqueueReadImage(
        queue: Handle, _image: Handle, _blocking: u32, origin: *const usize, region: *const usize, row_pitch: usize,
        slice_pitch: usize, to: *mut c_void, n: u32, events: *const Handle, event: *mut Handle,
    ) -> i32 {
        three(origin);
        let Some(rows) = rows(pixels(region, row_pitch, slice_pitch), to) else { return INVALID_VALUE };
        each(rows, to, |at, len| give(at.cast_mut(), len));
        command(queue, n, events, event)
    }
    clEnqueueWriteImage(
        queue: Handle, _image: Handle, _blocking: u32, origin: *const usize, region: *const usize, row_pitch: usize,
        slice_pitch: usize, from: *const c_void, n: u32, events: *const Handle, event: *mut Handle,
    ) -> i32 {
        three(origin);
        let Some(rows) = rows(pixels(region, row_pitch, slice_pitch), from) else { return INVALID_VALUE };
        each(rows, from, take);
        command(queue, n, events, event)
    }
    clEnqueueMapBuffer(
        queue: Handle, _buffer: Handle, _blocking: u32, _flags: u64, _offset: usize, size: usize, n: u32,
        events: *const Handle, event: *mut Handle, error: *mut i32,
    ) -> *mut c_void {
        mapped(size as u64 <= MAPPED_LEN && command(queue, n, events, event) == 0, error)
    }
    clEnqueueMapImage(
        queue: Handle, _image: Handle, _blocking: u32, _flags: u64, origin: *const usize, region: *const usize,
        row_pitch: *mut usize, slice_pitch: *mut usize, n: u32, events: *const Handle, event: *mut Handle,
        error: *mut i32,
    ) -> *mut c_void {
        three(origin);
        let fits = pixels(region, 0, 0).and_then(|rows| rows.span()).is_some_and(|span| span <= MAPPED_LEN);
        put(row_pitch, 0);
        put(slice_pitch, 0);
        mapped(fits && command(queue, n, events, event) == 0, error)
    }
    clEnqueueUnmapMemObject(
        queue: Handle, _object: Handle, _at: *mut c_void, n: u32, events: *const Handle, event: *mut Handle,
    ) -> i32 {
        command(queue, n, events, event)
    }
    clEnqueueMigrateMemObjects(
        queue: Handle, count: u32, objects: *const Handle, _flags: u64, n: u32, events: *const Handle,
        event: *mut Handle,
    ) -> i32 {
        take(objects, count as usize * 8);
        command(queue, n, events, event)
    }
    clEnqueueNDRangeKernel(
        queue: Handle, _kernel: Handle, dimensions: u32, offset: *const usize, global: *const usize,
        local: *const usize, n: u32, events: *const Handle, event: *mut Handle,
    ) -> i32 {
        if !(1..=3).contains(&dimensions) {
            return INVALID_VALUE;
        }
        [offset, global, local].into_iter().for_each(|sizes| take(sizes, dimensions as usize * 8));
        command(queue, n, events, event)
    }
    clEnqueueMarkerWithWaitList(queue: Handle, n: u32, events: *const Handle, event: *mut Handle) -> i32 {
        command(queue, n, events, event)
    }
    clEnqueueBarrierWithWaitList(queue: Handle, n: u32, events: *const Handle, event: *mut Handle) -> i32 {
        command(queue, n, events, event)
    }
}
