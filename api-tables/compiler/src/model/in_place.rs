//! Memory that the device may use in place: what a handle type says of memory objects.

use super::events::{Asked, Named};
use proc_macro2::Span;

/// `#[memory(create = f, read = f, write = f, …)]`: objects of this type are memory, which a device that works on the host's
/// memory uses in place.
#[derive(Debug)]
pub struct InPlace {
    /// The functions that make one, read it and write it.
    pub create: Named,
    pub read: Named,
    pub write: Named,
    /// Has the vendor call back when it has destroyed an object.
    pub destroyed: Named,
    /// Has the vendor begin with the commands of a queue.
    pub flush: Named,
    /// How many bytes an object has, and the flags that the vendor says it was made with.
    pub size: Asked,
    pub flags: Asked,
    /// Flags: the object's memory is the program's; is memory of the host; is filled from the program's.
    pub use_host: i128,
    pub alloc_host: i128,
    pub copy_host: i128,
    /// The status of an object for which there is no memory.
    pub exhausted: i64,
    /// The status of a transfer one of whose commands has failed.
    pub failed: i64,
    pub span: Span,
}
