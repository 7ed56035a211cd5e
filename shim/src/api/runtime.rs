//! What the generated code calls.

pub use crate::base::fault::{Fault, Statuses, guard};
pub use crate::base::readable;
pub use crate::base::va_list::Arguments;
pub use crate::book::callbacks::Args;
pub use crate::book::handles::Entry;
pub use crate::call::{Call, Room, Wake};
#[allow(unused_imports, reason = "only for APIs whose functions are looked up by name and version")]
pub use crate::engine::procs;
pub use crate::engine::{arrays, board, chunks, ends, files, list, mapping, mirror, pieces, pixels, resident};
