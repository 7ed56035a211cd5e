//! How large an image's pixels are: asked once per image, then noted on its handle.

use std::ffi::c_void;
use std::sync::atomic::Ordering;

use ava_protocol::layout::Pixel;

use crate::base::fault::Fault;
use crate::session::Session;

const KNOWN: u64 = 1 << 63;
const ARRAY_OF_ROWS: u64 = 1 << 62;
const SIZE: u64 = 0xffff;

/// The pixels of `image`, which `ask` finds out; none for what is no object, so that the vendor says so.
pub fn of(session: &Session, image: *mut c_void, ask: impl FnOnce() -> Result<Pixel, Fault>) -> Result<Pixel, Fault> {
    let Some(note) = session.book.handles.note(image) else { return Ok(Pixel::default()) };
    let mut noted = note.load(Ordering::Relaxed);
    if noted == 0 {
        let pixel = ask()?;
        noted = KNOWN | pixel.size & SIZE | if pixel.array_of_rows { ARRAY_OF_ROWS } else { 0 };
        note.store(noted, Ordering::Relaxed);
    }
    Ok(Pixel { size: noted & SIZE, array_of_rows: noted & ARRAY_OF_ROWS != 0 })
}

/// The number that the vendor answers, by a call which is given the size of the place for it, and the place; `None` if it does not.
pub fn number<T: Default>(ask: impl FnOnce(usize, *mut c_void) -> Result<i32, Fault>) -> Result<Option<T>, Fault> {
    let mut number = T::default();
    Ok((ask(size_of::<T>(), (&raw mut number).cast())? == 0).then_some(number))
}
