//! What the generated code calls.

pub use crate::base::fault::{Fault, Statuses, guard};
pub use crate::base::readable;
pub use crate::base::va_list::Arguments;
pub use crate::book::alike;
pub use crate::book::callbacks::Args;
pub use crate::book::handles::Entry;
pub use crate::call::{Call, Room, Wake};
#[allow(unused_imports, reason = "only for APIs whose functions are looked up by name and version")]
pub use crate::engine::procs;
use crate::session::{Slot, State};

/// A call has returned a status, in whichever way.
#[inline]
#[allow(dead_code, reason = "only for APIs whose errors last")]
pub fn told<S: State>(slot: &'static Slot<S>, status: i64) {
    #[cold]
    fn failed<S: State>(slot: &'static Slot<S>, status: i64) {
        if let Ok(at) = slot.current()
            && at.api.lasting.contains(&status)
        {
            at.book.accepted.doubt();
        }
    }
    if status != 0 {
        failed(slot, status);
    }
}

pub use crate::engine::{
    arrays, board, chunks, ends, files, list, mapping, mirror, pieces, pixels, quiet, recall, resident,
};
