//! Long blocking transfers of buffers with memory of their own go in chunks: while the vendor copies one, the program copies
//! the next. Few of them are on their way at a time, so that their regions stay in the processor's cache.

use std::collections::VecDeque;
use std::ffi::c_void;

use ava_protocol::opencl::kind;

use super::state::State;
use crate::api::generated::opencl::marshal;
use crate::base::fault::Fault;
use crate::session::ApiSession;

/// The shortest transfer that goes in chunks, in bytes, and how much of it goes at once.
const WORTHWHILE: usize = 16 << 20;
const CHUNK: usize = 1 << 20;
/// Chunks on their way.
const DEPTH: usize = 4;

const CL_SUCCESS: i32 = 0;
const CL_OUT_OF_RESOURCES: i32 = -5;

/// A transfer between `size` bytes at `offset` of a buffer and the program's memory at `address`.
pub struct Transfer {
    pub queue: *mut c_void,
    pub buffer: *mut c_void,
    pub offset: usize,
    pub size: usize,
    pub address: usize,
    /// The length of the wait list, and the list.
    pub wait: (u32, *const *mut c_void),
}

impl Transfer {
    /// # Safety
    /// The memory and the wait list are as the vendor's API demands.
    pub unsafe fn read(&self, session: &'static ApiSession<State>) -> Result<Option<i32>, Fault> {
        self.go(session, |chunk, blocking| {
            let (to, (count, list)) = (chunk.address as *mut c_void, chunk.wait);
            let none = std::ptr::null_mut();
            // SAFETY: by the caller's promise; the chunk is a part of the transfer.
            unsafe {
                let (queue, buffer) = (chunk.queue, chunk.buffer);
                marshal::clEnqueueReadBuffer(queue, buffer, blocking, chunk.offset, chunk.size, to, count, list, none)
            }
        })
    }

    /// No pending transfer is to change the memory.
    ///
    /// # Safety
    /// As for [`Transfer::read`].
    pub unsafe fn write(&self, session: &'static ApiSession<State>) -> Result<Option<i32>, Fault> {
        self.go(session, |chunk, blocking| {
            let (from, (count, list)) = (chunk.address as *const c_void, chunk.wait);
            let none = std::ptr::null_mut();
            // SAFETY: as for a read.
            unsafe {
                let (queue, buffer) = (chunk.queue, chunk.buffer);
                marshal::clEnqueueWriteBuffer(
                    queue,
                    buffer,
                    blocking,
                    chunk.offset,
                    chunk.size,
                    from,
                    count,
                    list,
                    none,
                )
            }
        })
    }

    /// Has `enqueue` move chunk after chunk, and waits for the last; `None` if it is to be done in one go.
    fn go(
        &self,
        session: &'static ApiSession<State>,
        enqueue: impl Fn(&Self, u32) -> Result<i32, Fault>,
    ) -> Result<Option<i32>, Fault> {
        // Nobody else may see a part of it done.
        let alone = session.is_alone() && !session.book.accepted.is_strict();
        let buffer = session.book.handles.find(self.buffer, kind::cl_mem);
        let fits = buffer.is_some_and(|found| session.state.buffers.reaches(found.id, self.offset, self.size));
        if self.size < WORTHWHILE || !alone || !fits {
            return Ok(None);
        }
        let failures = session.book.pending.failures();
        let mut on_their_way = VecDeque::with_capacity(DEPTH);
        let mut done = 0;
        loop {
            let size = CHUNK.min(self.size - done);
            let chunk = Self { offset: self.offset + done, size, address: self.address + done, ..*self };
            done += size;
            let is_last = done == self.size;
            let status = enqueue(&chunk, u32::from(is_last))?;
            if status != CL_SUCCESS || is_last {
                let failed = session.book.pending.failures() != failures;
                return Ok(Some(if failed && status == CL_SUCCESS { CL_OUT_OF_RESOURCES } else { status }));
            }
            on_their_way.push_back(session.book.pending.latest());
            // SAFETY: a handle, which the call looks up.
            unsafe { marshal::clFlush(self.queue)? };
            if on_their_way.len() == DEPTH
                && let Some(oldest) = on_their_way.pop_front()
            {
                session.wait_for_transfer(oldest)?;
            }
        }
    }
}
