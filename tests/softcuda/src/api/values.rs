//! What C programs pass: places for results, arrays, texts.
//!
//! Values of these types come from callers of the C interface only, who promise what the header says of the parameter: that it
//! is null or leads to so many values of its type. So they are read and written here, and nowhere else.

use std::ffi::{CStr, c_char};
use std::os::fd::{BorrowedFd, OwnedFd};

use crate::cuda::{Result, Status};

/// Where a result goes.
#[repr(transparent)]
pub struct Out<T>(*mut T);

impl<T> Clone for Out<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Out<T> {}

impl<T> Out<T> {
    pub fn is_null(self) -> bool {
        self.0.is_null()
    }

    /// Writes the result; `INVALID_VALUE` for null.
    pub fn set(self, value: T) -> Result {
        self.check()?;
        self.set_if(value);
        Ok(())
    }

    /// Writes the result if it is wanted.
    pub fn set_if(self, value: T) {
        if !self.is_null() {
            // SAFETY: see the head of this file.
            unsafe { self.0.write_unaligned(value) };
        }
    }

    /// `INVALID_VALUE` for null.
    pub fn check(self) -> Result {
        if self.is_null() { Err(Status::INVALID_VALUE) } else { Ok(()) }
    }

    /// Writes several results; `INVALID_VALUE` for null.
    pub fn set_all(self, values: impl IntoIterator<Item = T>) -> Result {
        self.check()?;
        for (at, value) in values.into_iter().enumerate() {
            // SAFETY: see the head of this file.
            unsafe { self.0.add(at).write_unaligned(value) };
        }
        Ok(())
    }

    /// A place that the program named otherwise than by a parameter.
    pub fn at(address: *mut T) -> Self {
        Self(address)
    }

    /// The same place for a value of another type.
    pub fn cast<U>(self) -> Out<U> {
        Out(self.0.cast())
    }
}

impl<T: Copy> Out<T> {
    /// What is there before the call; `INVALID_VALUE` for null.
    pub fn get(self) -> Result<T> {
        In(self.0.cast_const()).get()
    }
}

/// A count that says how many places there are, and takes how many results there are.
pub fn list<T>(places: Out<T>, count: Out<usize>, values: &[T], empty: T) -> Result
where
    T: Copy,
{
    if places.is_null() {
        return count.set(values.len());
    }
    let room = count.get()?;
    let padding = room.saturating_sub(values.len());
    places.set_all(values.iter().copied().chain(std::iter::repeat_n(empty, padding)).take(room))?;
    count.set(values.len().min(room))
}

/// A copy of the descriptor that a program passes in the place of an address; `INVALID_VALUE` if it is none.
pub fn descriptor_of(address: usize) -> Result<OwnedFd> {
    let number = address as i32;
    if number < 0 {
        return Err(Status::INVALID_VALUE);
    }
    // SAFETY: the program holds the descriptor open during the call; the number goes to the kernel only.
    let descriptor = unsafe { BorrowedFd::borrow_raw(number) };
    descriptor.try_clone_to_owned().map_err(|_| Status::INVALID_VALUE)
}

/// Where a value is, or the first of several.
#[repr(transparent)]
pub struct In<T>(*const T);

impl<T> Clone for In<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for In<T> {}

impl<T> In<T> {
    pub fn is_null(self) -> bool {
        self.0.is_null()
    }

    pub fn address(self) -> *const T {
        self.0
    }

    /// A place that the program named otherwise than by a parameter.
    pub fn at(address: *const T) -> Self {
        Self(address)
    }
}

impl<T: Copy> In<T> {
    /// The value; `INVALID_VALUE` for null.
    pub fn get(self) -> Result<T> {
        if self.is_null() {
            return Err(Status::INVALID_VALUE);
        }
        // SAFETY: see the head of this file.
        Ok(unsafe { self.0.read_unaligned() })
    }

    /// So many values; `INVALID_VALUE` for null, unless it is none.
    pub fn all(self, count: usize) -> Result<Vec<T>> {
        if count > 0 && self.is_null() {
            return Err(Status::INVALID_VALUE);
        }
        // SAFETY: see the head of this file.
        Ok((0..count).map(|at| unsafe { self.0.add(at).read_unaligned() }).collect())
    }
}

/// A text that ends with NUL.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Text(*const c_char);

impl Text {
    /// The text; `INVALID_VALUE` for null and for what is no UTF-8.
    pub fn get(self) -> Result<String> {
        if self.0.is_null() {
            return Err(Status::INVALID_VALUE);
        }
        // SAFETY: see the head of this file.
        let text = unsafe { CStr::from_ptr(self.0) };
        text.to_str().map(str::to_owned).map_err(|_| Status::INVALID_VALUE)
    }
}

/// Writes a text with its NUL into a room of so many bytes, cut if need be.
pub fn write_text(place: Out<c_char>, room: usize, text: &[u8]) -> Result {
    let room = room.checked_sub(1).ok_or(Status::INVALID_VALUE)?;
    place.set_all(text.iter().take(room).chain(&[0]).map(|byte| *byte as c_char))
}
