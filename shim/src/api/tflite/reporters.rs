//! Error reporters of the program's: which options and interpreters have one, so that what is refused here is reported as
//! the library reports errors; without one, on standard error.

#![allow(non_snake_case)]

use std::ffi::{CString, c_char, c_void};

use ava_protocol::tflite::kind;

use super::state::{Pair, SLOT};
use crate::api::generated::tflite::marshal;
use crate::base::fault::Fault;
use crate::base::va_list::Arguments;

/// The program's function.
pub type Reporter = unsafe extern "C" fn(*mut c_void, *const c_char, *mut c_void);

pub unsafe fn TfLiteInterpreterOptionsSetErrorReporter(
    options: *mut c_void,
    reporter: Option<Reporter>,
    user_data: *mut c_void,
) -> Result<(), Fault> {
    let session = SLOT.current()?;
    if let Some(found) = session.book.handles.find(options, kind::TfLiteInterpreterOptions) {
        let pair = (reporter.map_or(0, |function| function as usize), user_data as usize);
        session.state.reporters.set(&session.book.handles, found.id, pair);
    }
    // SAFETY: by the caller's promise.
    unsafe { marshal::TfLiteInterpreterOptionsSetErrorReporter(options, reporter, user_data) }
}

/// An interpreter was made with options.
pub fn inherit(interpreter: *mut c_void, options: *mut c_void) -> Result<(), Fault> {
    let session = SLOT.current()?;
    let (handles, reporters) = (&session.book.handles, &session.state.reporters);
    let pair = handles.any(options).and_then(|found| reporters.get(found.id, |pair| *pair));
    if let (Some(pair), Some(found)) = (pair, handles.any(interpreter)) {
        reporters.set(handles, found.id, pair);
    }
    Ok(())
}

/// A function that the table refuses: reported, and its status.
pub fn refuse(function: &str, why: &str, status: i64, about: *const c_void) -> Fault {
    let text = format!("{function} is not available through AvA: {why}");
    let reporter = SLOT.current().ok().and_then(|session| {
        let id = session.book.handles.any(about.cast_mut())?.id;
        session.state.reporters.get(id, |pair| *pair)
    });
    report(reporter, &text);
    Fault::Status(status)
}

/// Reports a text.
pub fn report(reporter: Option<Pair>, text: &str) {
    match reporter {
        Some((function @ 1.., user_data)) => {
            let text = CString::new(text).unwrap_or_default();
            // SAFETY: the program has given this function for the purpose; it is passed a format and its argument.
            unsafe {
                let function = std::mem::transmute::<usize, Reporter>(function);
                let mut arguments = Arguments::of(text.as_ptr().cast());
                function(user_data as *mut c_void, c"%s".as_ptr(), arguments.as_mut_ptr());
            }
        }
        _ => {
            let line = format!("ERROR: {text}\n");
            // SAFETY: writes to a descriptor number from a live buffer; a closed one is an error that is of no matter.
            unsafe { libc::write(2, line.as_ptr().cast(), line.len()) };
        }
    }
}
