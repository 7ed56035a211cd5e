//! Calls that compile sources: what these include comes with the call, and lies for the vendor's compiler in a directory.

use std::os::unix::ffi::OsStrExt;

use ava_protocol::engine::files::Files;
use ava_protocol::frame::Malformed;
use ava_protocol::wire::ArchivedData;
use rkyv::rancor::Failure;
use rkyv::util::AlignedVec;

use crate::call::{Call, Stop};
use crate::memory::{Input, Private, Source};
use crate::state::included::{from_root, redirect};
use crate::upcall::stdio;

/// The options for the vendor, after laying out what the sources include.
pub fn options(call: &Call<'_>, options: Input, files: &ArchivedData<'_>) -> Result<Input, Stop> {
    if matches!(files, ArchivedData::Null) {
        return Ok(options);
    }
    let text = call.text(files)?;
    let bytes = text.bytes().map(|bytes| &bytes[..bytes.len() - 1]).unwrap_or_default();
    stdio::expect(bytes);
    let mut aligned = AlignedVec::<16>::new();
    aligned.extend_from_slice(bytes);
    let files = rkyv::from_bytes::<Files, Failure>(&aligned).map_err(|_| Malformed::Body("what a program includes"))?;
    match call.session.included.lay_out(&files) {
        Ok(root) => {
            let (root, none) = (root.as_os_str().as_bytes(), &b"\0"[..]);
            let given = match options.bytes() {
                None if !files.from_root => return Ok(options),
                given => given.unwrap_or(none),
            };
            let mut text = redirect(given, root);
            if files.from_root {
                text.pop();
                text.extend(from_root(root));
                text.push(0);
            }
            Ok(Input::new(Source::Private(Private::copy(&text))))
        }
        Err(error) => {
            tracing::warn!("cannot lay out what the program includes: {error}");
            Ok(options)
        }
    }
}
