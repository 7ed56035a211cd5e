//! What the generated code calls.

pub use crate::base::fault::{Fault, Statuses, guard};
pub use crate::base::readable;
pub use crate::base::va_list::Arguments;
pub use crate::book::callbacks::Args;
pub use crate::book::handles::Entry;
pub use crate::call::{Call, Room, Wake};
pub use crate::engine::{arrays, board, ends, files, list, mapping, mirror};
