//! Delegates: XNNPACK's and external ones are made in the worker; a program's own, which is a table of its functions, is
//! refused. Options go by value, and differ between versions of the library.

#![allow(non_snake_case)]

use std::ffi::{c_char, c_void};

use ava_protocol::tflite::custom::{ArchivedCreated, CreateExternal, CreateXnnpack};
use ava_protocol::tflite::{kind, opcode};

use super::data::is_old;
use super::reporters::refuse;
use super::state::{ERROR, OK, SLOT, XnnpackOptions};
use crate::api::generated::tflite::marshal;
use crate::base::fault::Fault;
use crate::base::readable;
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
pub unsafe fn TfLiteXNNPackDelegateOptionsDefault(result: *mut c_void) -> Result<usize, Fault> {
    /// Both kinds of quantization.
    const FLAGS: u32 = 3;
    if is_old()? {
        return Ok(0);
    }
    // SAFETY: the program has room for the result.
    unsafe { result.cast::<XnnpackOptions>().write(XnnpackOptions { flags: FLAGS, ..Default::default() }) };
    Ok(result as usize)
}

pub unsafe fn TfLiteXNNPackDelegateCreate(options: *const c_void) -> Result<*mut c_void, Fault> {
    const NAME: &str = "TfLiteXNNPackDelegateCreate";
    let at = SLOT.afresh()?;
    let mut call = Call::begin(at, opcode::TfLiteXNNPackDelegateCreate);
    let is_old = is_old()?;
    // SAFETY: the program passes options, of its version, which it does not change meanwhile.
    let given = unsafe {
        match is_old {
            true => readable::number(options.cast::<[u32; 2]>()).map(|[threads, flags]| XnnpackOptions {
                num_threads: threads as i32,
                flags,
                ..Default::default()
            }),
            false => readable::number(options.cast::<XnnpackOptions>()),
        }
    };
    if given.is_none() && !options.is_null() {
        return Err(Fault::Status(i64::from(ERROR)));
    }
    if given.is_some_and(|given| given.weights_cache != 0 || given.weight_cache_file_path != 0) {
        let why = "thread pools and caches stay in the worker: set num_threads instead";
        return Err(refuse(NAME, why, i64::from(ERROR), std::ptr::null()));
    }
    let new_object = call.mint(kind::TfLiteDelegate)?;
    if let (Some(given), false) = (given, is_old) {
        at.state.options.set(&at.book.handles, new_object, Box::new(given));
    }
    let XnnpackOptions { num_threads, flags, handle_variable_ops, .. } = given.unwrap_or_default();
    let handle_variable_ops = handle_variable_ops != 0;
    let request = CreateXnnpack { new_object, given: given.is_some(), num_threads, flags, handle_variable_ops };
    call.transact(&request, |reply: &ArchivedCreated, call| (reply.made, made(call, new_object, reply)))
}

fn made(call: &Call, id: u64, reply: &ArchivedCreated) -> *mut c_void {
    if reply.made { call.object(id) } else { std::ptr::null_mut() }
}

pub unsafe fn TfLiteXNNPackDelegateGetOptions(delegate: *mut c_void) -> Result<*mut c_void, Fault> {
    let session = SLOT.current()?;
    let found = session.book.handles.find(delegate, kind::TfLiteDelegate).ok_or(Fault::Status(i64::from(ERROR)))?;
    let options = session.state.options.get(found.id, |options| (&raw const **options).cast_mut().cast());
    Ok(options.unwrap_or(std::ptr::null_mut()))
}

pub unsafe fn TfLiteInterpreterOptionsAddDelegate(options: *mut c_void, delegate: *mut c_void) -> Result<(), Fault> {
    check("TfLiteInterpreterOptionsAddDelegate", delegate, options)?;
    // SAFETY: by the caller's promise.
    unsafe { marshal::TfLiteInterpreterOptionsAddDelegate(options, delegate) }
}

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

pub unsafe fn TfLiteExternalDelegateCreate(options: *const c_void) -> Result<*mut c_void, Fault> {
    let mut call = Call::begin(SLOT.afresh()?, opcode::TfLiteExternalDelegateCreate);
    let options = options.cast::<ExternalOptions>();
    if options.is_null() || !readable::holds(options) {
        return Err(Fault::Status(i64::from(ERROR)));
    }
    // SAFETY: the program passes options, which can be read and do not change meanwhile.
    let options = unsafe { &*options };
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
pub unsafe fn TfLiteDelegateCreate(result: *mut c_void) -> Result<*mut c_void, Fault> {
    const OLD: usize = 48;
    const NEW: usize = 56;
    let len = if is_old()? { OLD } else { NEW };
    // SAFETY: the program has room for the result, which is as large in its version.
    unsafe { result.cast::<u8>().write_bytes(0, len) };
    Ok(result)
}
