//! Delegates: XNNPACK's and external ones are made in the worker; a program's own, which is a table of its functions, is
//! refused. Options go by value, and differ between versions of the library.

#![allow(non_snake_case)]

use std::ffi::{c_char, c_void};

use ava_protocol::tflite::custom::{ArchivedCreated, ArchivedDone, CreateExternal, CreateXnnpack, Delete};
use ava_protocol::tflite::{kind, opcode};

use super::data::is_old;
use super::reporters::refuse;
use super::state::{ERROR, OK, SLOT, XnnpackOptions};
use crate::api::generated::tflite::marshal;
use crate::base::fault::Fault;
use crate::call::Call;

/// Whether a delegate is one of the worker's.
fn check(function: &str, delegate: *mut c_void, about: *const c_void) -> Result<(), Fault> {
    let handles = &SLOT.current()?.book.handles;
    if handles.find(delegate, kind::TfLiteDelegate).is_some() {
        return Ok(());
    }
    if handles.is_lost(delegate) {
        return Err(Fault::Lost);
    }
    let why = match delegate.is_null() {
        true => "there is no delegate: was it made?",
        false => "a delegate would run in the program: use XNNPACK or an external one",
    };
    Err(refuse(function, why, i64::from(ERROR), about))
}

/// In 2.9 the options are a word, returned in a register; in 2.17 they go to `result`, whose address is returned.
///
/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteXNNPackDelegateOptionsDefault(result: *mut c_void) -> Result<usize, Fault> {
    /// Both kinds of quantization.
    const FLAGS: u32 = 3;
    if is_old()? {
        return Ok(0);
    }
    let options = XnnpackOptions {
        num_threads: 0,
        flags: FLAGS,
        weights_cache: std::ptr::null_mut(),
        handle_variable_ops: 0,
        weight_cache_file_path: std::ptr::null(),
    };
    // SAFETY: the program has room for the result.
    unsafe { result.cast::<XnnpackOptions>().write(options) };
    Ok(result as usize)
}

/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteXNNPackDelegateCreate(options: *const c_void) -> Result<*mut c_void, Fault> {
    const NAME: &str = "TfLiteXNNPackDelegateCreate";
    let at = SLOT.afresh()?;
    let mut call = Call::begin(at, opcode::TfLiteXNNPackDelegateCreate);
    let (mut num_threads, mut flags, mut handle_variable_ops) = (0, 0, false);
    if !options.is_null() {
        // SAFETY: the program passes the first two fields in any version.
        (num_threads, flags) = unsafe { (options.cast::<i32>().read(), options.cast::<u32>().add(1).read()) };
        if !is_old()? {
            // SAFETY: and all of them in this one.
            let options = unsafe { options.cast::<XnnpackOptions>().read() };
            if !options.weights_cache.is_null() || !options.weight_cache_file_path.is_null() {
                let why = "thread pools and caches stay in the worker: set num_threads instead";
                return Err(refuse(NAME, why, i64::from(ERROR), std::ptr::null()));
            }
            handle_variable_ops = options.handle_variable_ops != 0;
        }
    }
    let new_object = call.mint(kind::TfLiteDelegate)?;
    if let (false, false) = (options.is_null(), is_old()?) {
        // SAFETY: as above.
        let options = unsafe { options.cast::<XnnpackOptions>().read() };
        at.state.options.keep(&at.book.handles, new_object, options);
    }
    let request = CreateXnnpack { new_object, given: !options.is_null(), num_threads, flags, handle_variable_ops };
    call.transact(&request, |reply: &ArchivedCreated, call| (reply.made, made(call, new_object, reply)))
}

fn made(call: &Call, id: u64, reply: &ArchivedCreated) -> *mut c_void {
    if reply.made { call.object(id) } else { std::ptr::null_mut() }
}

/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteXNNPackDelegateGetOptions(delegate: *mut c_void) -> Result<*mut c_void, Fault> {
    let session = SLOT.current()?;
    let found = session.book.handles.find(delegate, kind::TfLiteDelegate).ok_or(Fault::Status(i64::from(ERROR)))?;
    let options = &session.state.options.0;
    Ok(options.get(&found.id).map_or(std::ptr::null_mut(), |options| (&raw const **options).cast_mut().cast()))
}

