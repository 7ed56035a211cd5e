//! Entries: functions that C programs call. No panic leaves them, and each but a few asks whether the library is initialized.

use std::ffi::{CStr, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::devices;
use crate::status::{Result, SUCCESS, Status};

/// Runs an entry's body, if the library is initialized.
pub fn checked(body: impl FnOnce() -> Result) -> u32 {
    unchecked(|| devices::check().and_then(|()| body()))
}

/// Runs an entry's body.
pub fn unchecked(body: impl FnOnce() -> Result) -> u32 {
    let outcome = catch_unwind(AssertUnwindSafe(body)).unwrap_or(Err(Status::UNKNOWN));
    outcome.map_or_else(|status| status.0, |()| SUCCESS)
}

/// Exports functions. `entries! { checked; … }` names how they are run (see above).
macro_rules! entries {
    ($run:ident; $($(#[$meta:meta])* fn $name:ident ($($argument:ident: $type:ty),* $(,)?) $body:block)*) => {
        $(
            $(#[$meta])*
            ///
            /// # Safety
            ///
            /// Pointers lead to what `nvml.h` says of them, or are null.
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $name($($argument: $type),*) -> u32 {
                $crate::api::entry::$run(|| $body)
            }
        )*
    };
}

pub(crate) use entries;

/// Stores a value.
///
/// # Errors
/// There is no place for it.
pub fn put<T>(place: *mut T, value: T) -> Result {
    if place.is_null() {
        return Err(Status::INVALID_ARGUMENT);
    }
    // SAFETY: the program passes the address of a T.
    unsafe { place.write(value) };
    Ok(())
}

/// Stores a text.
///
/// # Errors
/// There is no place for it, or a smaller one.
pub fn put_text(place: *mut c_char, length: u32, text: &str) -> Result {
    if place.is_null() {
        return Err(Status::INVALID_ARGUMENT);
    }
    if text.len() >= length as usize {
        return Err(Status::INSUFFICIENT_SIZE);
    }
    // SAFETY: the program passes so much room.
    unsafe {
        std::ptr::copy_nonoverlapping(text.as_ptr(), place.cast(), text.len());
        place.add(text.len()).write(0);
    }
    Ok(())
}

/// A text of the program's.
///
/// # Errors
/// It is null.
pub fn text(place: *const c_char) -> Result<String> {
    if place.is_null() {
        return Err(Status::INVALID_ARGUMENT);
    }
    // SAFETY: the program passes a text.
    Ok(unsafe { CStr::from_ptr(place) }.to_string_lossy().into_owned())
}

/// Stores a list: as many as there are, if the count says that there is room for them.
///
/// # Errors
/// There is no count, no place, or too little room: then the count says how many there are.
pub fn put_list<T: Copy>(count: *mut u32, place: *mut T, all: &[T]) -> Result {
    if count.is_null() {
        return Err(Status::INVALID_ARGUMENT);
    }
    // SAFETY: the program passes the address of a number.
    let room = unsafe { count.read() };
    if room != 0 && place.is_null() {
        return Err(Status::INVALID_ARGUMENT);
    }
    put(count, all.len() as u32)?;
    if (room as usize) < all.len() {
        return Err(Status::INSUFFICIENT_SIZE);
    }
    if !all.is_empty() {
        // SAFETY: the program passes so much room.
        unsafe { std::ptr::copy_nonoverlapping(all.as_ptr(), place, all.len()) };
    }
    Ok(())
}
