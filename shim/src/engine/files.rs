//! Calls that compile sources: what these include is read here, in the program's own file system and with its rights, and
//! crosses as text.

use std::ffi::{CStr, c_char, c_void};

use ava_protocol::engine::files::Files;
use ava_protocol::wire::Data;
use rkyv::rancor::Failure;

use super::include;
use crate::base::fault::Fault;
use crate::base::readable;
use crate::call::Call;

/// What a call compiles: so many handles at an address.
pub type Compiled = (*const *mut c_void, Option<u64>);

/// The source of an object.
#[derive(Default)]
pub struct Source {
    pub text: Vec<u8>,
    /// Whether the vendor has another text than the program gave, which names files from the root.
    pub is_changed: bool,
}

/// The files that the sources of a call include, for the request.
///
/// # Safety
/// The program vouches for its handles and its options.
pub unsafe fn files<'a>(
    call: &mut Call,
    compiled: &[Compiled],
    options: *const c_char,
    source: impl Fn(*mut c_void) -> Result<Source, Fault>,
) -> Result<Data<'a>, Fault> {
    // What kernels print is to be out without a further call. Where no thread can be started it comes with the next.
    let _ = call.session.listen();
    let options = if options.is_null() {
        &[]
    } else {
        // SAFETY: by the caller's promise.
        unsafe { readable::text(options) }.map_or(&[][..], CStr::to_bytes)
    };
    let mut texts = Vec::new();
    let mut is_changed = false;
    for (handles, count) in compiled {
        let count = count.and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
        let len = count.saturating_mul(size_of::<*mut c_void>());
        if handles.is_null() || !readable::is_readable(handles.cast(), len) {
            continue;
        }
        // SAFETY: by the caller's promise there are as many handles.
        for handle in unsafe { std::slice::from_raw_parts(*handles, count) } {
            let source = source(*handle)?;
            is_changed |= source.is_changed;
            texts.push(source.text);
        }
    }
    let mut files = include::collect(&texts, options);
    if files == Files::default() {
        return Ok(Data::Null);
    }
    files.from_root |= is_changed;
    let bytes = rkyv::to_bytes::<Failure>(&files).map_err(|_| Fault::Exhausted)?;
    call.owned(bytes.to_vec())
}
