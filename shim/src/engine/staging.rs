//! Long copies between the program's memory and the vendor's, part by part through a few regions that are used again. While the
//! vendor copies one part, the program copies another, and the regions stay in the processor's cache.

use std::collections::VecDeque;

use ava_protocol::wire::Slice;
use rkyv::api::high::{HighSerializer, HighValidator};
use rkyv::bytecheck::CheckBytes;
use rkyv::rancor::Failure;
use rkyv::ser::allocator::ArenaHandle;
use rkyv::util::AlignedVec;
use rkyv::{Portable, Serialize};

use crate::base::fault::Fault;
use crate::base::readable::is_readable;
use crate::call::Call;
use crate::session::Session;

/// The shortest copy that is staged, in bytes, and how much of it crosses at once.
pub const WORTHWHILE: usize = 4 << 20;
const PART: usize = 1 << 20;

/// Which way a copy goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the program's memory.
    In,
    /// To the program's memory.
    Out,
}

/// The program's side of a copy: so many bytes at an address.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    pub address: usize,
    pub size: usize,
    pub way: Way,
}

/// A part of a copy: so many bytes from an offset on, in a region.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    pub offset: u64,
    pub slice: Slice,
}

impl Memory {
    /// Whether the copy may be staged. What it is from or to is known to be there, or else a part might succeed of what fails
    /// as a whole. Another thread could see a part of it done, so there is none.
    pub fn is_worthwhile(&self, session: &'static Session) -> bool {
        self.size >= WORTHWHILE
            && !session.book.fixed.may_hold(self.address)
            && !session.book.accepted.is_strict()
            && session.is_alone()
            && is_readable(self.address as *const u8, self.size)
    }
}

/// Makes a copy by calls for its parts, the last of which ends when the copy does. The status of the first that fails, after which
/// no more are begun; 0 if none does.
///
/// `request` is the call for a part, `status` reads its reply: 0 for success.
///
/// # Safety
/// The program's memory is there for the copy.
pub unsafe fn copy<Q, A>(
    call: &mut Call,
    memory: Memory,
    request: impl Fn(Part) -> Q,
    status: impl Fn(&A) -> u32,
) -> Result<u32, Fault>
where
    Q: for<'a> Serialize<HighSerializer<AlignedVec, ArenaHandle<'a>, Failure>>,
    A: Portable + for<'a> CheckBytes<HighValidator<'a, Failure>>,
{
    call.session.wait_for_memory(memory.address, memory.size as u64)?;
    // As many parts are on their way at a time.
    let regions = [call.scratch(PART as u64)?, call.scratch(PART as u64)?, call.scratch(PART as u64)?];
    let mut on_their_way = VecDeque::with_capacity(regions.len());
    let (mut begun, mut result) = (0, Ok(0));
    loop {
        if result == Ok(0) && begun < memory.size && on_their_way.len() < regions.len() {
            let len = PART.min(memory.size - begun);
            let (slice, bytes) = regions[begun / PART % regions.len()];
            let place = (memory.address + begun) as *mut u8;
            let part = Part { offset: begun as u64, slice: Slice { len: len as u64, ..slice } };
            if memory.way == Way::In {
                // SAFETY: by the caller's promise; what the region held before has been answered.
                unsafe { std::ptr::copy_nonoverlapping(place.cast_const(), bytes, len) };
            }
            match call.ask(&request(part)) {
                Ok(asked) => on_their_way.push_back((asked, place, bytes, len)),
                Err(fault) => result = Err(fault),
            }
            begun += len;
            continue;
        }
        // Each is heard, since replies come in their order.
        let Some((asked, place, bytes, len)) = on_their_way.pop_front() else { return result };
        let heard = call.hear(asked, |reply: &A, _| {
            let status = status(reply);
            (status == 0, status)
        });
        if result == Ok(0) {
            result = heard;
        }
        if result == Ok(0) && memory.way == Way::Out {
            // SAFETY: by the caller's promise.
            unsafe { std::ptr::copy_nonoverlapping(bytes.cast_const(), place, len) };
        }
    }
}
