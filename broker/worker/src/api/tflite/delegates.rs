//! Delegates: XNNPACK's, which comes with the library, and external ones: other libraries that the broker's
//! configuration allows, loaded here. A program's own delegate is a table of its functions, and stays there.

#![allow(non_snake_case)]

use std::ffi::{CStr, CString, c_char, c_void};
use std::path::{Path, PathBuf};

use ava_protocol::frame::Malformed;
use ava_protocol::session::PLUGINS_VARIABLE;
use ava_protocol::tflite::custom::{ArchivedCreateExternal, ArchivedCreateXnnpack, Created};
use ava_protocol::tflite::{TfLiteXNNPackDelegateDelete as table, kind};
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

use super::state::{Destroy, Maker, State};
use crate::call::{Call, Outcome, Stop};
use crate::upcall::stdio;

type Create = unsafe extern "C" fn(
    *const *const c_char,
    *const *const c_char,
    usize,
    Option<unsafe extern "C" fn(*const c_char)>,
) -> *mut c_void;

pub fn TfLiteXNNPackDelegateCreate(api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "TfLiteXNNPackDelegateCreate";
    let r = call.read::<ArchivedCreateXnnpack>(body, NAME)?;
    let create = api.vendor.TfLiteXNNPackDelegateCreate.ok_or(Stop::Missing(NAME))?;
    // The options of 2.17: 2.9 has the first two fields of them.
    let mut options = [0_u64; 4];
    options[0] = u64::from(r.num_threads.to_native() as u32) | u64::from(r.flags.to_native()) << 32;
    options[2] = u64::from(r.handle_variable_ops);
    let given = if r.given { options.as_ptr().cast_mut().cast() } else { std::ptr::null_mut() };
    // SAFETY: options of at least the size that the library reads.
    let delegate = unsafe { create(given) };
    made(api, call, r.new_object.to_native(), delegate, Maker::Xnnpack)
}

pub fn TfLiteExternalDelegateCreate(api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "TfLiteExternalDelegateCreate";
    let r = call.read::<ArchivedCreateExternal>(body, NAME)?;
    let library = call.text(&r.library)?;
    let count = r.keys.items.len();
    let keys = call.texts(&r.keys, Some(count as u64), None, NAME)?;
    let values = call.texts(&r.values, Some(count as u64), None, NAME)?;
    let text = library.bytes().and_then(|bytes| CStr::from_bytes_until_nul(bytes).ok()).unwrap_or_default();
    let (delegate, destroy) = match load(text) {
        // SAFETY: arrays of as many texts; the function has this type in every plugin.
        Ok((create, destroy)) => (unsafe { create(keys.as_ptr(), values.as_ptr(), count, Some(report)) }, destroy),
        Err(why) => {
            tracing::warn!("{NAME}: {why}");
            complain(&format!("external delegate {text:?}: {why}"));
            return call.reply(&Created { made: false });
        }
    };
    made(api, call, r.new_object.to_native(), delegate, Maker::Plugin(destroy))
}

fn made(api: &State, call: &mut Call, id: u64, delegate: *mut c_void, maker: Maker) -> Outcome {
    if !delegate.is_null() {
        call.born(id, kind::TfLiteDelegate, delegate, &[], Some(0))?;
        api.delegates.insert(id, maker);
    }
    call.reply(&Created { made: !delegate.is_null() })
}

/// Gives a delegate back to who made it, whichever function the program has called.
pub fn TfLiteXNNPackDelegateDelete(api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "the release of a delegate";
    let r = call.read::<table::ArchivedRequest>(body, NAME)?;
    let id = r.delegate.to_native();
    let delegate = call.counted_handle(id, kind::TfLiteDelegate)?;
    let maker = api.delegates.remove(&id).map(|(_, maker)| maker);
    match maker {
        Some(Maker::Xnnpack) => {
            let destroy = api.vendor.TfLiteXNNPackDelegateDelete.ok_or(Stop::Missing(NAME))?;
            // SAFETY: a live delegate, given back to its maker once.
            unsafe { destroy(delegate) };
        }
        // SAFETY: as above.
        Some(Maker::Plugin(destroy)) => unsafe { destroy(delegate) },
        None if id == 0 => (),
        None => return Err(Malformed::Id(id).into()),
    }
    call.released(id);
    call.reply(&table::Reply {})
}

/// The functions of the plugin that the program names, which is loaded for good.
fn load(named: &CStr) -> Result<(Create, Destroy), String> {
    let file = allowed(named).ok_or("the broker does not allow it: start it with --plugin FILE")?;
    // SAFETY: the broker's configuration vouches for the library.
    let library = unsafe { Library::open(Some(&file), RTLD_NOW | RTLD_LOCAL) }
        .map_err(|error| std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string))?;
    // SAFETY: the functions have these types in every plugin.
    let functions = unsafe {
        let create = library.get::<Create>(b"tflite_plugin_create_delegate\0").map(|f| *f);
        let destroy = library.get::<Destroy>(b"tflite_plugin_destroy_delegate\0").map(|f| *f);
        create.and_then(|create| Ok((create, destroy?)))
    };
    std::mem::forget(library);
    functions.map_err(|_| "it is no plugin: it lacks tflite_plugin_create_delegate or ..._destroy_delegate".into())
}

/// The file of the broker's configuration that the program means, by its path or, as the loader takes it, by its name alone.
fn allowed(named: &CStr) -> Option<PathBuf> {
    let named = Path::new(named.to_str().ok()?);
    let by_name = named.components().count() == 1;
    let plugins = std::env::var_os(PLUGINS_VARIABLE)?;
    std::env::split_paths(&plugins)
        .find(|file| file == named || (by_name && file.file_name().is_some_and(|name| name == named)))
}

/// What a plugin has to say, on the program's standard error.
unsafe extern "C" fn report(text: *const c_char) {
    if !text.is_null() {
        // SAFETY: a plugin reports texts.
        let text: CString = unsafe { CStr::from_ptr(text) }.into();
        complain(&text.to_string_lossy());
    }
}

/// On the program's standard error, before the call returns there.
fn complain(text: &str) {
    stdio::may_print();
    eprintln!("ERROR: {text}");
}