/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteXNNPackDelegateDelete(delegate: *mut c_void) -> Result<(), Fault> {
    let Some(session) = SLOT.releasing(delegate, kind::TfLiteDelegate)? else { return Ok(()) };
    if session.book.handles.is_lost(delegate) {
        let _ = SLOT.release(session, delegate, kind::TfLiteDelegate);
        return Ok(());
    }
    let mut call = Call::begin(session, opcode::TfLiteXNNPackDelegateDelete);
    let delegate = call.handle(delegate, kind::TfLiteDelegate);
    if delegate == 0 {
        return Ok(());
    }
    call.transact(&Delete { delegate }, |_: &ArchivedDone, _| (true, ()))
}

/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteInterpreterOptionsAddDelegate(options: *mut c_void, delegate: *mut c_void) -> Result<(), Fault> {
    check("TfLiteInterpreterOptionsAddDelegate", delegate, options)?;
    // SAFETY: by the caller's promise.
    unsafe { marshal::TfLiteInterpreterOptionsAddDelegate(options, delegate) }
}

/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteInterpreterModifyGraphWithDelegate(
    interpreter: *mut c_void,
    delegate: *mut c_void,
) -> Result<u32, Fault> {
    check("TfLiteInterpreterModifyGraphWithDelegate", delegate, interpreter)?;
    // SAFETY: by the caller's promise.
    unsafe { marshal::TfLiteInterpreterModifyGraphWithDelegate(interpreter, delegate) }
}

/// `TfLiteExternalDelegateOptions`
#[repr(C)]
struct ExternalOptions {
    library: *const c_char,
    count: i32,
    keys: [*const c_char; MOST],
    values: [*const c_char; MOST],
    insert: unsafe extern "C-unwind" fn(*mut c_void, *mut c_void, *mut c_void) -> u32,
}

/// Pairs that options have room for.
const MOST: usize = 256;

/// Options are returned where `result` says.
///
/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteExternalDelegateOptionsDefault(
    result: *mut c_void,
    library: *const c_char,
) -> Result<*mut c_void, Fault> {
    let nothing = [std::ptr::null(); MOST];
    let insert = crate::api::generated::tflite::TfLiteExternalDelegateOptionsInsert;
    let options = ExternalOptions { library, count: 0, keys: nothing, values: nothing, insert };
    // SAFETY: the program has room for the result.
    unsafe { result.cast::<ExternalOptions>().write(options) };
    Ok(result)
}

/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteExternalDelegateOptionsInsert(
    options: *mut c_void,
    key: *const c_char,
    value: *const c_char,
) -> Result<u32, Fault> {
    // SAFETY: the program passes options.
    let options = unsafe { &mut *options.cast::<ExternalOptions>() };
    let Some(at) = usize::try_from(options.count).ok().filter(|at| *at < MOST) else { return Ok(ERROR) };
    (options.keys[at], options.values[at]) = (key, value);
    options.count += 1;
    Ok(OK)
}

/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteExternalDelegateCreate(options: *const c_void) -> Result<*mut c_void, Fault> {
    let mut call = Call::begin(SLOT.afresh()?, opcode::TfLiteExternalDelegateCreate);
    // SAFETY: the program passes options.
    let options = unsafe { &*options.cast::<ExternalOptions>() };
    let count = Some(usize::try_from(options.count).unwrap_or(0).min(MOST) as u64);
    // SAFETY: with texts.
    let (library, keys, values) = unsafe {
        let lengths = std::ptr::null();
        let keys = call.texts(options.keys.as_ptr(), count, lengths, false)?;
        (call.text(options.library)?, keys, call.texts(options.values.as_ptr(), count, lengths, false)?)
    };
    let new_object = call.mint(kind::TfLiteDelegate)?;
    let request = CreateExternal { new_object, library, keys, values };
    call.transact(&request, |reply: &ArchivedCreated, call| (reply.made, made(call, new_object, reply)))
}

/// A delegate of the program's own: all zeroes, as the library makes it, for the program to fill in vain.
///
/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteDelegateCreate(result: *mut c_void) -> Result<*mut c_void, Fault> {
    const OLD: usize = 48;
    const NEW: usize = 56;
    let len = if is_old()? { OLD } else { NEW };
    // SAFETY: the program has room for the result, which is as large in its version.
    unsafe { result.cast::<u8>().write_bytes(0, len) };
    Ok(result)
}
